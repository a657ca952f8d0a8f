"""What is secret in a reply: fields by their names on the wire, numbers and codes within texts.

The mask hides it, and a masked recording has pseudonyms in its place; both read it here.
"""

import re

from sms_notebook.protocol.actions import ACTIONS, ALL_ACTIONS
from sms_notebook.protocol.calls import Effect
from sms_notebook.protocol.errors import CodeAlreadyReceived, codes
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.frames.kinds import Secret
from sms_notebook.protocol.frames.schema import Schema
from sms_notebook.protocol.replies import Access, Status

ADDRESS = re.compile(r"https?://[^\s•]+", re.IGNORECASE)
"""Whoever opens it may be let in."""
PHONE = re.compile(r"\+\d(?:[ ()./-]{0,3}\d){6,}")
"""A phone number as people write it."""
PHONE_LIKE = re.compile(r"\+?\d(?:[ ().-]{0,3}\d){6,}")
"""What may be one, where no id is to be told from it."""
LONG_RUN = re.compile(r"\d{7,}")
LONG_RUN_ALONE = re.compile(r"(?<![A-Za-z0-9])\d{7,}(?![A-Za-z0-9])")
SPACED_CODE = re.compile(r"\d(?:[ .\u00a0-]{0,2}\d){2,}")
"""A code as messages write it: 12345, 123-456, 1 2 3 4."""
SPELT_CODE = re.compile(r"(?<!\d)\d{1,3}(?:(?:[^\w•]|_){1,3}\d{1,3})+(?!\d)")
"""A code in pieces, whatever stands between: 1, 2, 3, 4."""
MIXED_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)[A-Za-z0-9]{4,}", re.ASCII)
"""Letters and digits: AB12."""
CODE = re.compile(r"(?<!\d)\d{3}[- ]\d{3}(?!\d)|(?<!\d)\d{4,10}(?!\d)")
"""The code of a message that has one."""
CODE_RUN = re.compile(r"\d{4,}")
DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
"""A day, which is no secret."""


def secrets_of(schema: Schema, *, on_the_wire: bool = False) -> dict[str, Secret]:
    """Return the secret columns of a frame by name, and by their names on the wire if asked."""
    return {
        name: column.kind.secret
        for column in schema.columns
        if column.kind.secret is not None
        for name in (*(column.wire if on_the_wire else ()), column.name)
    }


_OF_MESSAGES = secrets_of(tables.ALL_MESSAGES, on_the_wire=True)

SECRET_FIELDS = {
    name: secret
    for action in ALL_ACTIONS.values()
    for name, secret in secrets_of(action.schema, on_the_wire=True).items()
}
"""All fields of replies that are secret in one of them."""
PLAIN_FIELDS = {
    name
    for action in ACTIONS.values()
    for column in action.schema.columns
    if column.kind.secret is None
    for name in column.wire
    if name != "title"  # that of a refusal may have a code behind it
}
"""Fields of which it is known that they tell no secret."""
READ_FIELDS = frozenset(
    (
        *("success", "type", "subtype", "verificationType", "state", "slug", "length", "has_more"),
        *("total", "page", "limit", "offset", "size", "start", "meta", "quant", "time", "timer"),
        *("value", "unit", "duration", "rent_time", "available_durations", "available", "field"),
        *("min", "minimum", "minPrice", "max", "maximum", "until", "banned_until", "seconds"),
        *("wait", "waitSeconds", "lockCancelTime", "timeLeft", "time_left", "remaining"),
        *("minActivationTime", "retryAfter", "retry_after", "retry_after_seconds", "cancelAfter"),
        *("cancel_after", "availableAt", "provider_id", "needHistory", "incomingCall"),
    )
)
"""Fields beside columns that readers know: states, amounts, times."""
CONTAINERS = frozenset(
    (
        *("data", "activeActivations", "activations", "array", "rows", "row", "values", "services"),
        *("countries", "countryOperators", "operators", "list", "items", "result", "results"),
        *("response", "numbers", "rents", "prices", "freePriceMap", "map", "providers", "options"),
    )
)
"""Fields that hold rows, or names by ids."""
REFUSALS = frozenset(
    (
        *("status", "title", "error", "message", "msg", "error_code", "errorCode", "error_msg"),
        *("errorMessage", "details", "info", "reason", "why"),
    )
)
"""Fields in which a refusal has its word, or a sentence."""
STATES = frozenset((*Status, *Access, "ACCESS_BALANCE", "ACCESS_NUMBER", "ASLEEP", "FULL_SMS"))
"""Words of the protocol that say how things stand, or what was bought."""

VOCABULARY = frozenset(
    part
    for known in (
        *(codes.DOCUMENTED, codes.UNDOCUMENTED, codes.SAME_AS, STATES),
        ("SUCCESS OK TRUE FALSE ERROR FAIL FAILED FAILURE"),
        ("NULL NONE THE THIS IS WAS ARE NOT FOR YOUR AND OR IN OF TO IT CAN CANNOT"),
        ("HTTP INFO READY WAIT MINUTES SECONDS TRY AGAIN LATER PLEASE FREE PHONE PHONES"),
    )
    for name in (known.split() if isinstance(known, str) else known)
    for part in str(name).split("_")
)
"""Words of the protocol: other words of a refusal may be anybody's."""


def secret_fields(action: str) -> dict[str, Secret]:
    """Return the fields of an action's reply that are secret, by their names on the wire."""
    known_action = ALL_ACTIONS.get(action)
    if known_action is not None and (own := secrets_of(known_action.schema, on_the_wire=True)):
        # Beside the text of a message its code may stand, also where no column has it.
        return {**_OF_MESSAGES, **own} if Secret.WORDS in own.values() else own
    if known_action is not None and known_action.effect is Effect.READ:
        return {}
    return SECRET_FIELDS  # a refusal to change something may tell the code that had come


def secret_after(word: str, action: str) -> Secret | None:
    """Return what comes after the word of a text reply, as in ``STATUS_OK:12345``."""
    secrets = secret_fields(action).values()
    if word in ("ACCESS_NUMBER", "ASLEEP") and Secret.PHONE in secrets:
        return Secret.PHONE
    if word == "FULL_SMS":
        return Secret.WORDS
    refusal = codes.meaning(word)
    is_code = word in (Status.OK, Status.WAIT_RETRY) and Secret.CODE in secrets
    if is_code or (refusal is not None and refusal.kind is CodeAlreadyReceived):
        return Secret.CODE
    return None
