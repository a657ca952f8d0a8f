"""``%sms`` and ``%%sms``: the line magic, and the cell magic."""

import dis
import inspect
import keyword
import os
import re
from enum import Enum, auto
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)
from traitlets import Bool, Int, Unicode

from sms_notebook.magics.arguments import KnownNames, parse
from sms_notebook.magics.commands import COMMANDS, find, help_for, overview
from sms_notebook.magics.completion import Completer
from sms_notebook.magics.line_parser import suggest_braces, words
from sms_notebook.magics.session import MagicSession, MakePanel
from sms_notebook.magics.table import Command, MagicSpeaker, did_you_mean
from sms_notebook.protocol.errors import SmsError, UsageProblem
from sms_notebook.protocol.errors.sms_error import Advised, Hint
from sms_notebook.providers.key import without_key
from sms_notebook.typesetting import ShownRows, printable, show_frame, show_rows
from sms_notebook.watching.progress import SPEAKER

if TYPE_CHECKING:
    from argparse import Namespace

    from IPython.core.interactiveshell import InteractiveShell

_NAME = "sms"
_ASSIGNMENT = re.compile(r"(?P<name>[^\W\d]\w*)\s*=\s*(?:%sms\s+)?(?P<command>[^\s=].*)")
_PREFIX = re.compile(r"\s*%sms(?:\s+|$)")
_MOST_ROWS = 20  # rows of a list, where nobody says how many
_CUTS = (60, 40)  # characters of a wrong word that errors show
_LINE = 60  # characters of the line at which a cell stopped
_RUNNER = "run_line_magic"  # what a cell calls; below it decorators stand, before IPython 8
_TIMED = "<magic-timeit>"  # a cell that runs many times over
_PRINTED = ("PRINT_EXPR", "CALL_INTRINSIC_1")  # by the names of Python's versions


@magics_class
class SmsMagics(Magics):
    """Everything of the API from one line: ``%sms help``."""

    limit = Int(0, min=0, help="Rows that a list has at most; 0 for all.").tag(config=True)
    country = Unicode("", help="The country to order in where none is named.").tag(config=True)
    confirm = Bool(True, help="Ask before real money is spent.").tag(config=True)

    def __init__(self, shell: "InteractiveShell", panel: MakePanel, **options: Any) -> None:
        super().__init__(shell, **options)
        self.session = MagicSession(
            confirms=lambda: self.confirm,
            speaker=MagicSpeaker(COMMANDS.values()),
            country=lambda: self.country,
            in_notebook=lambda: hasattr(shell, "kernel"),
            panel=panel,
        )
        self.completer = Completer(self.session, lambda: self._variables)

    # Loading ------------------------------------------------------------------------------------

    @classmethod
    def put_into(cls, shell: "InteractiveShell", panel: MakePanel) -> None:
        """Register ``%sms``, its completion, and how frames are shown as text.

        A second time it begins anew.

        Parameters
        ----------
        shell : InteractiveShell
            The shell.
        panel : callable
            Makes a panel: ``order``, ``watch``, ``rent``, or None for all of them.
        """
        cls.take_out_of(shell)
        magics = cls(shell, panel)
        Advised.emphasis = staticmethod(lambda line: _red(line, shell.colors))
        shell.register_magics(magics)
        magics.completer.add_to(shell.Completer)
        text = _text_formatter(shell)
        if pd.DataFrame not in text.type_printers:
            text.for_type(pd.DataFrame, show_frame)

    @classmethod
    def take_out_of(cls, shell: "InteractiveShell") -> None:
        """Leave nothing behind: magic, settings, completion, client and threads."""
        magics = shell.magics_manager.registry.pop(cls.__name__, None)
        if magics is None:
            return
        Advised.emphasis = staticmethod(str)
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop(_NAME, None)
        configurables: list[Any] = list(shell.configurables)
        shell.configurables[:] = [other for other in configurables if other is not magics]
        magics.completer.remove_from(shell.Completer)
        text = _text_formatter(shell)
        if text.type_printers.get(pd.DataFrame) is show_frame:
            text.pop(pd.DataFrame)
        magics.session.close()

    # Running ------------------------------------------------------------------------------------

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def sms(
        self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None
    ) -> Any:
        """Run a command of ``%sms``, or one in each line of a cell."""
        if cell is not None:
            return self._run_cell(f"{line}\n{cell}", local_ns or {})
        result = self._execute(line, local_ns or {})
        use = _use_of_result()
        # Not with IPython's output_can_be_silenced: that reads the line as Python after it has
        # run, fails at a bracket or quote that stands alone, and makes x of x = %sms …; None.
        if result.is_silent and use is not _Use.KEPT:
            return None
        if use is _Use.DROPPED:  # in a loop, or above the last line of a cell
            self._show(result.output)
        return result.output

    def _run_cell(self, cell: str, local_ns: dict[str, Any]) -> None:
        """Run the command of each line, and show each result; stop at the first error.

        Empty lines and remarks are left out; a backslash at the end of a line goes on in the next.
        """
        lines = _commands_in(cell)
        bought: list[_LineResult] = []
        for place, (number, text) in enumerate(lines):
            try:
                result = self._execute(text, local_ns, in_cell=True)
            except BaseException as problem:
                for each in bought:
                    if each.is_hidden:
                        self._show(each.result)
                if isinstance(problem, Advised):
                    left = len(lines) > place + 1
                    stop = _stop_at(number, text, left=left, bought=bool(bought))
                    problem.hints = (*problem.hints, stop)
                raise
            if not result.is_hidden:
                self._show(result.output)
            if result.buys:
                bought.append(result)

    def _execute(
        self, line: str, local_ns: dict[str, Any], *, in_cell: bool = False
    ) -> "_LineResult":
        """Run the command of a line; what it raises is told in its words."""
        text = line.rstrip()
        is_silent = text.endswith(";") and not text.endswith("\\;")
        variables = {**self._variables, **local_ns}
        given: list[str] = []
        speaking = SPEAKER.set(self.session.speaker)
        try:
            if in_cell and (match := _ASSIGNMENT.fullmatch(text)):
                raise UsageProblem(
                    "%sms: in a %%sms cell -o keeps a result, as in "
                    f"{match['command']} -o {match['name']}."
                )
            given = words(text[:-1] if is_silent else text, variables)
            return self._run(given or ["status"], variables, is_silent=is_silent)
        except (SmsError, KeyboardInterrupt) as problem:
            if isinstance(problem, Advised):
                problem.speaker = _speaker_of(given or ["status"])
                _hide_keys(problem, given)
            raise
        finally:
            SPEAKER.reset(speaking)

    def _run(
        self, given: list[str], variables: dict[str, Any], *, is_silent: bool
    ) -> "_LineResult":
        if any(map(self.session.holds_key, given)):
            raise UsageProblem("%sms: this line holds the API key, which no command takes.")
        if (text := help_for(given)) is not None:
            return _LineResult(text, text, is_silent=is_silent)
        command, rest = find(COMMANDS, given)
        try:
            options = _parsed(command, rest, KnownNames(self.session.names, variables))
            result = command.run(self.session, options)
        except UsageProblem as problem:
            suggest_braces(problem, rest, variables)
            raise
        self.session.learn(result)
        if isinstance(result, pd.DataFrame):
            result = self.session.named(result, may_ask=command.is_list)
            if command.is_list:
                columns = self.session.cache.columns
                names = [str(name) for name in result.columns]
                columns[command.name, command.switches(rest)] = names
                result = self._arranged(result, options, latest_last=command.latest_last)
        output = result
        if options.o is not None:
            self._variables[options.o] = result
            output = result if options.show else None
        return _LineResult(result, output, is_silent=is_silent, buys=command.buys)

    def _show(self, result: Any) -> None:
        """Show a result that no other shows."""
        if result is None:
            return
        shell: Any = self.shell
        data, metadata = shell.display_formatter.format(result)
        if data:
            shell.display_pub.publish(data=data, metadata=metadata)

    @property
    def _variables(self) -> dict[str, Any]:
        """The person's variables."""
        assert self.shell is not None  # noqa: S101 - it was put into one
        variables: dict[str, Any] = self.shell.user_ns
        return variables

    def _arranged(
        self, frame: pd.DataFrame, options: "Namespace", *, latest_last: bool
    ) -> pd.DataFrame:
        """Sort and cut a list as it was asked for; a long one is shown in part."""
        if options.sort is not None:
            frame = _sorted(frame, options.sort)
        from_the_end = latest_last and options.sort is None
        limit = self.limit if options.limit is None else options.limit
        in_all = len(frame)
        if limit:
            frame = frame.tail(limit) if from_the_end else frame.head(limit)
        most = None if options.limit is not None else _MOST_ROWS
        count = len(frame) if most is None else min(len(frame), most)
        note = f"{in_all:,} rows"
        if count < in_all:
            latest = "the latest " if from_the_end else ""
            note = f"{latest}{count:,} of {in_all:,} rows: -n 0 shows all"
        elif from_the_end and in_all == limit:  # no more were asked for
            note = f"the latest {count:,} at most: -n 0 shows all"
        elif in_all <= _MOST_ROWS:
            return frame
        show_rows(frame, ShownRows(most, from_the_end=from_the_end, note=note))
        return frame


def _speaker_of(given: list[str]) -> MagicSpeaker:
    """Return what writes errors in the words of a line's command."""
    try:
        command, _ = find(COMMANDS, given)
    except UsageProblem:
        return MagicSpeaker(COMMANDS.values())
    return MagicSpeaker(COMMANDS.values(), command)


def _parsed(command: Command, rest: list[str], known: KnownNames) -> "Namespace":
    options = parse(command, rest, known)
    if options.o is not None and not _is_variable(options.o):
        raise UsageProblem(f"%sms: -o takes the name of a variable, not {options.o!r}.")
    return options


def _sorted(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    name = column if column in frame.columns else column.removeprefix("-")
    if name not in frame.columns:
        names = [str(known) for known in frame.columns]
        hint = did_you_mean(name, {known: known for known in names})
        raise UsageProblem(
            f"%sms: there is no column {name!r} to sort by.{hint} There are: {', '.join(names)}."
        )
    rises = name == column
    try:
        ordered = frame.sort_values(name, ascending=rises, kind="stable")
    except TypeError:  # lists beside other things
        texts = frame[name].map(str, na_action="ignore")
        ordered = frame.loc[texts.sort_values(ascending=rises, kind="stable").index]
    return ordered.reset_index(drop=True)


def _is_variable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


class _LineResult(NamedTuple):
    """What came of a line.

    Attributes
    ----------
    result : object
        What the command returned.
    output : object
        The same, or None where it is kept in a variable.
    is_silent : bool
        Whether the line ends with a semicolon.
    buys : bool
        Whether the command spends money.
    """

    result: Any
    output: Any
    is_silent: bool
    buys: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether nothing of it is to be seen."""
        return self.is_silent or self.output is None


class _Use(Enum):
    """What becomes of the value of a line."""

    DROPPED = auto()
    PRINTED = auto()
    KEPT = auto()


def _use_of_result() -> _Use:
    """Tell what the cell does with what ``%sms`` returns, by what it does next."""
    cell: FrameType | None = inspect.currentframe()
    while cell is not None and cell.f_code.co_name != _RUNNER:
        cell = cell.f_back
    cell = cell.f_back if cell is not None else None
    if cell is None:
        return _Use.PRINTED
    at = cell.f_lasti
    steps = dis.get_instructions(cell.f_code)
    following = next((step.opname for step in steps if step.offset > at), "")
    if following == "POP_TOP":
        return _Use.PRINTED if cell.f_code.co_filename == _TIMED else _Use.DROPPED
    return _Use.PRINTED if following in _PRINTED else _Use.KEPT


def _commands_in(cell: str) -> list[tuple[int, str]]:
    """Return the commands of a cell, each with the number of its line, from 1."""
    commands: list[tuple[int, str]] = []
    begun, first = "", 0
    for number, line in enumerate(cell.splitlines(), start=1):
        first = first if begun else number
        begun += line
        if begun.endswith("\\") and not begun.endswith("\\\\"):
            begun = begun[:-1]
            continue
        text = _PREFIX.sub("", begun).strip()
        if text and not text.startswith("#"):
            commands.append((first, text))
        begun = ""
    return commands


def _stop_at(number: int, text: str, *, left: bool, bought: bool) -> Hint:
    """Say at which line a cell stopped, and what became of the others."""
    what = "it stopped at line {number}, {text}"
    if left:
        what += "; nothing after it was run"
    if bought:
        what += "; what was bought before it stands above"
    return Hint(what, number=number, text=without_key(printable(text))[:_LINE])


def _hide_keys(problem: Advised, given: list[str]) -> None:
    """Take out of an error what looks like a key that was pasted into the line."""
    hidden = {word: without_key(word) for word in given if not word.isalpha()}

    def without_keys(text: str) -> str:
        for word, instead in hidden.items():
            if instead != word:
                for length in (len(word), *_CUTS):
                    text = text.replace(word[:length], instead)
        return text

    problem.rewrite(without_keys, in_calls=True)


def _red(line: str, colors: str) -> str:
    """Set off the line of an error, for whoever wants colours."""
    if "NO_COLOR" in os.environ or colors.lower() == "nocolor":
        return line
    return f"\x1b[31m{line}\x1b[0m"


def _text_formatter(shell: "InteractiveShell") -> Any:
    assert shell.display_formatter is not None  # noqa: S101 - every shell has one
    return shell.display_formatter.formatters["text/plain"]


SmsMagics.sms.__doc__ = str(overview())
