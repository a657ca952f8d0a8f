"""Every command of the table is run, with every option, and reaches every action of the API."""

import inspect
import re
from collections.abc import Iterable, Iterator

import pytest

from sms_notebook import Client
from sms_notebook.client.check import CHECK
from sms_notebook.client.comparing import ADVICE, COMPARISON
from sms_notebook.ledger import frame_schemas
from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.table import Command, PlainText
from sms_notebook.protocol.actions import ACTIONS, BEYOND
from sms_notebook.protocol.frames import Schema
from sms_notebook.sandbox import Sandbox
from sms_notebook.watching.code_wait import CODE as CODE_FRAME
from sms_notebook.watching.watch import WATCHED

BEFORE = (
    "%sms order tg KZ -o order",
    "%sms order wa KZ --type voice --language en -o called",
    "%sms rent order full KZ --hours 4 -o rent",
    "from datetime import UTC, datetime\nsince = int(datetime.now(UTC).timestamp()) - 86400",
    "number, call, line = order.activation_id[0], called.activation_id[0], rent.rent_id[0]",
)
CODE = "%sms sandbox sms $number 'Your code is 01234';\n"


def of(action: str) -> Schema:
    return ACTIONS[action].schema


def with_names(columns: Iterable[str]) -> list[str]:
    """Put what ids are called beside them, where a frame does not say so itself."""
    there = list(columns)
    known = {"service_name": "name", "country_name": "eng"}
    named: list[str] = []
    for column in there:
        name = f"{column}_name"
        named.append(column)
        if name in known and name not in there and known[name] not in there:
            named.append(name)
    return named


LINES: dict[str, dict[str, Schema | list[str] | str]] = {
    "status": {
        "%sms": ["provider", "balance", "active", "to_settle", "spent_today", "budget"],
        "%sms status": ["provider", "balance", "active", "to_settle", "spent_today", "budget"],
    },
    "balance": {
        "%sms balance": of("getBalance"),
        "%sms balance --cashback": of("getBalanceAndCashBack"),
    },
    "provider": {
        "%sms provider": ["provider", "title", "what_to_know"],
        "%sms provider sandbox": "Now at sandbox: no real money.",
        "%sms provider --base-url http://127.0.0.1:9": "Now at 127.0.0.1:9 at http://127.0.0.1:9/",
    },
    "check": {
        "%sms check": CHECK,
        "%sms check --save /dev/null": CHECK,
    },
    "login": {},  # test_login.py
    "logout": {"%sms logout": "No key was kept in the key store. Now at sandbox: no real money."},
    "budget": {
        "%sms budget": ["budget", "spent_today", "left", "unknown"],
        "%sms budget 5.00": ["budget", "spent_today", "left", "unknown"],
        "%sms budget none": ["budget", "spent_today", "left", "unknown"],
    },
    "mask": {
        "%sms mask": "Numbers and codes are shown as they are.",
        "%sms mask on": "Numbers and codes are masked in %sms and its panels. A client of your own",
        "%sms mask off": "Numbers and codes are shown as they are.",
    },
    "services": {
        "%sms services": of("getServicesList"),
        "%sms services tele": of("getServicesList"),
        "%sms services tele KZ": of("getServicesList"),
        "%sms services --country 2 --lang ru": of("getServicesList"),
    },
    "countries": {
        "%sms countries": of("getCountries"),
        "%sms countries стан": of("getCountries"),
    },
    "operators": {
        "%sms operators": of("getOperators"),
        "%sms operators KZ": of("getOperators"),
        "%sms operators --country Kazakhstan": of("getOperators"),
    },
    "prices": {
        "%sms prices": of("getPrices"),
        "%sms prices tg": of("getPrices"),
        "%sms prices tg KZ": of("getPrices"),
        "%sms prices --country KZ": of("getPrices"),
        "%sms prices tg KZ --tiers": of("getPricesExtended"),
        "%sms prices tg --calls": of("getPricesVerification"),
        "%sms prices tg KZ --calls": of("getPricesVerification"),
    },
    "tiers": {
        "%sms tiers tg": BEYOND["getPricesV2"].schema,
        "%sms tiers tg --country KZ": BEYOND["getPricesV2"].schema,
        "%sms sandbox start --dialect smsbower;\n%sms tiers tg KZ": BEYOND["getPricesV2"].schema,
        "%sms tiers tg KZ --suppliers -o suppliers --show": BEYOND["getPricesV2"].schema,
    },
    "rates": {
        "%sms rates tg": BEYOND["getDeliveryRates"].schema,
        "%sms rates tg --country KZ": BEYOND["getDeliveryRates"].schema,
    },
    "stock": {
        "%sms stock": of("getNumbersStatus"),
        "%sms stock KZ": of("getNumbersStatus"),
        "%sms stock --country KZ --operator beeline": of("getNumbersStatus"),
    },
    "top": {
        "%sms top tg": of("getTopCountriesByService"),
        "%sms top Telegram --tiers": of("getTopCountriesByService"),
        "%sms top tg --rank": of("getTopCountriesByServiceRank"),
        "%sms top tg --rates --rows 5 --page 2": of("getListOfTopCountriesByService"),
    },
    "compare": {
        "%sms compare tg": COMPARISON,
        "%sms compare tg,wa KZ UZ": COMPARISON,
        "%sms compare 'Telegram, Whatsapp' KZ,40": COMPARISON,
    },
    "advise": {
        "%sms advise tg": ADVICE,
        "%sms advise Telegram KZ UZ": ADVICE,
    },
    "order": {
        "%sms order tg KZ": frame_schemas.ORDER,
        "%sms order tg KZ UZ --max-price 0.50": frame_schemas.ORDER,
        "%sms order tg KZ,UZ --max-price 0.50": frame_schemas.ORDER,
        "%sms order tg --country KZ,UZ": frame_schemas.ORDER,
        "%sms order Telegram --country 2 --operator beeline --max-price 2 --key 1": frame_schemas.ORDER,
        "%sms order tg KZ --type sms --exclude 7700111,7700222": frame_schemas.ORDER,
        "%sms order tg KZ --type call --yes": frame_schemas.ORDER,
        "%sms order tg KZ --type voice --language en --cashback --ref 5 --user 7": frame_schemas.ORDER,
        "%sms sandbox faults BAD_ACTION@getNumberV2:1;\n%sms order tg KZ": frame_schemas.ORDER,
        "%sms sandbox start --dialect smsbower;\n%sms tiers tg KZ --suppliers -o tiers\n"
        "%sms order tg KZ --min-price 0.01 --suppliers {tiers.provider_id[0]}": frame_schemas.ORDER,
        "%sms order tg KZ --not-suppliers 99999": frame_schemas.ORDER,
        "%sms sandbox start --dialect herosms;\n%sms tiers tg KZ -o tiers\n"
        "%sms order tg KZ --fixed-price --max-price {tiers.price[0]}": frame_schemas.ORDER,
    },
    "wait": {
        f"{CODE}%sms wait $number": CODE_FRAME,
        "%sms wait $number --timeout 5 --every 1": CODE_FRAME,
    },
    "watch": {
        "%sms watch --for 0.2": WATCHED,
        "%sms watch $number --for 0.2": WATCHED,
        "%sms watch --rents --for 0.2": WATCHED,
    },
    "code": {
        "%sms code $number": of("getStatus"),
        "%sms code $number --text": of("getStatusV2"),
        "%sms order tg KZ --type call -o rung\n%sms code {rung.activation_id[0]} --caller": of(
            "getIncomingCallStatus"
        ),
        "%sms sandbox start --dialect herosms;\n%sms order tg KZ -o held\n"
        "%sms code {held.activation_id[0]} --all": BEYOND["getAllSms"].schema,
    },
    "again": {f"{CODE}%sms again $number": of("setStatus")},
    "ready": {"%sms ready $number": of("setStatus")},
    "finish": {f"{CODE}%sms finish $number": of("setStatus")},
    "cancel": {
        "%sms sandbox step 120;\n%sms cancel $number": ["status", "code", "text", "activation_id"],
        "%sms cancel $call --when-allowed": ["status", "code", "text", "activation_id"],
    },
    "active": {"%sms active": of("getActiveActivations")},
    "history": {
        "%sms history": of("getHistory"),
        "%sms history --since $since --until 4000000000 --rows 9 --skip 1": of("getHistory"),
        "%sms history --since {datetime.fromtimestamp(since, UTC)}": of("getHistory"),
    },
    "reuse": {
        f"{CODE}%sms finish $number;\n%sms reuse $number --check": of("checkExtraActivation"),
        "%sms reuse $number --yes": of("getExtraActivation"),
    },
    "multi": {
        "%sms multi tg,wa KZ": of("getMultiServiceNumber"),
        "%sms multi Telegram,wa --country KZ --operator beeline --ref 5 --yes": of(
            "getMultiServiceNumber"
        ),
    },
    "voice": {
        "%sms sandbox start --speed 0 --success 1;\n"
        "%sms order tg KZ --type voice --language en -o called\n"
        "%sms sandbox step 600;\n"
        "%sms voice {called.activation_id[0]} ru": of("parseCall"),
        "%sms voice {called.activation_id[0]} en --text": of("getStatusV2"),
    },
    "rent offers": {
        "%sms rent offers": of("getRentServicesAndCountries"),
        "%sms rent offers full KZ --hours 24": of("getRentServicesAndCountries"),
        "%sms rent offers --country KZ --operator beeline --calls --currency EUR": of(
            "getRentServicesAndCountries"
        ),
    },
    "rent order": {
        "%sms rent order full KZ": frame_schemas.RENT,
        "%sms rent order full --country KZ --hours 24 --key line --operator beeline --yes": (
            frame_schemas.RENT
        ),
        "%sms rent order full KZ --calls --url https://example.com/hook": frame_schemas.RENT,
    },
    "rent list": {
        "%sms rent list": of("getRentList"),
        "%sms rent list --rows 5 --page 1": of("getRentList"),
    },
    "rent messages": {
        "%sms sandbox sms $line hello;\n%sms rent messages $line": of("getRentStatus"),
        "%sms rent messages $line --rows 5 --page 1": of("getRentStatus"),
    },
    "rent price": {
        "%sms rent price $line 24": of("continueRentInfo"),
        "%sms rent price $line 24 --currency EUR": of("getContinueRentPriceNumber"),
        "%sms rent price $line 24 --paid": ["price", "hours", "create_date"],
        "%sms rent extend $line 4;\n%sms rent price $line 24 --paid -o paid --show": [
            "price",
            "hours",
            "create_date",
        ],
    },
    "rent extend": {
        "%sms rent extend $line 4": frame_schemas.RENT,
        "%sms rent extend $line 4 --key 'second day' --yes": frame_schemas.RENT,
    },
    "rent finish": {"%sms rent finish $line": of("setRentStatus")},
    "rent cancel": {"%sms rent cancel $line": of("setRentStatus")},
    "partner buy": {
        "%sms partner buy 1": of("buyPartnerProduct"),
        "%sms partner buy 1 --yes": of("buyPartnerProduct"),
    },
    "panel": {},  # test_panel.py
    "webhooks": {
        "%sms webhooks": "<webhooks: stopped>",
        "%sms webhooks start --port 0 --host 127.0.0.1 --source 10.0.0.1,10.0.0.2"
        " --proxy 127.0.0.1": "http://127.0.0.1:",
        "%sms webhooks address": "http://127.0.0.1:",
        "%sms webhooks address --reveal": "http://127.0.0.1:",
        "%sms webhooks stop": "<webhooks: stopped>",
    },
    "sandbox start": {
        "%sms sandbox start --seed 5 --speed 0 --balance 20 --success 0.5": (
            "Now at sandbox: no real money. <Clock "
        ),
        "%sms sandbox start --market": "Now at sandbox: no real money. <Clock ",
        "%sms sandbox start --dialect herosms": "Now at sandbox that speaks herosms: no real money",
    },
    "sandbox step": {"%sms sandbox step 120": "<Clock "},
    "sandbox speed": {"%sms sandbox speed 60": "<Clock "},
    "sandbox faults": {
        "%sms sandbox faults": "No faults.",
        "%sms sandbox faults ERROR_SQL:0.5 latency:0": "ERROR_SQL:0.5, latency:0",
        "%sms sandbox faults none": "No faults.",
    },
    "sandbox sms": {"%sms sandbox sms $number 'code 1234'": "An SMS has arrived at "},
    "ledger": {
        "%sms ledger --since 7d --service tg --state active -n 1": frame_schemas.LEDGER,
        "%sms ledger --country KZ --kind rent": frame_schemas.LEDGER,
        "%sms ledger": frame_schemas.LEDGER,
        "%sms ledger --everywhere": frame_schemas.LEDGER,
        "%sms ledger --key 1": frame_schemas.LEDGER,
    },
    "ledger reopen": {
        "%sms ledger reopen": frame_schemas.REOPENED,
        "%sms ledger reopen --new": frame_schemas.REOPENED,
    },
    "reconcile": {
        "%sms reconcile": frame_schemas.SETTLED,
        "%sms reconcile --no-wait --dismiss 12345": frame_schemas.SETTLED,
        "%sms reconcile --claim {order.order_id[0]}=$number": frame_schemas.SETTLED,
    },
    "nested": {},  # test_nested_on_lets_asyncio_run_work_in_cells
    "call": {
        "%sms call getBalance": "'ACCESS_BALANCE:",
        "%sms call getPrices service=tg country=2": "{'2': ",
        "%sms call getNumber service=tg country=2 --yes": "'ACCESS_NUMBER:",
    },
    "help": {
        "%sms help": "%sms alone shows where you are.",
        "%sms help prices": "%sms prices [SERVICE] [--country C]",
        "%sms help rent": "%sms rent is followed by one of these.",
        "%sms help rent price": "%sms rent price ID HOURS",
    },
}


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """Every action that any sandbox was asked for."""
    seen: list[str] = []
    answer = Sandbox.answer

    def noted(self, params):
        seen.append(params.get("action", ""))
        return answer(self, params)

    monkeypatch.setattr(Sandbox, "answer", noted)
    return seen


@pytest.mark.parametrize("name", LINES)
def test_it_runs_gives_what_is_documented_and_names_the_actions_that_it_reaches(ip, asked, name):
    for cell in BEFORE:
        ip.run(cell)
    asked.clear()
    for cell, expected in LINES[name].items():
        result = ip.run(cell)
        if isinstance(expected, str):
            assert isinstance(result, PlainText) or name == "call"
            assert repr(result).startswith(expected), (cell, result)
        else:
            wanted = (
                with_names(one.name for one in expected.columns)
                if isinstance(expected, Schema)
                else expected
            )
            assert list(result.columns) == wanted, cell
    assert {*COMMANDS[tuple(name.split())].actions} <= {*asked, "getBalance"}


def test_every_action_of_the_api_is_reached():
    reached = {action for command in COMMANDS.values() for action in command.actions}
    assert ACTIONS.keys() <= reached <= ACTIONS.keys() | BEYOND.keys()


def test_the_lines_above_show_every_command_with_every_option():
    assert [command.name for command in COMMANDS.values()] == list(LINES)
    for command in COMMANDS.values():
        text = "\n".join(LINES[command.name])
        own = [argument for argument in command.arguments if argument.is_option]
        missing = [one.name for one in own if not re.search(rf"{one.name}\b", text)]
        assert not text or not missing, command.name
        for choice in (word for one in command.arguments for word in one.choices):
            assert not text or re.search(rf"\b{choice}\b", text), f"{command.name} {choice}"


def in_python(command: Command) -> Iterator[tuple[str, str]]:
    """Yield the methods that a command stands for, each with its parameters."""
    for written in command.methods:
        method = getattr(Client, written, None)
        for name in [*inspect.signature(method).parameters][1:] if method is not None else ():
            yield f"{command.name}: {written}({name})", name


def test_what_python_calls_a_parameter_is_taken_as_an_option():
    missing = []
    for command in COMMANDS.values():
        words = {argument.dest for argument in command.positional} | {"activation_id", "rent_id"}
        taken = {name.lstrip("-").replace("-", "_") for name in command.by_name} | words
        missing += [about for about, name in in_python(command) if name not in taken]
    assert missing == [
        "watch: watch(ids)",  # words of the line
        "watch: watch(every)",
        "active: get_active_activations(start)",
        "reconcile: reconcile(wait)",  # --no-wait
    ]


def test_both_names_of_an_option_do_the_same(ip):
    for words in ("--type voice --language en", "--activation-type voice --language en"):
        ip.run(f"%sms order tg KZ {words} -o called")
        kind = ip.run("%sms code {called} --text").attrs["verification_type"]
        assert kind == "voice", words
    assert "there is no option '--user-ids'" in ip.fails("%sms order tg KZ --user-ids 7")
    assert "(also --activation-type)" in ip.says("%sms help order")


def test_the_list_of_commands_is_a_table(ip):
    listed = [line for line in ip.says("%sms help").splitlines() if re.match(r"  [a-z]", line)]
    helps = {" ".join(words): command.help for words, command in COMMANDS.items()}
    starts = {
        line.index(helps[name])
        for line in listed
        for name in helps
        if line.startswith(f"  {name} ") and line.endswith(helps[name])
    }
    assert len(listed) >= len(helps)
    assert len(starts) == 1
