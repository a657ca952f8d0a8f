"""Stand-ins: other numbers, codes and texts in place of the true ones, of the same shape.

The same number is the same stand-in within one take, so that whoever joins replies by a number
still can; a text says the stand-in of its code. The secret that they are made with is kept nowhere.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.calls import Effect
from sms_notebook.protocol.errors import CodeAlreadyReceived
from sms_notebook.protocol.errors.codes import meaning
from sms_notebook.protocol.frames import Schema
from sms_notebook.protocol.frames.kinds import Secret
from sms_notebook.protocol.replies import code_like

_DIGITS = "0123456789"
_KEPT = 4  # first digits of a number: they tell the country
_ENDING = 4  # last digits of a caller's number: they are the code
_TRIES = 100  # until two may have the same stand-in: there are no more of that shape
_FEWEST = 7  # digits of a number that is looked for in other places
_CODE = re.compile(r"(?<!\d)\d{3}[- ]\d{3}(?!\d)|(?<!\d)\d{4,10}(?!\d)")
_DIGIT_RUN = re.compile(r"\d{4,}")
_LONG_RUN = re.compile(r"\d{7,}")
_PROTOCOL_WORD = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
_PHONE_LIKE = re.compile(r"\+?\d(?:[ ().-]{0,3}\d){6,}")
_DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_SMALL = 10**6  # a number below that is no phone number
_RECEIVED = ("STATUS_OK", "STATUS_WAIT_RETRY")


def _names_of(action: str) -> dict[str, Secret]:
    """Return the fields of an action's reply that are secret, by their names on the wire."""
    found = ACTIONS.get(action)
    if found is not None and (own := _secret_in(found.schema)):
        return own
    if found is not None and found.effect is Effect.READ:
        return {}
    return _EVERY  # a refusal to change something may tell the code that had come


def _secret_in(schema: Schema) -> dict[str, Secret]:
    return {
        name: column.kind.secret
        for column in schema.columns
        if column.kind.secret is not None
        for name in (*column.wire, column.name)
    }


_EVERY = {
    name: secret for one in ACTIONS.values() for name, secret in _secret_in(one.schema).items()
}
_PLAIN = {
    name
    for one in ACTIONS.values()
    for column in one.schema.columns
    if column.kind.secret is None
    for name in column.wire
}
"""Fields of which it is known that they tell no secret."""


class StandIns:
    """Gives stand-ins.

    Examples
    --------
    >>> stand_ins = StandIns()
    >>> body = stand_ins.in_reply("getNumber", b"ACCESS_NUMBER:635468024:79991231234")
    >>> body[:28], len(body), body == b"ACCESS_NUMBER:635468024:79991231234"
    (b'ACCESS_NUMBER:635468024:7999', 35, False)
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(16)
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[tuple[str, str]] = set()

    # Replies ------------------------------------------------------------------------------------

    def in_reply(self, action: str, body: bytes) -> bytes:
        """Return a reply with stand-ins; one that cannot be read loses all its longer numbers.

        Parameters
        ----------
        action : str
            The API's name.
        body : bytes
            As it came.
        """
        text = body.decode("utf-8", "replace").removeprefix("\ufeff").strip()
        stripped = text.strip('"') if text[:1] == '"' else text
        if stripped[:1] in ("{", "["):
            try:
                value = msgspec.json.decode(stripped)
                names = _names_of(action)
                self._learn(value, names)
                return json.dumps(self._walked(value, names, ""), ensure_ascii=False).encode()
            except (msgspec.MsgspecError, RecursionError, ValueError):
                return self._digits_in(text).encode()
        if stripped[:1] == "<":
            return self._digits_in(text).encode()
        return self._in_text(action, stripped).encode()

    def in_params(self, params: Mapping[str, str]) -> dict[str, str]:
        """Return parameters with stand-ins for numbers, and for what replies have told."""
        phones = {name for name, secret in _EVERY.items() if secret is Secret.PHONE}
        return {
            name: str(self._value(value, Secret.PHONE))
            if name in phones and len(re.sub(r"\D", "", value)) >= _FEWEST
            else self._known_phone(value) or self._given.get(("code", value), value)
            for name, value in params.items()
        }

    def in_sentence(self, text: str) -> str:
        """Return a sentence that may quote a reply, with stand-ins for all its longer numbers."""
        return self._digits_in(_PHONE_LIKE.sub(lambda found: self._code(found[0]), text))

    def _in_text(self, action: str, text: str) -> str:
        """Put stand-ins into ``WORD:rest``."""
        word, colon, rest = text.partition(":")
        told = set(_names_of(action).values()) if action in ACTIONS else set()
        if not code_like(word):
            return self._digits_in(text)
        if not colon:
            return text
        if word == "ACCESS_NUMBER" and Secret.PHONE in told:
            ref, colon, phone = rest.partition(":")
            return f"{word}:{ref}{colon}{self._phone(phone.strip())}"
        about = meaning(word)
        has_code = about is not None and about.kind is CodeAlreadyReceived
        if (word in _RECEIVED and Secret.CODE in told) or has_code:
            return f"{word}:{self._quoted(rest)}"
        if action not in ACTIONS:
            rest = self._digits_in(rest)
        elif about is not None and _DATE.search(rest) is None:
            rest = _LONG_RUN.sub(lambda found: self._code(found[0]), rest)
        return f"{word}:{rest}"

    def _quoted(self, rest: str) -> str:
        code = rest.strip("' \r\n")
        return rest.replace(code, self._code(code)) if code else rest

    def _digits_in(self, text: str) -> str:
        return _DIGIT_RUN.sub(lambda found: self._code(found[0]), text)

    # JSON ---------------------------------------------------------------------------------------

    def _learn(self, value: Any, names: Mapping[str, Secret], key: str = "") -> None:
        """Give stand-ins to all numbers and codes first: texts are made of them."""
        if isinstance(value, dict):
            for name, one in value.items():
                self._learn(one, names, name if name in names or not name.isdigit() else key)
        elif isinstance(value, list):
            for one in value:
                self._learn(one, names, key)
        elif names.get(key) in (Secret.PHONE, Secret.CALLER, Secret.CODE):
            self._value(value, names[key])

    def _walked(self, value: Any, names: Mapping[str, Secret], key: str) -> Any:
        if isinstance(value, dict):
            return {
                self._known_phone(name) or name: self._walked(
                    one, names, name if name in names or not name.isdigit() else key
                )
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [self._walked(one, names, key) for one in value]
        secret = names.get(key)
        if secret is not None:
            return self._value(value, secret)
        value = _whole(value)
        if not isinstance(value, str | int) or isinstance(value, bool):
            return value
        is_open = not names or key in _PLAIN or key.lower().endswith("id")
        return self._elsewhere(value) if is_open else self._unknown(value)

    def _unknown(self, value: str | int) -> Any:
        """Put stand-ins into a field that nobody described."""
        other = self._elsewhere(value)
        if other != value or (isinstance(value, int) and value < _SMALL):
            return other
        if isinstance(value, int):
            return int(self._code(str(value)))
        word, colon, _ = value.partition(":")
        if code_like(word):
            return self._in_text("setStatus", value) if colon else value
        if _DATE.search(value) is not None and _LONG_RUN.search(value) is None:
            return value
        return self._digits_in(_PHONE_LIKE.sub(lambda found: self._code(found[0]), value))

    def _elsewhere(self, value: str | int) -> Any:
        """Put stand-ins for known numbers and codes into a field that should have none."""
        text = str(value)
        if (phone := self._known_phone(text)) is not None:
            return type(value)(phone)
        if isinstance(value, int) or text.isdigit():
            return value
        for (kind, true), other in self._given.items():
            if kind in ("phone", "code") and len(true) >= _ENDING and true in text:
                text = re.sub(rf"(?<!\d){re.escape(true)}(?!\d)", other, text)
        return text

    def _value(self, value: Any, secret: Secret) -> Any:
        value = _whole(value)
        if isinstance(value, bool | float) or value is None or value == "":
            return value
        text = str(value)
        match secret:
            case Secret.PHONE | Secret.CALLER:
                plain = text.strip().removeprefix("+").strip()
                shown = text.replace(plain, self._phone(plain)) if plain else text
            case Secret.CODE:
                shown = text if _PROTOCOL_WORD.fullmatch(text) else self._code(text)
            case Secret.WORDS:
                shown = self._words(text)
            case Secret.LINK:
                shown = self._numbered("link", text, "https://recordings.invalid/{}.mp3")
            case _:
                shown = self._code(text)
        return int(shown) if isinstance(value, int) and shown.isdigit() else shown

    # Making them --------------------------------------------------------------------------------

    def _known_phone(self, text: str) -> str | None:
        plain = text.removeprefix("+")
        found = self._given.get(("phone", plain)) if len(plain) >= _FEWEST else None
        return None if found is None else text.replace(plain, found)

    def _phone(self, phone: str) -> str:
        """Keep the country of a number; its last digits are those of the code that it may be."""
        if ("phone", phone) not in self._given:
            middle = phone[_KEPT:-_ENDING] if len(phone) > _KEPT + _ENDING else ""
            head = phone[: len(phone) - len(middle) - min(_ENDING, len(phone))]
            ending = self._code(phone[-_ENDING:])
            self._give(
                "phone",
                phone,
                (
                    f"{head}{self._drawn('middle', phone, middle, attempt)}{ending}"
                    for attempt in range(_TRIES)
                ),
            )
        return self._given["phone", phone]

    def _code(self, code: str) -> str:
        if ("code", code) not in self._given:
            drawn = (self._drawn("code", code, code, attempt) for attempt in range(_TRIES))
            self._give("code", code, drawn)
        return self._given["code", code]

    def _words(self, text: str) -> str:
        """Write another text that says the stand-in of the code."""
        if text.startswith("["):  # a list within a text
            try:
                inner = msgspec.json.decode(text)
            except (msgspec.MsgspecError, RecursionError):
                inner = None
            if isinstance(inner, list):
                others = [self._words(one) if isinstance(one, str) else one for one in inner]
                return json.dumps(others, ensure_ascii=False)
        code = self._code_in(text)
        if code == text:
            return self._code(code)
        said = f": {self._code(code)}" if code else ""
        return self._numbered("words", text, "Masked message {}" + said)

    def _code_in(self, text: str) -> str:
        """Find the code that a text says: a known one first, also where it is spoken or dashed."""
        digits = "".join(character for character in text if character in _DIGITS)
        known = [true for kind, true in self._given if kind == "code" and len(true) >= _ENDING]
        for true in sorted(known, key=len, reverse=True):
            if re.search(rf"(?<!\w){re.escape(true)}(?!\w)", text) or (
                true.isdigit() and true in digits and _CODE.search(text) is None
            ):
                return true
        found = _CODE.search(text)
        return re.sub(r"\D", "", found[0]) if found else ""

    def _numbered(self, kind: str, true: str, pattern: str) -> str:
        if (kind, true) not in self._given:
            count = sum(one == kind for one, _ in self._given)
            self._give(kind, true, [pattern.format(count + 1)])
        return self._given[kind, true]

    def _give(self, kind: str, true: str, candidates: Iterable[str]) -> None:
        """Give the first that nothing else has."""
        other = ""
        for other in candidates:
            if (kind, other) not in self._taken and other != true:
                break
        self._given[kind, true] = other
        self._taken.add((kind, other))

    def _drawn(self, kind: str, true: str, shape: str, attempt: int) -> str:
        """Draw characters of the same kinds; a first digit that is no zero stays none."""
        digest = hashlib.shake_128(
            self._secret + f"{kind} {attempt} {true}".encode("utf-8", "replace")
        ).digest(max(len(shape), 1))
        return "".join(
            _other(character, byte, is_first=place == 0)
            for place, (character, byte) in enumerate(zip(shape, digest, strict=False))
        )


def _whole(value: Any) -> Any:
    """Return a number without the point that a provider put behind it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _other(character: str, byte: int, *, is_first: bool) -> str:
    if character in _DIGITS:
        if not is_first:
            return _DIGITS[byte % 10]
        return character if character == "0" else _DIGITS[1 + byte % 9]
    if character.isalpha() and character.isascii():
        first = "A" if character.isupper() else "a"
        return chr(ord(first) + byte % 26)
    return character
