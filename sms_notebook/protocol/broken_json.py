r"""JSON with broken texts in it: what can be read is read, for one text must not hide the others.

Providers copy messages of strangers into their replies, and cut or escape them badly: half a
character, a raw line break, ``\'``. Strict JSON is read as ever. Only what is not gets mended, and
then must be strict JSON: structure is never made up.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

_NO_CHARACTER = "\ufffd"
# As text: compiled when first needed, and that is seldom.
_STRING = r'(?s)"((?:[^"\\]|\\.)*+)("|\\?\Z)'
_PIECE = (
    r'(?P<good>\\(?:["\\/bfnrt]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}'
    r"|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}))"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\u)"
    r"|\\(?P<apostrophe>')|\\x(?P<hex>[0-9a-fA-F]{2})"
    r'|(?P<backslash>\\)|(?P<quote>")|(?P<control>[\x00-\x1f])'
)
_UNCLOSED = (
    # A value of a record ends before the next field or the end of the record,
    r'(?s)(?P<value>:\s*+)"(?P<words>(?:[^"\\]|\\[^"]|\\?"(?!{end}))*+)(?P<last>\\?)(?:"|\Z)'
    # and a key or an item of a list before whatever may follow one.
    r'|"(?P<other>(?:[^"\\]|\\[^"]|\\?"(?!\s*+[:,\]]))*+)(?P<slash>\\?)(?:"|\Z)'.replace(
        "{end}", r'\s*+(?:\}\s*+(?:[,}\]]|\Z)|,\s*+"[^"\\]{0,64}+"\s*+:)'
    )
)


def decode_broken(content: bytes | str, decode: Callable[[bytes], Any] | None = None) -> Any:
    r"""Decode JSON; where no character is, U+FFFD stands for it.

    Parameters
    ----------
    content : bytes or str
        JSON in UTF-8.
    decode : callable, optional
        What decodes strict JSON, where there is a quicker way than for any.

    Raises
    ------
    ValueError, RecursionError
        If it is cut short, or broken elsewhere than in its texts.

    Examples
    --------
    >>> decode_broken(rb'[{"text": "It\'s 12345 \ud83d"}, {"text": "678"}]')
    [{'text': "It's 12345 �"}, {'text': '678'}]
    """
    decode = decode or msgspec.json.decode
    content = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        return decode(content)
    except ValueError as error:
        if b'"' not in content:
            raise  # no text is in it that could be mended
        problem = error
    text = content.decode("utf-8", "replace")
    for mend in (_mended_texts, _mended_ends):
        try:
            return decode(mend(text).encode())
        except ValueError as error:
            problem = error if mend is _mended_texts else problem
    raise problem


def _mended_texts(text: str) -> str:
    """Mend what stands within texts that begin and end as they should."""
    return re.sub(_STRING, lambda match: f'"{_mended(match[1])}{match[2]}', text)


def _mended_ends(text: str) -> str:
    """Mend texts with quotes in them, or with a backslash that was to be their last character."""

    def mended(match: re.Match[str]) -> str:
        if not match[0].endswith('"'):
            return match[0]  # it never ends
        if match["words"] is None:
            return f'"{_mended(match["other"] + match["slash"])}"'
        return f'{match["value"]}"{_mended(match["words"] + match["last"])}"'

    return re.sub(_UNCLOSED, mended, text)


def _mended(words: str) -> str:
    return re.sub(_PIECE, _mended_piece, words)


def _mended_piece(piece: re.Match[str]) -> str:
    match piece.lastgroup:
        case "good" | "apostrophe":
            return piece[piece.lastgroup]
        case "half":
            return _NO_CHARACTER
        case "hex":
            return f"\\u00{piece['hex']}"
        case "control":
            return f"\\u{ord(piece[0]):04x}"
        case _:
            return f"\\{piece[0]}"
