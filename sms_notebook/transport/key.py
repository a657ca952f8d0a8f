"""The API key: held in one place, shown nowhere."""

import hashlib
import html
import re
from typing import NoReturn

_HIDDEN = "***"
_NO_KEY_HAS = "\"'\\<> "
_KEY_LIKE = re.compile(r"[A-Za-z0-9_$+/=-]{20,}")
_ESCAPED = re.compile(rb"\\u00(3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])")
_DISTINCT = 6  # a shorter "key" is part of ordinary words; hiding it would change the data


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

    __slots__ = ("__weakref__", "_bytes", "_text", "_value")

    def __init__(self, value: str) -> None:
        self._value = str(value).strip()
        pattern = "".join(map(_spellings, self._value)) or r"(?!)"
        self._text = re.compile(pattern)
        self._bytes = re.compile(pattern.encode("utf-8", "replace"))

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

    def hide_in(self, text: str) -> str:
        """Return a text with the key taken out."""
        return self._text.sub(_HIDDEN, text)

    def hide_in_body(self, body: bytes) -> bytes:
        """Return a body with the key taken out, where a provider sent it back."""
        if len(self._value) < _DISTINCT:
            return body
        body = self._bytes.sub(_HIDDEN.encode(), body)
        if b"\\u00" in body:  # JSON can write any letter so
            plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), body)
            if self._bytes.search(plain):
                return self._bytes.sub(_HIDDEN.encode(), plain)
        return body

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
