"""What must not be shared of a notebook: keys, numbers, passwords in addresses, paths of a machine.

Each text of it is looked through in all the ways in which a reader, or a kernel, would read it.
"""

import ast
import base64
import html
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import unquote

import phonenumbers

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_PICTURE = re.compile(r"data:(?:image/(?!svg)|font/|audio/|video/)[\w.+-]+;base64,[\w+/=\s-]+")
_BASE64 = re.compile(r"(?<![\w+/=-])[\w+/-]{16,}={0,2}(?![\w+/=])", re.ASCII)
_LINES = re.compile(
    r"(?:\A|(?<=\n\n))[A-Za-z0-9$]{8,64}(?:\n[A-Za-z0-9$]{8,64}){1,3}\n*(?:\Z|(?=\n\n))", re.ASCII
)
"""A few lines that are one word together."""
_BINARY = re.compile(r"image/(?!svg)|audio/|video/|font/|application/(?:pdf|octet-stream|zip)")
_LEVELS = 3  # of base64 within base64
_LONGEST = 10_000  # characters of base64 that hold a key or a number


class Passage(NamedTuple):
    """A text and where it stands.

    Attributes
    ----------
    place : str
        Such as ``cell 3, output``.
    text : str
        As it is written there.
    is_id : bool
        Whether it is the id that a widget has at random.
    """

    place: str
    text: str
    is_id: bool = False


def passages(notebook: Mapping[str, Any]) -> Iterator[Passage]:
    """Yield every text of a notebook, and where it stands; pictures in bits are none."""
    for name, value in notebook.items():
        if name != "cells":
            yield from _within(name, {name: value})
    cells = notebook.get("cells", [])
    for number, cell in enumerate(cells, 1):
        place = f"cell {number}"
        yield Passage(place, _joined(cell.get("source", "")))
        yield Passage(f"{place}, id", str(cell.get("id", "")))
        yield from _within(f"{place}, metadata", cell.get("metadata", {}))
        yield from _within(f"{place}, attachment", cell.get("attachments", {}))
        yield from _within(f"{place}, output", cell.get("outputs", []))
        others = ("source", "id", "metadata", "attachments", "outputs", "cell_type")
        yield from _within(place, {k: v for k, v in cell.items() if k not in others})
    yield from _computed(cells)


def readings(text: str) -> Iterator[str]:
    """Yield a text as it is, and as it reads without markup, escapes and encodings.

    Examples
    --------
    >>> "123" in readings("<b>12</b>&#51;")
    True
    """
    plain = _PICTURE.sub(" ", text)
    known: set[str] = set()
    waiting = [(plain, _LEVELS)]
    while waiting:
        reading, levels = waiting.pop()
        if reading in known:
            continue
        known.add(reading)
        yield reading
        waiting += [(other, levels) for other in _plainer(reading)]
        if levels:
            waiting += [(inner, levels - 1) for inner in _decoded(reading)]


def _plainer(text: str) -> Iterator[str]:
    """Yield a text without what a page or a terminal does not show."""
    yield _INVISIBLE.sub("", _ESCAPES.sub("", text))
    if not text.isascii():
        yield unicodedata.normalize("NFKC", text)
    if "&" in text:
        yield html.unescape(text)
    if "<" in text:
        yield _TAG.sub("", text)
        yield _TAG.sub(" ", text)
    if "%" in text:
        yield unquote(text)
    if "\\" in text:
        yield re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", _character, text)
    yield _LINES.sub(lambda match: match[0].replace("\n", ""), text)
    yield text.strip(" ")


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1] or match[2], 16))


def _decoded(text: str) -> Iterator[str]:
    """Yield what stands in base64."""
    for match in _BASE64.finditer(text):
        coded = match[0].rstrip("=").replace("-", "+").replace("_", "/")
        if len(coded) > _LONGEST:
            continue
        with suppress(ValueError):
            inner = base64.b64decode(coded + "=" * (-len(coded) % 4)).decode()
            if inner.isprintable():
                yield inner


def _within(place: str, value: Any, name: str = "") -> Iterator[Passage]:
    """Walk through all names and values of a part of the file."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            below = f"{place}, widget" if "widget" in key else place
            yield Passage(below, key, is_id=name == "state")
            if not (_BINARY.match(key) and isinstance(item, str | list)):
                yield from _within(below, item, key)
    elif isinstance(value, list):
        lines = [item for item in value if isinstance(item, str)]
        if lines:
            yield Passage(place, "".join(lines))
        # A list of short values is none of lines.
        parts = value if len(lines) < len(value) or "\n" not in "".join(lines) else ()
        for item in parts:
            yield from _within(place, item, name)
    elif isinstance(value, str):
        is_id = name == "model_id" or value.startswith("IPY_MODEL_")
        yield Passage(place, value, is_id=is_id)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield Passage(place, str(int(value) if value == value // 1 else value))


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


# Texts that the code puts together --------------------------------------------------------------


def _computed(cells: list[Any]) -> Iterator[Passage]:
    """Yield the texts that code makes of pieces, also of pieces in other cells."""
    known: dict[str, str] = {}
    for number, cell in enumerate(cells, 1):
        if cell.get("cell_type") != "code":
            continue
        source = re.sub(r"(?m)^\s*[%!].*$", "pass", _joined(cell.get("source", "")))
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and (text := _value(node.value, known)) is not None:
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                known |= dict.fromkeys(names, text)
            if (use := _use(node, known)) is not None:
                yield Passage(f"cell {number}", use)


def _use(node: ast.AST, known: Mapping[str, str]) -> str | None:
    """Write a use of a text with the text in it, so that it reads as if nothing were split."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[value, *_]):
            use = "{name}({text!r})"
        case ast.keyword(arg=str(name), value=value):
            use = "{name}={text!r}"
        case ast.Assign(targets=[target], value=value):
            name, use = ast.unparse(target), "{name} = {text!r}"
        case ast.expr() as value:
            name, use = "", "{text}"
        case _:
            return None
    text = _value(value, known)
    return None if text is None else use.format(name=name, text=text)


def _value(node: ast.AST, known: Mapping[str, str]) -> str | None:
    """Compute a text of constants, as far as that takes no call of anybody's code."""
    text: str | None = None
    match node:
        case ast.Constant(value=str(text)):
            pass
        case ast.Name(id=name):
            text = known.get(name)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            text = _together([left, right], "", known)
        case ast.JoinedStr(values=parts):
            text = _together(parts, "", known)
        case ast.FormattedValue(value=inner, format_spec=None):
            text = _value(inner, known)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(between)), attr="join")):
            match node.args:
                case [ast.List(elts=parts) | ast.Tuple(elts=parts)]:
                    text = _together(parts, between, known)
        case ast.Subscript(value=inner, slice=ast.Slice(lower=None, upper=None)):
            whole = _value(inner, known)
            text = whole and whole[::-1]
    return text


def _together(parts: Sequence[ast.AST], separator: str, known: Mapping[str, str]) -> str | None:
    texts = [_value(part, known) for part in parts]
    known_texts = [text for text in texts if text is not None]
    return separator.join(known_texts) if known_texts and len(known_texts) == len(texts) else None


# What of a text must not be shared ----------------------------------------------------------------


_NAMED = r"(?:api[_-]?key|apikey|(?:access|auth)[_-]?token|token|secret|password|passwd|pwd)"
_NO_VALUE = re.compile(
    r"[*•x.…-]+|\$.*|\{.*|<.*|%.*|(?:none|null|true|false|your|my|password|passwd|secret|example)"
    r"|(?:your|my|the)[-_ ].*|[A-Za-z_][\w.]*[(\[].*",
    re.IGNORECASE,
)
"""A placeholder, or code that fetches the value."""
_IN_CONTEXT = (
    re.compile(
        rf"{_NAMED}['\"]?\]?\s*(?:=|:(?!//))\s*f?['\"]?([^\s\"'&,;)<>]{{6,}})", re.IGNORECASE
    ),
    re.compile(r"(?:Client|ApiKey|login)\(\s*['\"]([^\s'\"]{8,})['\"]"),
    re.compile(
        r"(?:KEY|TOKEN|SECRET|PASS(?:WORD)?)['\"]?\s*(?:\]\s*=|[=,]|\s)\s*['\"]?"
        r"([^\s'\",;)<>]{6,})"
    ),
    re.compile(r"environ\[[^\]]+\]\s*=\s*['\"]([\w$+/=-]{16,})['\"]"),
    re.compile(r"Bearer\s+([\w.~+/-]{8,})", re.IGNORECASE),
)
_BY_CHARTS = r"(?<!data-)(?<!altair-viz-)"  # they draw names at random
_HEX = re.compile(rf"(?<![0-9A-Za-z]){_BY_CHARTS}[0-9a-fA-F]{{32,64}}(?![0-9A-Za-z])")
_RUN = re.compile(rf"(?<![\w/+]){_BY_CHARTS}[A-Za-z0-9_$]{{20,}}(?![\w/+=])", re.ASCII)
_CHANGES = 4  # between letters and digits in a key of 20 characters
_SHORTEST = 16  # characters of such a part of a key
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+|.")
_PIECES = 3  # characters that a piece of a name has on average, and more
_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{5}", re.IGNORECASE)
_HEX_RUN = re.compile(r"[0-9a-f]{20,}|[0-9A-F]{20,}")
_MOMENT = re.compile(r"\d{8}T\d+Z?")
_WITH_PASSWORD = (
    re.compile(
        r"\b[a-z][a-z0-9+.-]{1,30}://[^\s:/@'\"<>]*:([^\s@'\"/<>]+)@[^\s'\"<>]+", re.IGNORECASE
    ),
    re.compile(r"\bhost=[^\n]{1,300}?\bpassword=([^\s'\"]{3,})", re.IGNORECASE),
)
_HOOK = re.compile(r"\bhttps?://[^\s/'\"<>]+/([A-Za-z0-9_-]{32,})(?![\w/-])")
_PATHS = (
    re.compile(
        r"(?<![\w./:-])/(?:home|root|Users|tmp|work|private|mnt|media|opt|srv|data|var|workspaces)"
        r"/[^\s\"'<>:,)]*"
    ),
    re.compile(r"(?<!\w)[A-Za-z]:\\{1,2}(?:Users|Documents|Temp|home)\\[^\s\"'<>]*"),
    re.compile(r"file://[^\s\"'<>]+"),
)
_BLANK = r"[ \u00a0\u2007\u2009\u202f]"
_DASH = r"[-\u2010-\u2015]"
_NUMBERS = (
    re.compile(rf"(?<![\w.•])\+?(\d(?:(?:{_BLANK}|[()/]|{_DASH}){{0,2}}\d){{9,14}})(?![\w•]|\.\d)"),
    re.compile(r"(?<![\w.•])\+?(\d{1,4}(?:\.\d{2,4}){3,5})(?![\w•]|\.\d)"),
    re.compile(r"(?<![\w.•])(\d{10,15})\.0+(?!\d)"),
)
_SCIENTIFIC = re.compile(r"(?<![\w.])(\d\.\d{6,14})[eE]\+?(1[0-4])(?!\d)")


def secrets_in(text: str, *, is_id: bool = False) -> Iterator[str]:
    """Yield what a text holds that is no number: its kind, and never the secret itself.

    Parameters
    ----------
    text : str
        As somebody reads it.
    is_id : bool
        Whether 32 hexadecimal digits are the id of a widget, where nothing else stands.
    """
    if not (is_id and _HEX.fullmatch(text.removeprefix("IPY_MODEL_"))):
        yield from _keys_in(text)
    yield from _addresses_in(text)
    for pattern in _PATHS:
        for match in pattern.finditer(text):
            yield f"a path of a machine: {match[0][:60]}"


def _keys_in(text: str) -> Iterator[str]:
    for pattern in _IN_CONTEXT:
        for match in pattern.finditer(text):
            if not _NO_VALUE.fullmatch(match[1]):
                yield "what may be an API key or a password"
    for match in _HEX.finditer(text):
        yield f"what may be an API key ({len(match[0])} characters)"
    for match in _RUN.finditer(text):
        if _is_drawn(match[0]):
            yield f"what may be an API key ({len(match[0])} characters)"


def _addresses_in(text: str) -> Iterator[str]:
    for pattern in _WITH_PASSWORD:
        for match in pattern.finditer(text):
            if not _NO_VALUE.fullmatch(match[1]):
                yield "an address with a password"
    for match in _HOOK.finditer(text):
        if _is_drawn(match[1]):
            yield "an address with a secret in it"


def _is_drawn(run: str) -> bool:
    """Tell whether characters look drawn at random, as no word, name or date does."""
    parts = run.split("_") if "_" in run else [run]
    return any(len(part) >= _SHORTEST and _is_random(part) for part in parts)


def _is_random(run: str) -> bool:
    kinds = [character.isdigit() for character in run]
    changes = sum(before is not after for before, after in pairwise(kinds))
    if all(kinds) or not changes or _MOMENT.fullmatch(run):
        return False
    pieces = len(_PIECE.findall(run))
    if _HEX_RUN.fullmatch(run):
        return True
    return changes >= _CHANGES or len(run) < _PIECES * pieces or bool(_CONSONANTS.search(run))


def numbers_in(text: str) -> Iterator[str]:
    """Yield what may be a real phone number, with so much of it that it can be found."""
    candidates = [match[1] for pattern in _NUMBERS for match in pattern.finditer(text)]
    candidates += [f"{float(match[0]):.0f}" for match in _SCIENTIFIC.finditer(text)]
    for number in candidates:
        digits = re.sub(r"\D", "", number)
        try:
            valid = phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
        except phonenumbers.NumberParseException:
            continue
        if valid:
            yield (
                f"what may be a real number: {digits[:4]}…{digits[-2:]}. sms.mask() hides numbers; "
                "on the sandbox none is real"
            )
