"""``%sms``: the line magic."""

import inspect
import keyword
import linecache
import re
from types import FrameType
from typing import TYPE_CHECKING, Any

import pandas as pd
from IPython.core.magic import Magics, line_magic, magics_class, needs_local_scope, no_var_expand
from traitlets import Bool, Int, Unicode

from sms_notebook.magics.commands import COMMANDS, overview
from sms_notebook.magics.completion import Completer
from sms_notebook.magics.line_parser import find, parse, words
from sms_notebook.magics.session import MagicSession, MakePanel
from sms_notebook.magics.text import MagicSpeaker, red, show_frame
from sms_notebook.protocol.errors import SmsError, UsageProblem
from sms_notebook.protocol.errors.sms_error import Advised
from sms_notebook.providers.key import without_key
from sms_notebook.typesetting import ShownRows, show_rows

if TYPE_CHECKING:
    from argparse import Namespace

    from IPython.core.interactiveshell import InteractiveShell

_NAME = "sms"
_ASSIGNED = re.compile(r"=\s*get_ipython\(\)\.run_line_magic\(")  # as IPython writes x = %sms
_SHOWN = 20  # rows of a list, where nobody says how many
_CUTS = (60, 40)  # characters of a wrong word that errors show
_FRAMES_TO_THE_CELL = 3  # here, sms and run_line_magic


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
        Advised.emphasis = staticmethod(red)
        shell.register_magics(magics)
        shell.Completer.custom_matchers.append(magics.completer.matcher)
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
        shell.magics_manager.magics["line"].pop(_NAME, None)
        kept: list[Any] = list(shell.configurables)
        shell.configurables[:] = [other for other in kept if other is not magics]
        shell.Completer.custom_matchers.remove(magics.completer.matcher)
        text = _text_formatter(shell)
        if text.type_printers.get(pd.DataFrame) is show_frame:
            text.pop(pd.DataFrame)
        magics.session.close()

    # Running ------------------------------------------------------------------------------------

    @no_var_expand
    @needs_local_scope
    @line_magic
    def sms(self, line: str, local_ns: dict[str, Any] | None = None) -> Any:
        """Run a command of ``%sms``."""
        text = line.rstrip()
        is_silent = text.endswith(";") and not text.endswith("\\;")
        given = words(text[:-1] if is_silent else text, {**self._variables, **(local_ns or {})})
        try:
            result = self._run(given or ["status"])
        except (SmsError, KeyboardInterrupt) as problem:
            if isinstance(problem, Advised):
                problem.speaker = self.session.speaker
                _hide_keys(problem, given)
            raise
        # Not with IPython's output_can_be_silenced: that reads the line as Python after it has
        # run, fails at a bracket or quote that stands alone, and makes x of x = %sms …; None.
        return None if is_silent and not _is_assigned() else result

    def _run(self, given: list[str]) -> Any:
        if any(map(self.session.holds_key, given)):
            raise UsageProblem("%sms: this line holds the API key, which no command takes.")
        command, rest = find(COMMANDS, given)
        options = parse(command, rest)
        if options.o is not None and not _is_variable(options.o):
            raise UsageProblem(f"%sms: -o takes the name of a variable, not {options.o!r}.")
        result = command.run(self.session, options)
        self.session.learn(result)
        if isinstance(result, pd.DataFrame):
            result = self.session.named(result, may_ask=command.is_list)
            if command.is_list:
                result = self._arranged(result, options, latest_last=command.latest_last)
        if options.o is None:
            return result
        self._variables[options.o] = result
        return result if options.show else None

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
        most = None if options.limit is not None else _SHOWN
        shown = len(frame) if most is None else min(len(frame), most)
        note = f"{in_all:,} rows"
        if shown < in_all:
            latest = "the latest " if from_the_end else ""
            note = f"{latest}{shown:,} of {in_all:,} rows: -n 0 shows all"
        elif from_the_end and in_all == limit:  # no more were asked for
            note = f"the latest {shown:,} at most: -n 0 shows all"
        elif in_all <= _SHOWN:
            return frame
        show_rows(frame, ShownRows(most, from_the_end=from_the_end, note=note))
        return frame


def _sorted(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    name = column if column in frame.columns else column.removeprefix("-")
    if name not in frame.columns:
        raise UsageProblem(
            f"%sms: there is no column {name!r}. There are: {', '.join(map(str, frame.columns))}."
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


def _is_assigned() -> bool:
    """Tell whether the cell keeps what ``%sms`` returns."""
    cell: FrameType | None = inspect.currentframe()
    for _ in range(_FRAMES_TO_THE_CELL):
        cell = cell.f_back if cell is not None else None
    if cell is None:
        return False
    return _ASSIGNED.search(linecache.getline(cell.f_code.co_filename, cell.f_lineno)) is not None


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


def _text_formatter(shell: "InteractiveShell") -> Any:
    assert shell.display_formatter is not None  # noqa: S101 - every shell has one
    return shell.display_formatter.formatters["text/plain"]


SmsMagics.sms.__doc__ = str(overview())
