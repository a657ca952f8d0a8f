"""What people type in their first hour: help, names of several words, braces, loops, cells."""

import re
from unittest import mock

import pandas as pd
import pytest
from magics.typist import KEY, Typist

from sms_notebook.client.catalogue import Catalogue, Names
from sms_notebook.magics.arguments import KnownNames, parse, read_names
from sms_notebook.magics.commands import COMMANDS, help_for
from sms_notebook.magics.line_parser import words
from sms_notebook.protocol import catalogue
from sms_notebook.protocol.errors import UsageProblem

NAMES = Catalogue().names


def bought(ip: Typist) -> int:
    return len(ip.sandbox.purchases())


# Help ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_help_of_each_command_wherever_it_is_asked_for(command):
    for line in ("{} -h", "{} --help", "{} help", "{} tg -h KZ --yes", "-h {}", "{} 1 --help"):
        text = help_for(line.format(command.name).split())
        assert repr(text).startswith(f"%sms {command.usage}\n"), line


@pytest.mark.parametrize("asks", ["-h", "--help"])
def test_where_help_is_asked_for_nothing_is_bought(ip, asks):
    for line in ("order tg KZ --yes {}", "order {} tg KZ", "rent order full {} KZ --yes"):
        assert repr(ip.run(f"%sms {line.format(asks)}")).startswith("%sms ")
    assert not bought(ip)


@pytest.mark.parametrize("asks", ["", " -h", " --help", " help"])
@pytest.mark.parametrize("family", ["rent", "sandbox", "partner"])
def test_what_needs_another_word_says_which_there_are(ip, family, asks):
    text = repr(ip.run(f"%sms {family}{asks}"))
    for command in COMMANDS.values():
        assert (f"  {command.name} " in text) == (command.words[0] == family)
    assert text.startswith(f"%sms {family} is followed by one of these. -h explains each.")


def test_help_alone_lists_all(ip):
    for line in ("-h", "--help", "help"):
        assert repr(ip.run(f"%sms {line}")) == repr(ip.run("%sms help"))


@pytest.mark.parametrize("columns", [40, 80, 131])
def test_help_is_wrapped_below_what_it_explains_in_a_terminal(ip, monkeypatch, columns):
    text = ip.run("%sms help")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stdout", mock.Mock(isatty=lambda: True))
    lines = repr(text).splitlines()
    assert max(map(len, lines)) <= columns
    assert " ".join(repr(text).split()) == " ".join(text.split())  # every word is there
    assert (repr(text) == str(text)) == (columns > 130)
    if columns == 80:
        at = next(at for at, line in enumerate(lines) if line.startswith("  budget [AMOUNT]"))
        assert re.match(" {32}[^ ]", lines[at + 1])


def test_a_text_in_quotes_asks_for_nothing(ip):
    assert ip.run("%sms order tg KZ --key '-h'").loc[0, "key"] == "-h"
    ip.names["text"] = "--help"
    assert ip.run("%sms order tg KZ --key {text}").loc[0, "key"] == "--help"


# Names of commands ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("PRICES tg", "%sms prices"),
        ("Order tg KZ", "%sms order"),
        ("bal", "%sms balance"),
        ("ord tg KZ", "%sms order"),
        ("RENT ORDER full KZ", "%sms rent order"),
        ("rent ord full KZ", "%sms rent order"),
        ("rentorder full KZ", "%sms rent order"),
        ("buy tg KZ", "%sms order"),
        ("getNumberV2 tg KZ", "%sms order"),
        ("get_balance", "%sms balance"),
        ("wait_code 1", "%sms wait"),
        ("extend 1 24", "%sms rent extend"),
        ("step 5", "%sms sandbox step"),
        ("sand", "%sms sandbox"),
        ("re", "%sms ready, %sms reuse or %sms rent"),
    ],
)
def test_another_case_or_a_beginning_is_suggested_and_never_run(ip, typed, meant):
    assert f"Did you mean {meant}?" in ip.fails(f"%sms {typed}")
    assert not bought(ip)


def test_options_and_choices_too(ip):
    assert "Did you mean --max-price?" in ip.fails("%sms order tg KZ --max 5")
    assert "Did you mean --country?" in ip.fails("%sms order tg --Country KZ")
    assert "Did you mean on?" in ip.fails("%sms mask ON")
    assert not bought(ip)


# Names of several words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "quoted"),
    [
        ("prices tg United Kingdom", "prices tg 'United Kingdom'"),
        ("prices tg united kingdom --sort cost", "prices tg 'United Kingdom' --sort cost"),
        ("prices --country Costa Rica tg", "prices tg --country 'Costa Rica'"),
        ("prices Any other Papua New Guinea", "prices 'Any other' 'Papua New Guinea'"),
        ("prices Air India", "prices 'Air India'"),
        ("prices United Kingdom", "prices --country 'United Kingdom'"),
        ("stock Bosnia and Herzegovina", "stock 'Bosnia and Herzegovina'"),
        ("top Any other", "top 'Any other'"),
        ("services any other", "services 'any other'"),
        ("services tele United Kingdom", "services tele 'United Kingdom'"),
        ("countries papua new", "countries 'papua new'"),
        ("compare tg KZ United Kingdom", "compare tg KZ 'United Kingdom'"),
        ("compare tg KZ,UZ", "compare tg KZ UZ"),
        ("ledger --service Any other --country Costa Rica", "ledger --service ot --country 93"),
        ("rent offers full United Kingdom", "rent offers full 'United Kingdom'"),
    ],
)
def test_names_of_several_words_need_no_quotes(ip, typed, quoted):
    found, expected = ip.run(f"%sms {typed}"), ip.run(f"%sms {quoted}")
    pd.testing.assert_frame_equal(found, expected)


def test_an_order_takes_them_too(ip):
    order = ip.run("%sms order Any other Costa Rica --max-price 9 --key 'two words'").iloc[0]
    assert order[["service", "country", "key"]].tolist() == ["ot", 93, "two words"]
    for country in ("United States", "Untied Kingdom", "Kingdom United"):
        assert repr(country) in ip.fails(f"%sms order tg {country} --max-price 9")
    assert bought(ip) == 1


@pytest.mark.parametrize("country", [each for each in NAMES.countries.values() if " " in each])
def test_each_country_of_several_words(country):
    [order] = [command for command in COMMANDS.values() if command.name == "order"]
    options = vars(parse(order, f"tg {country} --yes".split()))
    assert options["service"] == "tg"
    assert country in (options["country"], *options.get("countries", []))


def test_each_service_of_several_words_is_read_or_said_to_be_ambiguous():
    [prices] = [command for command in COMMANDS.values() if command.name == "prices"]
    for name in (service.name for service in catalogue.services() if " " in service.name):
        options = parse(prices, words(f"{name} Costa Rica", {}))
        assert (options.service, options.country) == (name, "Costa Rica")


AMBIGUOUS = Names({"ai": "Air", "aii": "Air India", "tg": "Telegram"}, NAMES.countries)


@pytest.mark.parametrize("line", ["Air India", "air india --yes"])
def test_what_may_mean_two_things_is_said_to_and_neither_is_bought(line):
    order = COMMANDS["order",]
    with pytest.raises(UsageProblem) as told:
        parse(order, words(line, {}), KnownNames(AMBIGUOUS, {}))
    ways = str(told.value).lower()
    assert "it may mean 'air' india or 'air india'. write it so, with the quotes." in ways


def test_with_more_countries_behind_it_is_as_open_as_without():
    with pytest.raises(UsageProblem, match="it may mean 'Air' India KZ or 'Air India' KZ"):
        parse(COMMANDS["order",], words("Air India KZ", {}), KnownNames(AMBIGUOUS, {}))


@pytest.mark.parametrize(
    ("line", "service", "country"),
    [
        ("'Air' India", "Air", "India"),
        ("'Air India' KZ", "Air India", "KZ"),
        ("{service} India", "Air", "India"),
        ("Air --country India", "Air", "India"),
    ],
)
def test_quotes_and_values_keep_words_apart(line, service, country):
    order = COMMANDS["order",]
    options = vars(parse(order, words(line, {"service": "Air"}), KnownNames(AMBIGUOUS, {})))
    assert options["service"] == service
    assert country in (options["country"], *options.get("countries", []))


def test_the_longest_name_counts_and_commas_part_names_too():
    is_country = NAMES.is_country
    for line, names in {
        "Papua New Guinea Guinea": ["Papua New Guinea", "Guinea"],
        "KZ,UZ": ["KZ", "UZ"],
        "Costa Rica, Panama ,KZ": ["Costa Rica", "Panama", "KZ"],
        "New Zealand 2 uk": ["New Zealand", "2", "uk"],
        "Untied Kingdom KZ": ["Untied Kingdom", "KZ"],
        "": [],
    }.items():
        assert read_names(line.split(), is_country) == names, line


# Braces -------------------------------------------------------------------------------------------


FORGOTTEN = (
    "o.activation_id[0]",
    "o.loc[0, 'activation_id']",
    'o.loc[0,"activation_id"]',
    "o.iloc[0]",
    "o['activation_id'][0]",
    "o.activation_id",
    "o",
    "str(number)",
)


@pytest.mark.parametrize("expression", FORGOTTEN)
def test_an_expression_without_braces_is_recognised_before_anybody_is_asked(
    ip, monkeypatch, expression
):
    ip.run("%sms order tg KZ -o o\nnumber = o.activation_id[0]")
    monkeypatch.setattr(ip.sandbox, "answer", lambda _: pytest.fail("it was asked about"))
    for line in ("wait {}", "cancel {}", "finish {}", "reuse {} --yes", "rent extend {} 24 --yes"):
        said = ip.fails(f"%sms {line.format(expression)}")
        assert f" in braces: {{{expression}}}." in said


def test_what_is_suggested_works(ip):
    ip.run("%sms order tg KZ -o o\nnumber = o.activation_id[0]")
    for expression in FORGOTTEN:
        if expression != "o.activation_id":
            ip.run(f"%sms code {{{expression}}}")


def test_a_rent_is_no_activation_and_an_activation_no_rent(ip, monkeypatch):
    ip.run("%sms order tg KZ -o order\n%sms rent order full KZ -o rent")
    monkeypatch.setattr(ip.sandbox, "answer", lambda _: pytest.fail("it was asked about"))
    for line in ("cancel {rent}", "finish $rent", "wait {rent.iloc[0]}", "reuse {rent} --yes"):
        assert ": this is a rent. The commands for rents begin with %sms rent." in ip.fails(
            f"%sms {line}"
        )
    for line in ("rent cancel {order}", "rent extend $order 24 --yes"):
        assert ": this is an activation." in ip.fails(f"%sms {line}")


@pytest.mark.parametrize(
    ("line", "braces"),
    [
        ("prices service", "{service}"),
        ("prices tg --country place", "{place}"),
        ("sandbox step n", "{n}"),
        ("sandbox step n+1", "{n+1}"),
        ("prices tg -n n", "{n}"),
        ("budget n*2", "{n*2}"),
    ],
)
def test_where_a_variable_may_be_meant_its_braces_are_suggested(ip, line, braces):
    ip.run("service, place, n = 'tg', 'KZ', 5")
    assert f"Write {braces} if the variable is meant." in ip.fails(f"%sms {line}")


def test_a_word_that_means_something_is_no_variable(ip):
    ip.run("tg, KZ, report = 'wa', 'UZ', 1")
    assert ip.run("%sms prices tg KZ")[["service", "country"]].iloc[0].tolist() == ["tg", 2]
    for line in ("check --save report.json", "check --save /dev/report.txt"):
        assert words(line, ip.names) == line.split()


def test_an_object_that_fails_at_every_look_is_told_in_one_line(ip):
    class Gone:
        @property
        def __class__(self) -> type:
            raise ReferenceError("it is gone")

        def __getattr__(self, name: str) -> object:
            raise ReferenceError("it is gone")

    ip.names["gone"] = Gone()
    for source in ("{gone}", "$gone"):
        failed = f"{source} fails: ReferenceError: it is gone"
        assert ip.fails(f"%sms wait {source}").endswith(f"%sms: {failed}")
    assert "unknown country 'gone'" in ip.fails("%sms order tg gone")
    assert "cannot be written" in ip.fails("%sms check --save gone.x/report.json")


def test_a_dollar_takes_a_name_alone(ip):
    ip.run("%sms order tg KZ -o o")
    assert "Put what is more in braces: {o[0]}." in ip.fails("%sms wait $o[0]")


# Loops and cells ----------------------------------------------------------------------------------

LOOPS = {
    "for c in ('KZ', 'UZ'):\n    %sms prices tg {c}": 2,
    "for c in ('KZ', 'UZ'):\n    get_ipython().run_line_magic('sms', f'prices tg {c}')": 2,
    "%sms prices tg KZ\n%sms prices tg UZ": 2,
    "if True:\n    %sms prices tg KZ": 1,
    "def show(c):\n    %sms prices tg {c}\nshow('KZ')\nshow('UZ')": 2,
    "while True:\n    %sms prices tg KZ\n    break": 1,
    "try:\n    %sms prices tg KZ\nfinally:\n    pass": 1,
    "for c in ('KZ', 'UZ'):\n    %sms prices tg {c};": 0,
    "for c in ('KZ', 'UZ'):\n    x = %sms prices tg {c}": 0,
    "for c in ('KZ', 'UZ'):\n    %sms prices tg {c} -o x": 0,
    "x = [get_ipython().run_line_magic('sms', f'prices tg {c}') for c in ('KZ', 'UZ')]": 0,
    "%timeit -n 2 -r 1 get_ipython().run_line_magic('sms', 'prices tg KZ')": 0,
    "%sms prices tg KZ": 1,
    "%%sms\nprices tg KZ\nprices tg UZ": 2,
    "%%sms\nprices tg KZ;\nprices tg UZ -o x": 0,
    "%%sms prices tg KZ\n\n# a remark\n  %sms prices tg UZ  # another\n": 2,
    "%%sms\nprices tg \\\n  KZ": 1,
}


@pytest.mark.parametrize("cell", LOOPS)
def test_each_line_that_stands_alone_shows_its_result(ip, cell):
    assert ip.says(cell).count("service_name") == LOOPS[cell]


def test_a_cell_runs_a_line_each_and_knows_what_the_lines_before_kept(ip):
    said = ip.says("%%sms\norder tg KZ -o mine\nsandbox sms {mine} Your code is 4711\nwait {mine}")
    assert "4711" in said
    assert len(ip.names["mine"]) == 1


def test_an_error_has_no_colour_where_somebody_wants_none(ip, monkeypatch):
    said = "UsageProblem: " + ip.fails("%sms ordre").partition(": ")[2]
    none = "nocolor" if ip.shell.colors.islower() else "NoColor"  # as IPython before 9 has it
    for want_none in (
        lambda wish: wish.setattr(ip.shell, "colors", none),
        lambda wish: wish.setenv("NO_COLOR", "1"),
    ):
        with monkeypatch.context() as wish:
            want_none(wish)
            ip._capture.readouterr()
            ip.shell.run_cell("%sms ordre")
            assert ip._capture.readouterr().out == said + "\n"


def test_a_cell_stops_at_the_first_error_says_where_and_shows_what_was_bought(ip):
    cell = (
        "%%sms\nprices tg KZ\n\norder wa KZ -o first\norder ig UZ;\norder tg Atlantis --key a\n"
        "order vk KZ"
    )
    ip._capture.readouterr()
    done = ip.shell.run_cell(cell)
    shown, _, line = ip._capture.readouterr().out.rpartition("\x1b[31m")
    assert done.error_in_exec is not None
    assert "unknown country 'Atlantis'." in line
    assert (
        "It stopped at line 6, order tg Atlantis --key a; nothing after it was run; what was"
        in line
    )
    assert line.count("\n") == 1
    assert shown.count("count_kind") == 1  # of the prices
    numbers = ip.run("%sms ledger")["phone_number"].tolist()
    assert len(numbers) == 2
    assert all(number in shown for number in numbers)


def test_an_interrupt_in_a_cell_shows_what_was_bought(ip, monkeypatch):
    monkeypatch.setattr(
        ip.session.client, "get_balance", lambda: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    ip._capture.readouterr()
    ip.shell.run_cell("%%sms\norder wa KZ;\nbalance\nprices tg KZ")
    shown = ip._capture.readouterr().out
    [number] = ip.run("%sms ledger")["phone_number"]
    assert number in shown


def test_in_a_cell_o_keeps_a_result(ip):
    for line in ("x = prices tg KZ", "x = %sms prices tg KZ"):
        said = ip.fails(f"%%sms\n{line}")
        assert "in a %%sms cell -o keeps a result, as in prices tg KZ -o x." in said


def test_a_key_in_a_line_of_a_cell_is_not_shown(live):
    assert KEY not in live.fails(f"%%sms\nprices tg KZ;\nprices {KEY}")
    assert KEY[:20] not in live.fails(f"%%sms\nfoo {KEY[:20]}a1b2c3")
