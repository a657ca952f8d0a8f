"""Masked recordings: what is known to be harmless stays, everything else gets a pseudonym.

The same number has the same pseudonym within one recording, so that whoever joins replies by a
number still can; a text says the pseudonym of its code. Of a reply that cannot be read only that
stays, and the ids that it holds.
"""

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, Self

from sms_notebook.cassettes.substitutes import FEWEST_DIGITS, Substitutes
from sms_notebook.protocol.actions import ALL_ACTIONS
from sms_notebook.protocol.broken_json import decode_broken
from sms_notebook.protocol.errors.codes import meaning
from sms_notebook.protocol.errors.families import normal
from sms_notebook.protocol.frames.kinds import Secret
from sms_notebook.protocol.ids_in_replies import found_in
from sms_notebook.protocol.replies import Text, code_like, is_block, json_in
from sms_notebook.protocol.secrets import (
    CODE_RUN,
    CONTAINERS,
    PHONE_LIKE,
    PLAIN_FIELDS,
    READ_FIELDS,
    REFUSALS,
    SECRET_FIELDS,
    STATES,
    VOCABULARY,
    secret_after,
    secret_fields,
)

LEFT_OUT = "left out of a masked recording"
"""What stands in place of a reply that cannot be read."""
_ANY_URL = "https://recordings.invalid/webhook"
_PLAIN = frozenset((PLAIN_FIELDS - SECRET_FIELDS.keys()) | READ_FIELDS)
_TITLES = {"name", "name_en", "eng", "rus", "chn", "label"}
_PHONES = [name for name, secret in SECRET_FIELDS.items() if secret is Secret.PHONE]
_SMALL = 100  # a whole number below that is neither a number nor a code
_LARGE = 10**9  # a price or a count is below that

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_ID_FIELD = re.compile(r"(?:.*_)?ids?|.*Ids?|numberid|activation", re.ASCII)
_MOMENT = r"\d{1,4}[-./]\d{1,2}[-./]\d{2,4}(?:[ T]\d{1,2}[-:]\d{2}(?:[-:]\d{2})?\S{0,8})?"
_FACT = re.compile(rf"-?\d{{1,5}}(?:\.\d{{1,6}})?|\d{{10}}(?:\d{{3}})?|{_MOMENT}", re.ASCII)
"""An amount, a count, a moment."""
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,8})?", re.ASCII)
_SURE_FACT = re.compile(rf"\d{{1,2}}|\d{{1,4}}\.\d{{1,6}}|{_MOMENT}", re.ASCII)
"""The same where a code may stand."""
_NAME = re.compile(r"(?!.*\d{4})\w[\w.'()&+/!-]{0,24}(?: [\w.'()&+/-]{1,16}){0,2}")
"""A country, an operator, a state."""
_TITLE = re.compile(r"(?!.*\d{5})[^\x00-\x1f\x7f]{1,60}")
"""The same in a list of countries, services and the like."""
_FIELD = re.compile(r"[a-z][A-Za-z_]{0,39}\d{0,2}|\d{1,4}", re.ASCII)
_LIST_KEY = re.compile(r"[A-Za-z]{1,3}|[a-z][a-z0-9_.-]{0,39}|\d{1,6}(?:\.\d{1,6})?", re.ASCII)
_PIECE = re.compile(r"[^\W_]+")


class _Fields(NamedTuple):
    """What is known of the fields of a reply.

    Attributes
    ----------
    secret : mapping
        What they tell that is not for everybody's eyes.
    plain : collection of str
        Those that tell nothing such.
    is_list : bool
        Whether it is a list of prices, countries and the like, which has no numbers and texts.
    titles : collection of str
        Those of such a list that hold names of any length.
    """

    secret: Mapping[str, Secret]
    plain: Collection[str]
    is_list: bool
    titles: Collection[str] = frozenset()

    @classmethod
    def of(cls, action: str) -> Self:
        """Look up those of an action; one that nobody described may have any."""
        known, secret = ALL_ACTIONS.get(action), secret_fields(action)
        if known is None or secret:
            return cls(secret, _PLAIN, is_list=False)
        own = {name for column in known.schema.columns for name in column.wire}
        others = {name: kind for name, kind in SECRET_FIELDS.items() if name not in own}
        return cls(others, _PLAIN | own | CONTAINERS, is_list=True, titles=own & _TITLES)


class Pseudonyms:
    """Gives pseudonyms.

    Parameters
    ----------
    words : collection of str
        Words of the provider's own that are as harmless as those of the protocol.

    Examples
    --------
    >>> pseudonyms = Pseudonyms()
    >>> body = pseudonyms.in_reply("getNumber", b"ACCESS_NUMBER:635468024:79991231234")
    >>> body[:28], len(body), body == b"ACCESS_NUMBER:635468024:79991231234"
    (b'ACCESS_NUMBER:635468024:7999', 35, False)
    """

    def __init__(self, words: Collection[str] = ()) -> None:
        self._substitutes = Substitutes()
        own = {part.upper() for word in words for part in _PIECE.findall(word)}
        self._vocabulary = VOCABULARY | own

    # Replies ------------------------------------------------------------------------------------

    def in_reply(self, action: str, body: bytes) -> bytes:
        """Return a reply with pseudonyms; of one that cannot be read only its ids are left.

        Parameters
        ----------
        action : str
            The API's name.
        body : bytes
            As it came.
        """
        if (content := json_in(body)) is not None:
            try:
                value = decode_broken(content)
                fields = _Fields.of(action)
                self._learn(value, fields.secret)
                return json.dumps(self._in_json(value, fields), ensure_ascii=False).encode()
            except (ValueError, RecursionError) as error:
                return self._unreadable(content, is_cut="truncated" in str(error))
        text = body.decode("utf-8", "replace").removeprefix("\ufeff").strip()
        if text[:1] == "<":
            return f"<title>{LEFT_OUT}</title>".encode()
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1]
        return self._in_text(action, text).encode()

    def in_params(self, params: Mapping[str, str]) -> dict[str, str]:
        """Return parameters with pseudonyms for what is not known to be harmless."""
        return {name: self._in_param(name, value) for name, value in params.items()}

    def in_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return what headers say, with another text for a message."""
        return {
            name: self._message(value) if name == "x-text" else self._harmless(value)
            for name, value in headers.items()
        }

    def in_sentence(self, text: str) -> str:
        """Return a sentence of ours with pseudonyms for all its longer numbers."""
        text = self._substitutes.within(text)
        return CODE_RUN.sub(self._of_match, PHONE_LIKE.sub(self._of_match, text))

    def in_refusal(self, text: str) -> str:
        """Return what a provider said, with words of the protocol alone."""
        text = text.strip()
        if _SURE_FACT.fullmatch(text.strip("' ")):
            return text
        digits = sum(character.isdecimal() for character in text)
        if digits >= len("123"):  # a code, spelt in pieces perhaps
            text = re.sub(r"\d+", self._of_match, text)
        return _PIECE.sub(self._of_piece, text)

    def _unreadable(self, content: bytes, *, is_cut: bool) -> bytes:
        """Stand in for broken JSON: as broken, with the ids and numbers that a purchase brought."""
        fields = "".join(
            f'"{name}": "{value}", '
            for item in found_in(content)
            for name, value in (
                ("activationId", item.activation_id),
                ("phoneNumber", item.phone_number and self._substitutes.phone(item.phone_number)),
            )
            if value
        )
        end = f'"{LEFT_OUT}": "' if is_cut else f"{LEFT_OUT}}}"
        return f"{{{fields}{end}".encode()

    def _in_text(self, action: str, text: str) -> str:
        """Put pseudonyms into ``WORD:rest``."""
        word, colon, rest = text.partition(":")
        if is_block(Text(word.strip(), rest.strip())):
            return text
        if not code_like(word.strip()):
            return self.in_refusal(text) if self._is_known(text) else LEFT_OUT if text else text
        if not self._is_known(word):
            word = self.in_refusal(word)
        return f"{word}:{self._in_rest(action, word.strip(), rest)}" if colon else word

    def _in_rest(self, action: str, word: str, rest: str) -> str:
        match secret_after(word, action):
            case Secret.PHONE:
                ref, colon, more = rest.partition(":")
                phone, other, more = more.partition(":")
                ref = ref if _ID.fullmatch(ref.strip()) else self._substitutes.value(ref)
                more = more if _FACT.fullmatch(more) else ""
                return f"{ref}{colon}{self._substitutes.phone(phone.strip())}{other}{more}"
            case Secret.WORDS:
                return self._message(rest)
            case Secret.CODE:
                code = rest.strip("' \r\n")
                return rest.replace(code, self._code(code)) if code else rest
            case _ if word in STATES or meaning(normal(word)) is not None:
                kind = _NUMBER if word == "ACCESS_BALANCE" else _FACT
                is_fact = action in ALL_ACTIONS and kind.fullmatch(rest.strip("' "))
                return rest if is_fact else self.in_refusal(rest)
            case _:
                return self._substitutes.value(rest) if rest.strip() else rest

    def _is_known(self, text: str) -> bool:
        """Tell whether a text is nothing but words of the protocol."""
        return text.strip() in STATES or meaning(normal(text)) is not None

    def _of_match(self, match: re.Match[str]) -> str:
        return self._substitutes.code(match[0])

    def _of_piece(self, match: re.Match[str]) -> str:
        word = match[0]
        if word.upper() in self._vocabulary or word.isdecimal():
            return word
        return "MASKED" if word.isupper() else "masked"

    # JSON ---------------------------------------------------------------------------------------

    def _learn(self, value: Any, names: Mapping[str, Secret], key: str = "") -> None:
        """Give pseudonyms to all numbers and codes first: texts are made of them."""
        if isinstance(value, dict):
            for name, item in value.items():
                self._learn(item, names, _key_below(name, key, names))
        elif isinstance(value, list):
            for item in value:
                self._learn(item, names, key)
        elif names.get(key) in (Secret.PHONE, Secret.CALLER, Secret.CODE):
            self._secret(value, names[key])

    def _in_json(self, value: Any, fields: "_Fields", key: str = "") -> Any:
        if isinstance(value, dict):
            return {
                self._name(name, item, fields): self._in_json(
                    item, fields, _key_below(name, key, fields.secret)
                )
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self._in_json(item, fields, key) for item in value]
        if value is None or isinstance(value, bool) or value == "":
            return value
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return self._leaf(_whole(value), fields, key)

    def _leaf(self, value: Any, fields: "_Fields", key: str) -> Any:
        """Put a pseudonym into a text or number, unless it is known to be harmless."""
        if (secret := fields.secret.get(key)) is not None:
            return self._secret(value, secret)
        if key in REFUSALS and isinstance(value, str):
            return self._refusal(value)
        is_plain = key in fields.plain or (fields.is_list and not isinstance(value, str))
        known = self._substitutes.of_known(str(value))
        if is_plain and not isinstance(value, str) and len(str(value)) < FEWEST_DIGITS:
            known = None  # as a code may be, by chance
        if known is not None:
            return _like(value, known)
        if _ID_FIELD.fullmatch(key) and _ID.fullmatch(str(value)):
            return value
        return self._open(value, key, fields) if is_plain else self._unknown(value)

    def _name(self, name: str, item: Any, fields: "_Fields") -> str:
        """Return a key: the name of a field, an id, a price; anything else gets a pseudonym."""
        if (known := self._substitutes.of_known(name)) is not None:
            return known
        if _FIELD.fullmatch(name) or (fields.is_list and _LIST_KEY.fullmatch(name)):
            return name
        beside = [item.get(field) for field in _PHONES] if isinstance(item, dict) else []
        if name.isdecimal() and any(phone not in (None, "", name) for phone in beside):
            return name  # an id: the number stands beside it
        return self._substitutes.phone(name) if name.isdecimal() else self._substitutes.value(name)

    def _open(self, value: Any, key: str, fields: "_Fields") -> Any:
        """Return the value of a field that is known to be harmless, where it looks like one."""
        if not isinstance(value, str):
            is_time = re.search(r"[tT]ime|[dD]ate|_at$|At$|until", key) is not None
            return value if abs(value) < _LARGE or is_time else _like(value, self._code(str(value)))
        if _NUMBER.fullmatch(value) or _FACT.fullmatch(value) or self._is_known(value):
            return value
        other = self._substitutes.within(value)
        fine = (_TITLE if key in fields.titles else _NAME).fullmatch(other)
        return other if fine else self._substitutes.value(value)

    def _unknown(self, value: Any) -> Any:
        """Put a pseudonym into a field that nobody described."""
        if not isinstance(value, str):
            is_small = abs(value) < _SMALL and len(str(value)) < FEWEST_DIGITS
            return value if is_small else _like(value, self._code(str(value)))
        if self._is_known(value) or (value.isdecimal() and len(value) < len("100")):
            return value
        plain = value.strip().removeprefix("+")
        if plain.isdecimal():
            return value.replace(plain, self._substitutes.phone(plain))
        return self._substitutes.value(value)

    def _refusal(self, value: str) -> str:
        """Put pseudonyms into a refusal."""
        word, colon, _ = value.partition(":")
        if code_like(word.strip()) and colon:
            return self._in_text("setStatus", value)
        return self.in_refusal(value)

    def _secret(self, value: Any, secret: Secret) -> Any:
        value = _whole(value)
        if isinstance(value, bool) or value is None or value == "":
            return value
        text = str(value)
        match secret:
            case Secret.PHONE | Secret.CALLER:
                plain = text.strip().removeprefix("+").strip()
                other = text.replace(plain, self._substitutes.phone(plain)) if plain else text
            case Secret.WORDS:
                other = text if self._is_known(text) else self._message(text)
            case Secret.LINK:
                other = self._substitutes.link(text)
            case _:
                other = self._code(text)
        return _like(value, other)

    def _code(self, text: str) -> str:
        return text if self._is_known(text) else self._substitutes.code(text)

    def _message(self, text: str) -> str:
        if (inner := self._substitutes.messages(text)) is not None:  # a list within a text
            return json.dumps(inner, ensure_ascii=False)
        return self._substitutes.message(text)

    # Parameters and headers ---------------------------------------------------------------------

    def _in_param(self, name: str, value: str) -> str:
        if name == "url":
            return _ANY_URL if value else value
        if (known := self._substitutes.of_known(value)) is not None:
            return known
        digits = re.sub(r"\D", "", value)
        if SECRET_FIELDS.get(name) is Secret.PHONE and len(digits) >= FEWEST_DIGITS:
            return str(self._secret(value, Secret.PHONE))
        is_id = _ID_FIELD.fullmatch(name) is not None and _ID.fullmatch(value) is not None
        return value if is_id else self._harmless(value)

    def _harmless(self, value: str) -> str:
        """Return a short word, amount or list of them as it is."""
        parts = self._substitutes.within(value).split(",")
        fine = all(_FACT.fullmatch(part) or _NAME.fullmatch(part) for part in parts)
        return ",".join(parts) if fine or not value else self._substitutes.value(value)


def _key_below(name: str, key: str, names: Mapping[str, Secret]) -> str:
    """Return the field that a value belongs to: an id between does not count."""
    return name if name in names or not name.isdigit() else key


def _whole(value: Any) -> Any:
    """Return a number without the point that a provider put behind it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _like(value: Any, other: str) -> Any:
    """Return a pseudonym as a number where the true value is one."""
    return int(other) if isinstance(value, int) and other.lstrip("-").isdecimal() else other
