"""The names of all faults, each with the line that explains it."""

from typing import Final

ERROR_CODES: Final = {
    "ACCOUNT_INACTIVE": "the account is not active",
    "ALREADY_CANCEL": "the rent has already been canceled",
    "ALREADY_FINISH": "the rent has already been finished",
    "BAD_ACTION": "incorrect action",
    "BAD_DATA": "incorrect product id",
    "BAD_KEY": "invalid API key",
    "BAD_SERVICE": "incorrect service name",
    "BAD_STATUS": "incorrect status",
    "BANNED": "the account is blocked until VALUE (default: for a day)",
    "CANT_CANCEL": "too late to cancel the rent",
    "CHANNELS_LIMIT": "the account is blocked",
    "EARLY_CANCEL_DENIED": "no cancel within the first 2 minutes",
    "ERROR_SQL": "sql-server error",
    "INCORECT_STATUS": "incorrect status of a rent",
    "INVALID_ACTIVATION_ID": "invalid activation id",
    "INVALID_PHONE": "the number is rented not by you",
    "INVALID_TIME": "invalid rent time",
    "MAX_HOURS_EXCEED": "rent time above the maximum, VALUE hours (default 48)",
    "NEW_ACTIVATION_IMPOSSIBLE": "no additional activation possible",
    "NO_ACTIVATION": "the activation does not exist",
    "NO_ACTIVATIONS": "no active activations",
    "NO_BALANCE": "no money in the account",
    "NO_CALL": "no call was received",
    "NO_ID_RENT": "no rent id",
    "NO_NUMBERS": "no numbers",
    "OPERATORS_NOT_FOUND": "no operators found",
    "ORDER_ALREADY_EXISTS": "the order has already been created",
    "OUT_OF_STOCK": "no rent numbers for the country",
    "PARSE_COUNT_EXCEED": "limit of voice parsing reached",
    "RENEW_ACTIVATION_NOT_AVAILABLE": "the number cannot be activated again",
    "RENT_DIE": "the rent cannot be extended",
    "SERVER_ERROR": "server error",
    "SIM_OFFLINE": "SIM card offline",
    "WRONG_ACTIVATION_ID": "invalid activation id",
    "WRONG_DATE": "incorrect date",
    "WRONG_EXCEPTION_PHONE": "incorrect exclusion prefixes",
    "WRONG_MAX_PRICE": "maxPrice below the minimum, VALUE (default 0.10)",
    "WRONG_SERVICE": "incorrect service",
}
"""Refusals in the provider's own words; nothing took effect."""

CONNECTION_FAULTS: Final = {
    "latency": "the action takes effect at once, the reply is VALUE seconds late (default 1.0)",
    "429": "too many requests, with Retry-After: VALUE seconds (default 1); nothing took effect",
    "drop-before": "the connection closes without a reply; nothing took effect",
    "drop-after": "the connection closes without a reply after the action took effect",
    "5xx-before": "HTTP 500 (or 502, 503, any up to 599); nothing took effect",
    "5xx-after": "HTTP 500 (or 502, 503, any up to 599) after the action took effect",
    "html-before": "HTTP 200 with an HTML page; nothing took effect",
    "html-after": "HTTP 200 with an HTML page after the action took effect",
    "cut-before": "a reply cut short; nothing took effect",
    "cut-after": "the honest reply cut in the middle after the action took effect",
}
"""What goes wrong on the way; ``5xx`` stands for the status in digits."""


def known_names() -> str:
    """All names in one line, for messages."""
    return ", ".join((*CONNECTION_FAULTS, *ERROR_CODES))
