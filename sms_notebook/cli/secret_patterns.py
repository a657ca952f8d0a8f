"""What must not be shared: keys, numbers, passwords in addresses, paths of a machine."""

import re
from collections.abc import Iterator
from itertools import pairwise

import phonenumbers

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
        for found in pattern.finditer(text):
            yield f"a path of a machine: {found[0][:60]}"


def _keys_in(text: str) -> Iterator[str]:
    for pattern in _IN_CONTEXT:
        for found in pattern.finditer(text):
            if not _NO_VALUE.fullmatch(found[1]):
                yield "what may be an API key or a password"
    for found in _HEX.finditer(text):
        yield f"what may be an API key ({len(found[0])} characters)"
    for found in _RUN.finditer(text):
        if _is_drawn(found[0]):
            yield f"what may be an API key ({len(found[0])} characters)"


def _addresses_in(text: str) -> Iterator[str]:
    for pattern in _WITH_PASSWORD:
        for found in pattern.finditer(text):
            if not _NO_VALUE.fullmatch(found[1]):
                yield "an address with a password"
    for found in _HOOK.finditer(text):
        if _is_drawn(found[1]):
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
    found = [match[1] for pattern in _NUMBERS for match in pattern.finditer(text)]
    found += [f"{float(match[0]):.0f}" for match in _SCIENTIFIC.finditer(text)]
    for number in found:
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
