"""The part of an action's documentation that is already written elsewhere: its frame."""

import inspect
import re

from sms_notebook.protocol.frames import Schema

_NEXT_SECTION = re.compile(r"^(?:Raises|Notes|Examples)\n-{4,}$", re.MULTILINE)


def complete(written: str, name: str, schema: Schema) -> str:
    """Add the API's name and the columns of the frame to a docstring.

    Parameters
    ----------
    written : str
        What the person who wrote the action said.
    name : str
        The API's name of the action.
    schema : Schema
        The frame it returns.
    """
    text = inspect.cleandoc(written)
    summary, _, rest = text.partition("\n")
    section = f"Returns\n-------\nDataFrame\n{columns(schema)}\n\n"
    found = _NEXT_SECTION.search(rest)
    cut = found.start() if found else len(rest)
    before = rest[:cut].rstrip()
    head = f"{summary}\n\nAPI documentation: ``{name}``.\n{before}"
    return f"{head.rstrip()}\n\n{section}{rest[cut:]}".rstrip() + "\n"


def columns(schema: Schema) -> str:
    """Describe the columns of a frame, one a line."""
    return "\n".join(
        f"    - ``{column.name}`` ({column.kind.name}): {column.meaning}"
        for column in schema.columns
    )
