"""What is not installed: one line that names the command which installs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.errors.tree import UsageProblem

NEEDS: Final = {
    "charts": "charts need altair",
    "nested": "a loop within a loop needs nest-asyncio",
    "postgres": "a ledger in PostgreSQL needs psycopg",
    "server": "whatever listens needs starlette and uvicorn",
}
"""What is missing without an extra, as the beginning of a sentence."""

_OURS: Final = __name__.partition(".")[0]


class MissingExtra(UsageProblem, ImportError):
    """What was asked for is in an extra of this package that is not installed. Nothing was sent.

    Attributes
    ----------
    extra : str
        Which, as pip names it.
    """

    extra: str = ""


def command_for(name: str) -> str:
    """Return the command that installs an extra.

    Examples
    --------
    >>> print(command_for("excel"))
    pip install "sms-notebook[excel]"
    """
    return f'pip install "sms-notebook[{name}]"'


@contextmanager
def extra(name: str, what: str = "") -> Iterator[None]:
    """Let imports that fail in a ``with`` block say how to install what they need.

    Parameters
    ----------
    name : str
        The extra that brings it.
    what : str, optional
        What is missing, where it is less than all of it.

    Raises
    ------
    MissingExtra
        If something else than a part of this package cannot be imported.

    Examples
    --------
    >>> try:
    ...     with extra("charts"):
    ...         import a_library_that_nobody_has
    ... except MissingExtra as problem:
    ...     print(problem)
    charts need altair, which is not installed. pip install "sms-notebook[charts]" brings it.
    """
    try:
        yield
    except ImportError as missing:
        if isinstance(missing, MissingExtra) or (missing.name or "").partition(".")[0] == _OURS:
            raise
        problem = MissingExtra(
            Phrase("{what}, which is not installed", what=what or NEEDS[name]),
            hints=[Hint("{command} brings it", command=command_for(name))],
        )
        problem.extra = name
        raise problem from (None if isinstance(missing, ModuleNotFoundError) else missing)
