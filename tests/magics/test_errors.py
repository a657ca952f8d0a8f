"""Each mistake is told in one red line that says what is right, and nothing is bought by it."""

import re

import pytest

from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.table import MagicSpeaker
from sms_notebook.protocol.errors.codes import DOCUMENTED, IN_ACTION, UNDOCUMENTED
from sms_notebook.protocol.errors.sms_error import sentences
from sms_notebook.providers.providers import PROVIDERS as KNOWN

USAGE_OF_PRICES = "Usage: %sms prices [SERVICE] [--country C] [--tiers] [--calls]"
USAGE_OF_ORDER = "Usage: %sms order SERVICE [COUNTRY …] …; see %sms help order."
PARTS_OF_RENT = "It takes offers, order, list, messages, price, extend, finish, cancel."
PROVIDERS = f"Known: {', '.join(KNOWN)}; for another one use --base-url."

MISTAKES = {
    # Commands
    "foo": "%sms: there is no command 'foo'. %sms help lists the commands.",
    "prces tg": "%sms: there is no command 'prces'. Did you mean %sms prices? %sms help lists the"
    " commands.",
    "help foo": "%sms: there is no command 'foo'. %sms help lists the commands.",
    "rent ordr tg": "%sms rent: there is no 'ordr'. Did you mean %sms rent order? It takes offers, order, "
    "list, messages, price, extend, finish, cancel.",
    "help rent foo": f"%sms rent: there is no 'foo'. {PARTS_OF_RENT}",
    "partner sell": "%sms partner: there is no 'sell'. It takes buy.",
    # Words
    "top": "%sms top: SERVICE is missing: code or name. %sms services lists them. For example: %sms "
    "top tg",
    "rent extend 1": "%sms rent extend: HOURS is missing: how many, 2 to 1344. For example: %sms rent extend "
    "{rent} 24 --key 'second day'",
    "call": "%sms call: ACTION is missing: the API's name. For example: %sms call getPrices "
    "service=tg country=2",
    "order tg KZ UZ --country DE": "%sms order: countries stand there twice: KZ UZ, and --country DE."
    " Leave one out.",
    "order tg KZ Atlantis": "unknown country 'Atlantis'. Did you mean Albania? %sms countries lists"
    " them.",
    "order tg KZ UZ --max-price 0.01": "getNumberV2 at sandbox: nothing was bought in any of the"
    " countries. Kazakhstan: WRONG_MAX_PRICE: --max-price is under the lowest possible price, 0.86;"
    " Uzbekistan: WRONG_MAX_PRICE: --max-price is under the lowest possible price, 0.27."
    " %sms compare tg shows what there is, and where.",
    "active now": "%sms active: 'now' is one word too many. Usage: %sms active",
    "order 'tg": "%sms: ' is not closed. Close it, or put \\ before it.",
    "wait {nmuber}": "%sms: there is no variable 'nmuber'. Define it before, or write {{ for a"
    " brace.",
    "wait $nmuber": "%sms: there is no variable 'nmuber'. Define it before, or write $$ for a dollar"
    " sign.",
    "wait {orders}": "%sms: {orders} is a DataFrame, not one value. Pick one, as in {orders.iloc[[0]]}.",
    # Options
    "order tg KZ --kye x": "%sms order: there is no option '--kye'. Did you mean --key? %sms order -h lists its "
    "options.",
    "order tg KZ --key": "%sms order: --key needs a value after it, as in --key K: your own name for it: the same "
    "key, the same purchase.",
    "order tg KZ --key --yes": "%sms order: --key needs a value after it, as in --key K: your own name for it: the same "
    "key, the same purchase.",
    "order tg KZ --yes=1": "%sms order: --yes takes no value. Write it alone.",
    "order tg KZ --type voic": "%sms order: --type takes sms, call or voice, not 'voic'. Did you mean voice?",
    "prices tg -n -1": "%sms prices: --limit takes a whole number from 0, not '-1'. It means: rows at most; 0 "
    "shows all, scrolling.",
    "prices tg --limit 1.5": "%sms prices: --limit takes a whole number from 0, not '1.5'. It means: rows at most; 0 "
    "shows all, scrolling.",
    "prices tg --sort csot": "%sms: there is no column 'csot' to sort by. Did you mean cost? There are: service, "
    "service_name, country, country_name, cost, count, physical_count, count_kind.",
    "prices tg -o 1x": "%sms: -o takes the name of a variable, not '1x'.",
    "wait 1 --timeout nan": "%sms wait: --timeout takes a number from 0, not 'nan'. It means: seconds at most; as "
    "long as it lives if not given.",
    "wait 1 --every 0": "--every takes seconds above zero, not 0.0.",
    # Services and countries
    "order telegrm KZ": "unknown service 'telegrm'. Did you mean Telegram, NETELLER? %sms services"
    " lists them.",
    "order tg Kazachstan": "unknown country 'Kazachstan'. Did you mean Kazakhstan, Kyrgyzstan?"
    " %sms countries lists them.",
    "order tg US": "country 'US' is ambiguous: 12 (USA (virtual)), 187 (USA). Pass one of these"
    " ids.",
    "order KZ tg": "unknown service 'KZ': that is a country. The service comes first, then the"
    " country.",
    "order tg +380": "unknown country +380: the protocol has ids of its own, not dial codes. Did you"
    " mean 1 (Ukraine)? %sms countries lists them.",
    "order tg": "%sms order: in which country? It stands after the service, as KZ does here: %sms order "
    "tg KZ. %sms top SERVICE lists the best ones, and %config SmsMagics.country = 'KZ' sets "
    "the usual one.",
    "order tg ''": "%sms order: COUNTRY is empty: there is nothing between its quotes. %sms order -h "
    "explains it.",
    "compare tg Atlantis": "unknown country 'Atlantis'. Did you mean Albania? %sms countries lists"
    " them.",
    # Amounts, times and hours
    "order tg KZ --max-price abc": "--max-price takes an amount above zero, such as 0.25, not"
    " 'abc'.",
    "order tg KZ --fixed-price": "--fixed-price buys at exactly --max-price, which is missing: it is"
    " no ceiling.",
    "order tg KZ --max-price 0.01": "getNumberV2 at sandbox: WRONG_MAX_PRICE: --max-price is under"
    " the lowest possible price. Raise --max-price to 0.86 or more.",
    # A word that stands without a name, and what is written as on the wire
    "order 't\x01g' KZ": "service is not a name or code: 't\\x01g'…",
    "prices 't\x01g'": "service is not a name or code: 't\\x01g'…",
    "order tg 'K\x01Z'": "--country is not a name or code: 'K\\x01Z'…",
    "call getNumberV2 service=tg country=2 maxPrice=0.01": "getNumberV2 at sandbox: WRONG_MAX_PRICE:"
    " max_price is under the lowest possible price. Raise max_price to 0.86 or more.",
    "order tg KZ --exclude abc": "getNumberV2 at sandbox: WRONG_EXCEPTION_PHONE: --exclude is not a"
    " list of prefixes. Give the country code and 3 to 6 digits, for example 7918,7900111.",
    "rent order full KZ --hours 25": "getRentNumber at sandbox: INVALID_TIME: the number of hours is"
    " not allowed. Give 2 to 1344 hours, from a day on whole days: 24, 48, 72.",
    "history --since yesterday": "--since is no time: 'yesterday'. Give a datetime with a zone, a"
    " text such as '2026-11-01T00:00+00:00', or seconds since 1970.",
    "budget abc": "budget takes an amount above zero, such as 0.25, not 'abc'.",
    # Numbers
    "wait 1": "activation 1 at sandbox is not known there, and no new code came. Order another"
    " number. %sms ledger tells more.",
    "wait $number --timeout 0.01": "no code for activation 3936327951 at sandbox in 0.01 seconds. It"
    " is still alive. %sms wait 3936327951 goes on waiting. %sms cancel 3936327951 gives it back.",
    "code 1": "getStatus at sandbox: NO_ACTIVATION: no such activation. %sms active and %sms history"
    " list your activations.",
    "cancel $number": "setStatus at sandbox: EARLY_CANCEL_DENIED: a number cannot be cancelled in"
    " its first two minutes. Cancel it in 120 seconds; a code may still come until then."
    " %sms cancel 3936327951 --when-allowed waits for that.",
    "again $number": "setStatus at sandbox: BAD_STATUS: no code has come to activation 3936327951"
    " yet. %sms wait 3936327951 waits for it. %sms cancel 3936327951 gives the number back.",
    "finish $number": "setStatus at sandbox: EARLY_CANCEL_DENIED: no code has come to activation"
    " 3936327951 yet. %sms wait 3936327951 waits for it. %sms cancel 3936327951 gives the number"
    " back.",
    "rent price 1 24": "continueRentInfo at sandbox: INVALID_PHONE: no such rent in this account"
    " (wrong rent id). %sms rent list lists your rents.",
    "voice $number en": "parseCall at sandbox: NO_CALL: no call has come yet. %sms code ID --text"
    " shows when one has.",
    "partner buy 99999": "buyPartnerProduct at sandbox: BAD_DATA: no such product. Check the product"
    " id in the provider's shop.",
    # Where it asks
    "provider heroms": f"unknown provider 'heroms'. Did you mean herosms? {PROVIDERS}",
    "provider herosms": "HeroSMS needs an API key. Set SMS_API_KEY, or hand it to %sms login"
    " herosms. %sms provider sandbox needs none.",
    "provider --base-url https://stranger.example": "stranger.example needs an API key. Set"
    " SMS_API_KEY, or hand it to %sms login --base-url URL. %sms provider sandbox needs none.",
    "provider herosms --base-url https://stranger.example": "HeroSMS needs an API key. Set"
    " SMS_API_KEY, or hand it to %sms login herosms --base-url URL. %sms provider sandbox needs none.",
    "provider --base-url foo": "--base-url 'foo' lacks http:// or https://. Write it like"
    " https://example.com/stubs/handler_api.php.",
    "login": "%sms login: Sandbox needs no key. Add another provider's name.",
    "logout foo": f"unknown provider 'foo'. {PROVIDERS}",
    "webhooks strat": "%sms webhooks: it takes start, stop or address, not 'strat'. Did you mean start?",
    "webhooks start --port 99999": "nobody can listen on host '127.0.0.1' port 99999. A host is like"
    " '127.0.0.1', a port is a number from 0 to 65535.",
    "call getPrices service": "%sms call: 'service' is no parameter. Write it as name=value.",
    "call getNumber service=Telegram country=2": "%sms call: it sends parameters as they are. Write"
    " service=tg.",
    "call getX": "getX at sandbox: BAD_ACTION: the provider does not have this action. %sms check"
    " shows what this provider has.",
    "nested off": "%sms nested: it takes on, not 'off'.",
    # The sandbox
    "sandbox step -5": "%sms sandbox step: SECONDS takes a number from 0, not '-5'. It means: how far it goes.",
    "sandbox step 1e300": "%sms sandbox step: the clock ends with the year 2999.",
    "sandbox speed 1e9": "%sms sandbox speed: a speed is a number from 0 to 1000000, not"
    " 1000000000.0.",
    "sandbox faults NO_NUMBRS:1": "%sms sandbox faults: unknown fault 'NO_NUMBRS', did you mean"
    " NO_NUMBERS?",
    "sandbox sms 1 text": "%sms sandbox sms: there is no activation or rent 1.",
    "sandbox start --success 2": "%sms sandbox start: success is a share from 0 to 1, not 2.0.",
    "sandbox start --dialect hero": "%sms sandbox start: there is no dialect 'hero'; there are"
    " reference, herosms, smsbower, tiger-sms, grizzlysms, smshub, virtualsms, sms-man, vak-sms,"
    " daisysms-io. Did you mean herosms?",
    "sandbox start --balance abc": "%sms sandbox start: money is an amount from 0 to 1000000000, not"
    " 'abc'.",
}


def test_a_mistake_is_told_in_one_line_and_buys_nothing(ip):
    ip.run(
        "%sms order tg KZ -o order\nnumber = order.activation_id[0]\n"
        "orders = order.loc[[0, 0]].reset_index(drop=True)"
    )
    told = {line: ip.fails(f"%sms {line}").partition(": ")[2] for line in MISTAKES}
    assert told == MISTAKES
    assert len(ip.sandbox.purchases()) == 1


def test_the_last_error_can_be_asked_for_again(ip):
    said = ip.fails("%sms prces")
    assert said in ip.says("%tb")


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        ("NO_NUMBERS@getNumberV2", "NoNumbers", "%sms top SERVICE lists the best countries."),
        ("NO_BALANCE@getNumberV2", "NoBalance", "%sms balance shows what is there."),
        ("BAD_KEY", "BadKey", "Check SMS_API_KEY"),
        ("BANNED", "Banned", "Wait until"),
        ("ERROR_SQL@getNumberV2", "PurchaseUncertain", "%sms reconcile finds out"),
        ("drop-before@getNumberV2", "PurchaseUncertain", "%sms reconcile finds out"),
        ("html-before@getNumberV2", "PurchaseUncertain", "%sms reconcile finds out"),
    ],
)
def test_what_the_provider_says_is_told_in_one_line_with_the_command_that_helps(
    ip, fault, kind, says
):
    ip.run(f"%sms sandbox faults {fault}:1;")
    said = ip.fails("%sms order tg KZ")
    assert said.startswith(f"{kind}: ")
    assert says in said


def test_over_the_budget_nothing_is_bought(ip):
    ip.run("%sms budget 0.50;")
    said = ip.fails("%sms order tg KZ")
    assert said.startswith("BudgetExceeded: getNumberV2 at sandbox: 0.86 asked, 0.50 left of")
    assert said.endswith("%sms budget raises it.")
    assert not ip.sandbox.purchases()


def test_no_advice_speaks_of_python_where_a_command_does_the_same():
    speaker = MagicSpeaker(COMMANDS.values())
    meanings = [*DOCUMENTED.values(), *UNDOCUMENTED.values(), *IN_ACTION.values()]
    advice = [sentences((meaning.what, *meaning.hints), speaker) for meaning in meanings]
    python = re.compile(r"sms\.\w+|\b[sg]et_\w+|\b\w+\(\w*\)|max_price|_exception")
    assert [line for line in advice if python.search(line)] == []


def test_a_new_budget_leaves_webhooks_alone(ip):
    ip.run("%sms webhooks start --port 0;")
    address = repr(ip.run("%sms webhooks address --reveal"))
    ip.run("%sms budget 5;")
    assert repr(ip.run("%sms webhooks address --reveal")) == address
    ip.run("%sms webhooks stop;")


def test_a_budget_of_the_environment_stays(ip, monkeypatch):
    monkeypatch.setenv("SMS_BUDGET", "7")
    assert ip.fails("%sms budget none") == (
        "UsageProblem: %sms budget: SMS_BUDGET sets it to 7. Take that away first."
    )


def test_an_embedded_sandbox_is_needed_for_its_commands(live):
    for line in ("step 5", "speed 5", "faults", "sms 1 text"):
        assert live.fails(f"%sms sandbox {line}") == (
            "UsageProblem: %sms sandbox: this is no embedded sandbox. %sms sandbox start makes one."
        )


def test_going_elsewhere_says_that_webhooks_are_received_no_more(ip, caplog):
    ip.run("%sms webhooks start --port 0;\n%sms provider sandbox;")
    assert "Webhooks are received no more: %sms webhooks start begins anew." in caplog.text
