"""The API key: held in one place, shown nowhere."""

import base64
import codecs
import hashlib
import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, NoReturn

KEY_IN_HEADER = "key_in_header"
"""The extension of a request that takes the key in a header, as ``Authorization: ApiKey …``."""

_HIDDEN = "***"
_NO_KEY_HAS = "\"'\\<> "
_KEY_LIKE = re.compile(r"[A-Za-z0-9_$+/=-]{20,}")
_DISTINCT = 6  # a shorter "key" is part of ordinary words; hiding it would change the data
_LONG_ENOUGH = 10  # letters and digits that ordinary texts do not have in the same order
_LONG_NUMBER = 16  # digits that no phone number has
_WINDOW, _OVERLAP = 1 << 16, 1 << 13  # characters that are looked at together
_ROUNDS = 5  # escapes within escapes
_LARGE = 1 << 20  # bytes of a list, in which only the usual encodings are looked for
_USUAL = 7


class ApiKey:
    """An API key that does not show itself.

    Its ``repr`` and ``str`` are stars, and it cannot be pickled.

    Parameters
    ----------
    value : str
        The key.

    Examples
    --------
    >>> ApiKey("3f9c0000000000000000000000000000")
    ApiKey(***)
    """

    __slots__ = ("__weakref__", "_bytes", "_disguises", "_fewest", "_text", "_value")

    def __init__(self, value: str) -> None:
        self._value = str(value).strip()
        pattern = "".join(map(_spellings, self._value)) or r"(?!)"
        self._text = re.compile(pattern)
        self._bytes = re.compile(pattern.encode("utf-8", "replace"))
        self._disguises = _Disguises(self._value)
        self._fewest = min(len(self._value), self._disguises.shortest)

    def reveal(self) -> str:
        """Return the key itself. Only the transport has a reason to."""
        return self._value

    def fingerprint(self) -> str:
        """Return a few letters that tell this key from others; the key cannot be made of them."""
        digest = hashlib.blake2s(self._value.encode(), person=b"account", digest_size=5)
        return digest.hexdigest()

    def problem(self) -> str | None:
        """Return why this cannot be a key, without showing it; None where it can.

        It raises nothing: a traceback with locals would show the key.
        """
        value = self._value
        fine = value and value.isascii() and value.isprintable()
        fine = fine and not any(character in value for character in _NO_KEY_HAS)
        return None if fine else "the API key is empty or has characters no key has. Copy it again."

    def is_in(self, text: str) -> bool:
        """Tell whether a text is the key, or holds one that is no part of ordinary words."""
        if len(self._value) < _LONG_NUMBER:
            return text == self._value
        return self.hide_in(text) != text

    def hide_in(self, text: str) -> str:
        """Return a text with the key taken out, in whatever disguise it is there."""
        if self._is_longer_than(text):
            return text
        text = self._text.sub(_HIDDEN, text)
        if self._disguises.are_in(text.encode("utf-8", "surrogatepass")):
            return self._disguises.hidden_in(text)
        return text

    def hide_in_body(self, body: bytes) -> bytes:
        """Return a body with the key taken out, where a provider sent it back."""
        if len(self._value) < _DISTINCT or self._is_longer_than(body):
            return body
        body = self._bytes.sub(_HIDDEN.encode(), body)
        if self._disguises.are_in(body):
            text = body.decode("utf-8", "surrogateescape")
            return self._disguises.hidden_in(text).encode("utf-8", "surrogateescape")
        return body

    def _is_longer_than(self, content: str | bytes) -> bool:
        """Tell whether the key cannot be in there: ASCII stands for no more than it has."""
        return len(content) < self._fewest and content.isascii()

    def __repr__(self) -> str:
        return f"ApiKey({_HIDDEN})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled; make a new client there")


def without_key(text: str) -> str:
    """Return a text with all that looks like a key taken out: people paste it in wrong places."""
    return _KEY_LIKE.sub(_HIDDEN, text)


def _spellings(character: str) -> str:
    """Return a pattern for a character as it is, and as URLs, JSON and HTML write it."""
    plain = re.escape(character)
    if character.isalnum():
        return plain
    code = ord(character)
    ways = [plain, f"%{code:02X}", f"%{code:02x}", rf"\\u{code:04x}", rf"\\u{code:04X}"]
    ways += [rf"\\{plain}", re.escape(html.escape(character)), f"&#{code};"]
    return f"(?:{'|'.join(dict.fromkeys(ways))})"


class _Disguises:
    """Finds a key however it is written: encoded, reversed, in capitals, with something between.

    A text is looked at in small letters and without all that is no letter and no digit, and again
    as it reads once the escapes of URLs, JSON, HTML and mails are read. Where the key is not there
    that is quick; where it is, its place is found character by character.
    """

    __slots__ = ("_written",)

    def __init__(self, value: str) -> None:
        plain = _squeezed(value.encode("utf-8", "replace"))
        least = _LONG_NUMBER if plain.isdigit() else _LONG_ENOUGH
        is_unlike_data = len(plain) >= least and len(set(plain)) >= _DISTINCT
        self._written = _encodings(value) if is_unlike_data else ()

    @property
    def shortest(self) -> int:
        """How many letters and digits the key has at least, however it is written."""
        return min(map(len, self._written), default=_WINDOW)

    def are_in(self, body: bytes) -> bool:
        """Tell whether the key is in there."""
        if not self._written or self._is_in(body):
            return bool(self._written)
        marks = _MARKS if body.isascii() else _MARKS + _ALIKE_BEGIN
        if not any(mark in body for mark in marks):
            return False
        views = _views(_TextView(body.decode("utf-8", "replace"), None))
        return any(self._is_in(view.text.encode("utf-8", "replace")) for view in views)

    def hidden_in(self, text: str) -> str:
        """Return a text without the key; where only the whole of it shows one, nothing of it."""
        parts: list[str] = []
        end = 0
        for start in range(0, len(text), _WINDOW):
            begin = max(end, start - _OVERLAP)
            for first, last in self._places(text[begin : start + _WINDOW]):
                parts += (text[end : begin + first], _HIDDEN)
                end = begin + last
        hidden = "".join((*parts, text[end:]))
        return _HIDDEN if self.are_in(hidden.encode("utf-8", "surrogatepass")) else hidden

    def _is_in(self, body: bytes) -> bool:
        squeezed = _squeezed(body)
        written = self._written if len(body) < _LARGE else self._written[:_USUAL]
        return any(way in squeezed for way in written)

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Return where the key stands, in order and without overlaps."""
        if not self.are_in(text.encode("utf-8", "surrogatepass")):
            return []
        spans: list[tuple[int, int]] = []
        origin = _TextView(text, [(position, position + 1) for position in range(len(text))])
        for view in (origin, *_views(origin)):
            at = [place for c, place in view.characters() if c.isascii() and c.isalnum()]
            squeezed = _squeezed(view.text.encode("utf-8", "replace"))
            for written in self._written:
                start = squeezed.find(written)
                while start >= 0:
                    last = start + len(written) - 1
                    spans.append((at[start][0], at[last][1]))
                    start = squeezed.find(written, last + 1)
        merged: list[tuple[int, int]] = []
        for first, last in sorted(spans):
            while first and text[first - 1] == "\\":  # else it would escape what is put there
                first -= 1  # noqa: PLW2901 - it begins there
            if merged and first < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return merged


def _squeezed(body: bytes) -> bytes:
    return body.translate(_SMALL, _NEITHER)


def _encodings(value: str) -> tuple[bytes, ...]:
    """Return how a key may be written, squeezed; without what depends on what stands beside it."""
    raw = value.encode("utf-8", "replace")
    written = [raw, raw[::-1], raw.hex().encode(), "".join(map(str, raw)).encode()]
    for encode, bits, shifts in ((base64.b64encode, 6, 3), (base64.b32encode, 5, 5)):
        for shift in range(shifts):
            text = encode(b"\0" * shift + raw)
            written.append(text[-(-8 * shift // bits) : 8 * (shift + len(raw)) // bits])
    written.append(codecs.encode(value, "rot13").encode("utf-8", "replace"))
    forms = ("0x{:02x}", "{:04x}", "{:02x}00", "u{:04x}", "{:o}", "{:03o}", "{:08b}")
    written += ["".join(map(form.format, raw)).encode() for form in forms]
    return tuple(map(_squeezed, written))


class _TextView(NamedTuple):
    """A text as it reads, and where its characters stand in what it was made of, if that counts."""

    text: str
    places: Sequence[tuple[int, int]] | None

    def characters(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Return each character with its place."""
        return zip(self.text, self.places or (), strict=True)

    def read(self, pattern: str, of: Callable[[re.Match[str]], str] | str) -> "_TextView":
        """Return the same as it reads once all that a pattern finds is read."""
        if self.places is None:
            return _TextView(re.sub(pattern, of, self.text), None)
        words: list[str] = []
        places: list[tuple[int, int]] = []
        at = 0
        for match in re.finditer(pattern, self.text):
            first, last = match.span()
            words += (self.text[at:first], word := of if isinstance(of, str) else of(match))
            places += self.places[at:first]
            places += [(self.places[first][0], self.places[last - 1][1])] * len(word)
            at = last
        return _TextView("".join((*words, self.text[at:])), [*places, *self.places[at:]])


def _views(view: _TextView) -> Iterator[_TextView]:
    """Read a text again and again, until nothing in it is left to read."""
    for _ in range(_ROUNDS):
        if "<" in view.text:
            yield view.read(_TAG, "")
        if "=" in view.text:
            yield view.read(*_MAIL[1:])
        before = view.text
        for marks, pattern, of in _ESCAPES:
            if any(mark in view.text for mark in marks):
                view = view.read(pattern, of)
        if not view.text.isascii() and re.search(_ALIKE, view.text):
            view = view.read(_ALIKE, _of_letter)
        if view.text == before:
            return
        yield view


def _of_code(match: re.Match[str]) -> str:
    """Read a character that is written by its code, in hexadecimal or in decimal."""
    name = match.lastgroup or ""
    code = int(match[name], 16 if name == "x" else 10)
    return chr(code) if code < _CODES else ""


def _of_bytes(match: re.Match[str]) -> str:
    """Read characters whose bytes are written in hexadecimal."""
    return bytes.fromhex(re.sub(_MARK_OF_BYTE, "", match[0])).decode("utf-8", "replace")


def _of_octal(match: re.Match[str]) -> str:
    return bytes(int(code, 8) for code in match[0].split("\\")[1:]).decode("utf-8", "replace")


def _of_pair(match: re.Match[str]) -> str:
    pair = chr(int(match["high"], 16)) + chr(int(match["low"], 16))
    return pair.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _of_letter(match: re.Match[str]) -> str:
    """Read a letter or a digit of another width, a raised one, one in a circle."""
    return unicodedata.normalize("NFKC", match[0])


_SMALL = bytes(range(256)).lower()
_NEITHER = bytes(code for code in range(256) if not bytes([code]).isalnum())
_CODES = 0x110000
# Patterns as text: compiled when first needed, and that is seldom.
_MARK_OF_BYTE = r"\\x|[%=\r\n]"
_TAG = r"<[^<>]*>"
_NAMED = r"&(?:amp;)*[A-Za-z]{2,8};"  # none of them is a letter or a digit
_Reading = tuple[tuple[str, ...], str, Callable[[re.Match[str]], str] | str]
_MAIL: _Reading = (("=",), r"=\r?\n|(?:=[\dA-F]{2})+", _of_bytes)
_ESCAPES: tuple[_Reading, ...] = (  # each looked for only where its mark is: that is much quicker
    (("\\x",), r"(?:\\x[\da-fA-F]{2})+", _of_bytes),
    (("\\u00",), r"\\u00(?P<x>[2-7][\da-fA-F])", _of_code),
    (("\\u{",), r"\\u\{(?P<x>[\da-fA-F]{1,8})\}", _of_code),
    (("\\U000",), r"\\U000(?P<x>[\da-fA-F]{5})", _of_code),
    (("\\uff", "\\uFF"), r"\\u(?P<x>[fF]{2}[0-5][\da-fA-F])", _of_code),
    (("\\u2",), r"\\u(?P<x>2[014][\da-fA-F]{2})", _of_code),
    (
        ("\\ud8", "\\uD8"),
        r"\\u(?P<high>[dD]83[\da-fA-F])\\{1,8}u(?P<low>[dD][c-fC-F][\da-fA-F]{2})",
        _of_pair,
    ),
    (("\\u",), r"\\u[\da-fA-F]{4}", ""),
    (("\\n", "\\r", "\\t", "\\b", "\\f"), r"\\[nrtbf]", ""),
    (("\\0", "\\1", "\\2", "\\3"), r"(?:\\[0-3][0-7]{2})+", _of_octal),
    (
        ("&",),
        r"(?a)&(?:amp;)*#(?:[xX]0*(?P<x>[\da-fA-F]{1,6})|0*(?P<d>\d{1,7}));?",
        _of_code,
    ),
    (("&",), _NAMED, ""),
    (("%u",), r"%u(?P<x>[\da-fA-F]{4})", _of_code),
    (("%",), r"(?:%[\da-fA-F]{2})+", _of_bytes),
)
_ALIKE = (
    "[\u00aa\u00b2\u00b3\u00b9\u00ba\u02b0-\u02b8\u1d2c-\u1d6a\u2070-\u209c\u2100-\u214f"
    "\u2460-\u24ff\uff01-\uff5e\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff\U0001fbf0-\U0001fbf9]"
)
_MARKS = (b"\\", b"&", b"%", b"<", b"=")
_ALIKE_BEGIN = (b"\xc2", b"\xca", b"\xe1", b"\xe2", b"\xef", b"\xf0")  # in UTF-8
