"""One table is the parser, the help, its page of docs/ and Tab: nothing is in one and not in another."""

import re
from pathlib import Path

import pytest

from sms_notebook.magics.arguments import parse
from sms_notebook.magics.commands import COMMANDS, find, help_on, overview
from sms_notebook.magics.table import Command, Value
from sms_notebook.protocol.actions import ACTIONS, BEYOND
from sms_notebook.protocol.calls import Effect

PAGE = (Path(__file__).parents[2] / "docs" / "magics.md").read_text(encoding="utf-8")
EACH = pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)

AGREED = (
    "prices",
    "prices SERVICE --country C",
    "stock --country C",
    "operators --country C",
    "top SERVICE",
    "order SERVICE --country C --operator O --max-price P --key K",
    "wait ID",
    "code ID",
    "again ID",
    "finish ID",
    "cancel ID",
    "rent order SERVICE --country C --hours 4",
    "rent price ID 24",
    "rent extend ID 24",
    "call getPrices service=tg country=2",
)


@pytest.mark.parametrize("line", AGREED)
def test_what_was_agreed_is_understood(line):
    command, rest = find(COMMANDS, line.split())
    options = vars(parse(command, rest))
    given = dict(re.findall(r"--([\w-]+) (\S+)", line))
    assert {name: str(options[name.replace("-", "_")]) for name in given} == given


AREAS = """
status balance provider check login logout budget mask
services countries operators prices tiers rates stock top compare advise
order wait watch code again ready finish cancel active history reuse multi voice
rent.offers rent.order rent.list rent.messages rent.price rent.extend rent.finish rent.cancel
partner.buy panel webhooks sandbox.start sandbox.step sandbox.speed sandbox.faults sandbox.sms
ledger ledger.reopen reconcile nested call help
"""


def test_every_area_has_its_commands_in_the_order_of_a_persons_day():
    assert [".".join(command.words) for command in COMMANDS.values()] == AREAS.split()


@EACH
def test_each_argument_is_explained_where_people_look(command: Command):
    text = help_on(command.words)
    assert text.startswith(f"%sms {command.usage}\n")
    for argument in (*command.positional, *command.options):
        assert argument.help, argument.name
        assert re.search(rf"{re.escape(argument.written)} +{re.escape(argument.help)}", text)
    for example in command.examples:
        assert f"  %sms {example}".rstrip() in text.splitlines()
    assert command.help in overview()
    assert f"| `{command.usage.replace('|', chr(92) + '|')}` | {command.help} |" in PAGE


@EACH
def test_each_command_has_an_example(command: Command):
    assert command.examples


@EACH
def test_a_line_of_help_fits_a_terminal(command: Command):
    assert all(len(line) <= 130 for line in help_on(command.words).splitlines()[1:])


@EACH
def test_what_spends_asks_and_is_no_list(command: Command):
    known = ACTIONS | BEYOND
    effects = {known[name].effect for name in command.actions}
    spends = Effect.PURCHASE in effects
    assert spends <= any(argument.name == "--yes" for argument in command.options)
    assert not (spends and command.is_list)


@EACH
def test_no_option_is_there_twice_and_none_hides_another(command: Command):
    names = [name for one in command.options for name in (one.name, one.short) if name]
    assert len(names) == len(set(names))
    assert len({one.dest for one in (*command.positional, *command.options)}) == len(
        command.positional
    ) + len(command.options)


NOT_HERE = {"login herosms", "provider herosms", "nested on", "logout", "partner buy 1"}


@EACH
def test_the_examples_that_help_shows_run(ip, command: Command):
    speed = 600 if command.name in ("wait", "cancel") else 0
    ip.run(f"%sms sandbox start --speed {speed} --success 1 --balance 1000;")
    ip.run("%sms order tg KZ -o order\n%sms rent order full KZ --hours 24 -o rent")
    if command.name == "voice":
        ip.run("%sms order tg KZ --type voice --language en -o order")
    if command.name in ("again", "finish", "reuse", "voice"):
        ip.run("%sms sandbox step 600;\n%sms code {order.activation_id[0]};")
    if command.name == "reuse":
        ip.run("%sms finish {order.activation_id[0]};")
    for example in set(command.examples) - NOT_HERE:
        line = example.replace("--for 60", "--for 0.2") + (" --for 0.2" * (example == "watch"))
        line = line.replace("2026-11-01T00:00+00:00", "{__import__('time').time() - 9000}")
        ip.run(f"%sms {line}")


def test_its_page_shows_lines_that_run(ip):
    [block] = re.findall(r"^```ipython\n(.*?)\n```$", PAGE, re.DOTALL | re.MULTILINE)
    lines = block.splitlines()
    assert lines[0] == "%load_ext sms_notebook"
    ip.run("%sms sandbox start --speed 600 --success 1;")
    for line in lines[1:]:
        ip.run(line)
    assert len(ip.names["order"]) == 1
    assert len(ip.names["cheapest"]) == 5


def test_every_kind_of_value_is_taken_by_some_argument():
    taken = {
        argument.value
        for command in COMMANDS.values()
        for argument in (*command.positional, *command.options)
    }
    assert taken - {None} == set(Value)
