"""``%sms``: the line magic."""

from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
from IPython.core.magic import (
    Magics,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
    output_can_be_silenced,
)
from traitlets import Bool, Int, Unicode

from sms_notebook.magics.asking import Asking
from sms_notebook.magics.completing import Completing
from sms_notebook.magics.expanding import words
from sms_notebook.magics.helping import overview
from sms_notebook.magics.parsing import find, parse
from sms_notebook.magics.session import Session
from sms_notebook.protocol.errors import UsageProblem

if TYPE_CHECKING:
    from argparse import Namespace

    from IPython.core.interactiveshell import InteractiveShell

_NAME = "sms"


@magics_class
class SmsMagics(Magics):
    """Everything of the API from one line: ``%sms help``."""

    limit = Int(0, help="Rows that are shown at most; 0 for all.").tag(config=True)
    country = Unicode("", help="The country that is meant where none is named.").tag(config=True)
    confirm = Bool(True, help="Ask before real money is spent.").tag(config=True)

    _loaded: ClassVar[dict[int, "SmsMagics"]] = {}

    def __init__(self, shell: "InteractiveShell", **options: Any) -> None:
        super().__init__(shell, **options)
        self.session = Session(
            asking=Asking(lambda: self.confirm),
            country=lambda: self.country,
            in_notebook=lambda: hasattr(shell, "kernel"),
        )
        self.completing = Completing(self.session)

    @classmethod
    def put_into(cls, shell: "InteractiveShell") -> None:
        """Register ``%sms`` and its completion."""
        magics = cls(shell)
        shell.register_magics(magics)
        shell.Completer.custom_matchers.append(magics.completing.matcher)
        cls._loaded[id(shell)] = magics

    @classmethod
    def take_out_of(cls, shell: "InteractiveShell") -> None:
        """Leave nothing behind: magic, settings, completion, client and threads."""
        magics = cls._loaded.pop(id(shell), None)
        if magics is None:
            return
        shell.magics_manager.magics["line"].pop(_NAME, None)
        shell.magics_manager.registry.pop(cls.__name__, None)
        kept: list[Any] = list(shell.configurables)
        shell.configurables[:] = [one for one in kept if one is not magics]
        shell.Completer.custom_matchers[:] = [
            one for one in shell.Completer.custom_matchers if one != magics.completing.matcher
        ]
        magics.session.close()

    @no_var_expand
    @needs_local_scope
    @output_can_be_silenced
    @line_magic
    def sms(self, line: str, local_ns: dict[str, Any] | None = None) -> Any:
        """Run a command of ``%sms``."""
        names = {**self._variables, **(local_ns or {})}
        given = words(line.rstrip().removesuffix(";"), names)
        if given[:1] == ["help"]:
            return overview(given[1:])
        command, rest = find(given or ["status"])
        options = parse(command, rest)
        return self._shown(command.run(self.session, options), options)

    @property
    def _variables(self) -> dict[str, Any]:
        """The person's variables."""
        assert self.shell is not None  # noqa: S101 - it was put into one
        variables: dict[str, Any] = self.shell.user_ns
        return variables

    def _shown(self, result: Any, options: "Namespace") -> Any:
        """Sort, cut and keep a result as it was asked for."""
        if isinstance(result, pd.DataFrame):
            result = self._arranged(result, options)
        if options.o is None:
            return result
        if not options.o.isidentifier():
            raise UsageProblem(f"%sms: -o takes the name of a variable, not {options.o!r}.")
        self._variables[options.o] = result
        return result if options.show else None

    def _arranged(self, frame: pd.DataFrame, options: "Namespace") -> pd.DataFrame:
        if options.sort is not None:
            column = options.sort.removeprefix("-")
            if column not in frame.columns:
                raise UsageProblem(
                    f"%sms: there is no column {column!r}. There are: {', '.join(frame.columns)}."
                )
            frame = frame.sort_values(
                column, ascending=not options.sort.startswith("-"), kind="stable"
            ).reset_index(drop=True)
        limit = options.limit if options.limit is not None else self.limit
        return frame.head(limit) if limit else frame


SmsMagics.sms.__doc__ = overview([])
