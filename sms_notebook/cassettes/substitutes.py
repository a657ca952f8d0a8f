"""Substitutes for numbers, codes and texts: of the same shape, and the same for the same value."""

import hashlib
import re
import secrets
from collections.abc import Iterable

from sms_notebook.protocol.broken_json import decode_broken
from sms_notebook.protocol.secrets import CODE

FEWEST_DIGITS = 7
"""Of a number that is looked for in other places."""
_DIGITS = "0123456789"
_PREFIX = 4  # first digits of a number: they tell the country
_ENDING = 4  # last digits of a caller's number: they are the code
_LEAST = 3  # characters of what is looked for in other places
_TRIES = 100  # until two may have the same substitute: there are no more of that shape


class Substitutes:
    """Gives substitutes.

    The secret that they are made with is kept nowhere.

    Examples
    --------
    >>> substitutes = Substitutes()
    >>> substitutes.phone("79991231234")[:4], substitutes.message("Hello")
    ('7999', 'Masked message 1')
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(16)
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[tuple[str, str]] = set()

    def phone(self, phone: str) -> str:
        """Keep the country of a number; its last digits are those of the code that it may be."""
        if not phone.isdigit() or len(phone) <= _PREFIX + _ENDING:
            return self.code(phone)
        middle = phone[_PREFIX:-_ENDING]
        drawn = (self._drawn("middle", phone, middle, attempt) for attempt in range(_TRIES))
        ending = self.code(phone[-_ENDING:])
        return self._give("phone", phone, (f"{phone[:_PREFIX]}{other}{ending}" for other in drawn))

    def code(self, code: str) -> str:
        """Draw another code."""
        drawn = (self._drawn("code", code, code, attempt) for attempt in range(_TRIES))
        return self._give("code", code, drawn)

    def message(self, text: str) -> str:
        """Write another text that says the substitute of the code."""
        code = self._code_in(text)
        if code == text:
            return self.code(code)
        ending = f": {self.code(code)}" if code else ""
        return self._numbered("words", text, "Masked message {}" + ending)

    def messages(self, text: str) -> list[str] | None:
        """Return other texts for a list of them within a text; None where it is none."""
        if not text.startswith("["):
            return None
        try:
            inner = decode_broken(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(inner, list):
            return None
        return [self.message(item if isinstance(item, str) else repr(item)) for item in inner]

    def link(self, address: str) -> str:
        """Write another address."""
        return self._numbered("link", address, "https://recordings.invalid/{}.mp3")

    def value(self, text: str) -> str:
        """Stand in for a text of which nobody knows what it is."""
        return self._numbered("value", text, "Masked value {}")

    def of_known(self, text: str) -> str | None:
        """Return the substitute of what was seen before as a number, a code or a message."""
        plain = text.removeprefix("+")
        kinds = (("phone", plain), ("code", text), ("words", text), ("link", text))
        entry = next((key for key in kinds if key in self._given), None)
        if entry is None or len(plain) < (FEWEST_DIGITS if entry[0] == "phone" else _LEAST):
            return None
        return text.replace(entry[1], self._given[entry])

    def within(self, text: str) -> str:
        """Replace what was seen before wherever it stands in a text."""
        for (kind, true), other in tuple(self._given.items()):
            if kind != "value" and len(true) >= _LEAST and true in text:
                plain = other.replace("\\", r"\\")
                text = re.sub(rf"(?<!\d){re.escape(true)}(?!\d)", plain, text)
        return text

    def _code_in(self, text: str) -> str:
        """Find the code that a text says: a known one first, also where it is spoken or dashed."""
        digits = "".join(character for character in text if character in _DIGITS)
        known = [true for kind, true in self._given if kind == "code" and len(true) >= _ENDING]
        for true in sorted(known, key=len, reverse=True):
            if re.search(rf"(?<!\w){re.escape(true)}(?!\w)", text) or (
                true.isdigit() and true in digits and CODE.search(text) is None
            ):
                return true
        match = CODE.search(text)
        return re.sub(r"\D", "", match[0]) if match else ""

    def _numbered(self, kind: str, true: str, pattern: str) -> str:
        count = sum(known == kind for known, _ in self._given)
        return self._give(kind, true, [pattern.format(count + 1)])

    def _give(self, kind: str, true: str, candidates: Iterable[str]) -> str:
        """Return the substitute; at first, the first candidate that nothing else has."""
        if (kind, true) not in self._given:
            other = ""
            for other in candidates:
                if (kind, other) not in self._taken and other != true:
                    break
            self._given[kind, true] = other
            self._taken.add((kind, other))
        return self._given[kind, true]

    def _drawn(self, kind: str, true: str, shape: str, attempt: int) -> str:
        """Draw characters of the same kinds; a first digit that is no zero stays none."""
        digest = hashlib.shake_128(
            self._secret + f"{kind} {attempt} {true}".encode("utf-8", "replace")
        ).digest(max(len(shape), 1))
        return "".join(
            _other(character, byte, is_first=place == 0)
            for place, (character, byte) in enumerate(zip(shape, digest, strict=False))
        )


def _other(character: str, byte: int, *, is_first: bool) -> str:
    """Draw another character of the same kind; of no alphabet but ours one can be told."""
    if character.isdecimal():
        if not is_first:
            return _DIGITS[byte % 10]
        return character if character == "0" else _DIGITS[1 + byte % 9]
    if character.isascii() and not character.isalpha():
        return character
    return chr(ord("A" if character.isupper() else "a") + byte % 26)
