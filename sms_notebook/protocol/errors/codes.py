"""Every error code of the API, once: its class, what it means, what to do next."""

from typing import NamedTuple

from sms_notebook.protocol.errors import tree


class Meaning(NamedTuple):
    """What a code means."""

    kind: type[tree.ApiError]
    text: str
    next_step: str


_OTHER_COUNTRY = (
    "Try another country (get_top_countries_by_service), another operator or a higher max_price."
)
_LOOK_UP_IDS = "get_active_activations() and get_history() list your activations."
_LOOK_UP_RENTS = "get_rent_list() lists your rents."
_PASSING = "It usually passes: try again in a minute."
_TOP_UP = "Top up the account; get_balance() shows what is there."

DOCUMENTED: dict[str, Meaning] = {
    "BAD_KEY": Meaning(
        tree.BadKey,
        "the provider does not know this API key",
        "Check SMS_API_KEY and that the key belongs to this provider.",
    ),
    "BAD_ACTION": Meaning(
        tree.BadAction,
        "the provider does not have this action",
        "The README lists what each provider lacks.",
    ),
    "BAD_SERVICE": Meaning(
        tree.BadService, "no such service", "get_services_list() lists the services."
    ),
    "WRONG_SERVICE": Meaning(
        tree.BadService, "no such service", "get_services_list() lists the services."
    ),
    "OPERATORS_NOT_FOUND": Meaning(
        tree.BadCountry,
        "no operators are known for this country",
        "get_countries() lists the countries.",
    ),
    "BAD_STATUS": Meaning(
        tree.BadStatus,
        "this status is wrong, or not allowed now",
        "Before a code: 1 = SMS sent, 8 = cancel; after it: 3 = one more, 6 = finish.",
    ),
    "INCORECT_STATUS": Meaning(
        tree.BadStatus, "no such status of a rent", "1 = finish, 2 = cancel."
    ),
    "WRONG_DATE": Meaning(
        tree.BadValue,
        "a date is not a timestamp, or over 30 days ago",
        "Ask for the last 30 days at most.",
    ),
    "WRONG_EXCEPTION_PHONE": Meaning(
        tree.BadValue,
        "phone_exception is not a list of prefixes",
        "Give the country code and 3 to 6 digits, for example 7918,7900111.",
    ),
    "BAD_DATA": Meaning(
        tree.BadValue, "no such product", "Check the product id in the provider's shop."
    ),
    "NO_NUMBERS": Meaning(tree.NoNumbers, "no number is left for this choice", _OTHER_COUNTRY),
    "OUT_OF_STOCK": Meaning(
        tree.NoNumbers, "no number of this country can be rented now", "Try another country."
    ),
    "NO_BALANCE": Meaning(tree.NoBalance, "not enough money in the account", _TOP_UP),
    "WRONG_MAX_PRICE": Meaning(
        tree.WrongMaxPrice,
        "max_price is under the lowest possible price",
        "Raise max_price to {minimum} or more.",
    ),
    "ORDER_ALREADY_EXISTS": Meaning(
        tree.OrderAlreadyExists,
        "this order_id has been used already, nothing new was bought",
        "get_active_activations() shows the activation; take a new order_id for a new number.",
    ),
    "NO_ACTIVATION": Meaning(tree.ActivationNotFound, "no such activation", _LOOK_UP_IDS),
    "NO_ACTIVATIONS": Meaning(tree.ActivationNotFound, "no active activations", _LOOK_UP_IDS),
    "WRONG_ACTIVATION_ID": Meaning(
        tree.ActivationNotFound, "no such activation, or it is not active", _LOOK_UP_IDS
    ),
    "INVALID_ACTIVATION_ID": Meaning(tree.ActivationNotFound, "no such activation", _LOOK_UP_IDS),
    "STATUS_CANCEL": Meaning(
        tree.ActivationNotFound, "the activation is cancelled or over", _LOOK_UP_IDS
    ),
    "EARLY_CANCEL_DENIED": Meaning(
        tree.EarlyCancelDenied,
        "a number cannot be cancelled in its first two minutes",
        "Cancel it in {retry_after:.0f} seconds; a code may still come until then.",
    ),
    "RENEW_ACTIVATION_NOT_AVAILABLE": Meaning(
        tree.ReactivationUnavailable, "this number cannot be used again", "Order a new number."
    ),
    "NEW_ACTIVATION_IMPOSSIBLE": Meaning(
        tree.ReactivationUnavailable,
        "another activation on this number is impossible",
        "Order a new number.",
    ),
    "SIM_OFFLINE": Meaning(
        tree.ReactivationUnavailable,
        "the SIM card is offline",
        "Try again later, or order a new number.",
    ),
    "NO_CALL": Meaning(
        tree.VoiceError, "no call has come yet", "get_status_v2() shows when one has."
    ),
    "PARSE_COUNT_EXCEED": Meaning(
        tree.VoiceError,
        "a call can be parsed 4 times at most",
        "Listen to the recording: the url column of get_status_v2().",
    ),
    "NO_ID_RENT": Meaning(tree.RentNotFound, "the rent id is missing or unknown", _LOOK_UP_RENTS),
    "INVALID_PHONE": Meaning(
        tree.RentNotFound, "no such rent in this account (wrong rent id)", _LOOK_UP_RENTS
    ),
    "ALREADY_FINISH": Meaning(
        tree.RentOver, "the rent has been finished already", "Rent a new number."
    ),
    "ALREADY_CANCEL": Meaning(
        tree.RentOver, "the rent has been cancelled already", "Rent a new number."
    ),
    "RENT_DIE": Meaning(
        tree.RentOver, "the number has expired, it cannot be extended", "Rent a new number."
    ),
    "STATUS_FINISH": Meaning(tree.RentOver, "the rent is paid and completed", "Rent a new number."),
    "STATUS_REVOKE": Meaning(
        tree.RentOver,
        "the number is blocked, your money has been returned",
        "Rent a new number.",
    ),
    "STATUS_WAIT_CODE": Meaning(
        tree.RentError, "no message has come yet", "Ask again in a few seconds."
    ),
    "INVALID_TIME": Meaning(
        tree.BadRentTime,
        "the number of hours is not allowed",
        "Give 2 to 1344 hours, from a day on whole days: 24, 48, 72.",
    ),
    "MAX_HOURS_EXCEED": Meaning(
        tree.MaxHoursExceeded,
        "the rent cannot be extended by that many hours",
        "Ask for {maximum} hours at most.",
    ),
    "CANT_CANCEL": Meaning(
        tree.CannotCancelRent,
        "a rent can be cancelled only in its first 20 minutes",
        "Finish it with set_rent_status(rent_id, 1), or let it end.",
    ),
    "BANNED": Meaning(tree.Banned, "the account is blocked for a time", "Wait until {until}."),
    "CHANNELS_LIMIT": Meaning(
        tree.AccountBlocked,
        "the account is blocked, or holds too many numbers at once",
        "Finish or cancel numbers that are not needed, or ask the provider's support.",
    ),
    "ACCOUNT_INACTIVE": Meaning(
        tree.AccountBlocked, "the account is not active", "Activate it at the provider."
    ),
    "ERROR_SQL": Meaning(tree.ServerError, "the provider's database has a problem", _PASSING),
    "SERVER_ERROR": Meaning(tree.ServerError, "the provider has a problem", _PASSING),
}

SEEN: dict[str, Meaning] = {
    "BAD_COUNTRY": Meaning(
        tree.BadCountry, "no such country", "get_countries() lists the countries."
    ),
    "OTP_RECEIVED": Meaning(
        tree.CodeAlreadyReceived,
        "a code has come, the status was not changed",
        "It is in .messages and in get_status().",
    ),
    "NEW_OTP_RECEIVED": Meaning(
        tree.CodeAlreadyReceived,
        "a new code has come, the status was not changed",
        "It is in .messages and in get_status().",
    ),
    "RATE_LIMIT": Meaning(
        tree.RateLimited, "too many requests", "Wait {retry_after:.0f} seconds, then go on."
    ),
    "TOO_MANY_ACTIVE_RENTALS": Meaning(
        tree.RentError, "too many rents at once", "Finish rents that are not needed."
    ),
}
"""Codes beyond the documentation that providers were seen to answer."""

SAME_AS: dict[str, str] = {
    "NO_KEY": "BAD_KEY",
    "BAD_API_KEY": "BAD_KEY",
    "WRONG_KEY": "BAD_KEY",
    "UNAUTHENTICATED": "BAD_KEY",
    "UNAUTHORIZED": "BAD_KEY",
    "NO_ACCESS": "BAD_KEY",
    "BAD_BALANCE": "NO_BALANCE",
    "LOW_BALANCE": "NO_BALANCE",
    "NO_MONEY": "NO_BALANCE",
    "NO_BALANCE_FORWARD": "NO_BALANCE",
    "SERVICE_IS_INCORRECT": "BAD_SERVICE",
    "WRONG_COUNTRY": "BAD_COUNTRY",
    "COUNTRY_IS_INCORRECT": "BAD_COUNTRY",
    "SERVICE_NOT_AVAILABLE": "NO_NUMBERS",
    "WHATSAPP_NOT_AVAILABLE": "NO_NUMBERS",
    "NOT_AVAILABLE": "NO_NUMBERS",
    "SQL_ERROR": "ERROR_SQL",
    "NO_CONNECTION": "SERVER_ERROR",
    "CONCURRENT_LIMIT": "RATE_LIMIT",
    "TOO_MANY_REQUESTS": "RATE_LIMIT",
}
"""Other spellings of the same refusal."""

BY_STATUS: dict[int, str] = {
    401: "BAD_KEY",
    402: "NO_BALANCE",
    404: "BAD_ACTION",
    429: "RATE_LIMIT",
}
"""What an HTTP status means when the body does not name the error."""

REFUSING = frozenset((401, 402, 429))
"""HTTP statuses that say by themselves that nothing was done."""

GIVING_UP = frozenset((408, 425, 460, 499))
"""HTTP statuses of somebody in between who did not wait for the answer."""

IN_ACTION: dict[tuple[str, str], Meaning] = {
    ("buyPartnerProduct", "BAD_ACTION"): Meaning(
        tree.BadAction,
        "no such action, or the reseller is not verified",
        "Ask the provider's support to verify your account.",
    ),
    ("getRentNumber", "NO_NUMBERS"): Meaning(
        tree.NoNumbers,
        "no number is left for this choice",
        "get_rent_services_and_countries(country=…) lists what can be rented.",
    ),
    ("getMultiServiceNumber", "NO_NUMBERS"): Meaning(
        tree.NoNumbers,
        "no number is left for all of these services",
        "get_countries() tells where multi_service is True; or ask for fewer services.",
    ),
}
"""Where a code means something else in one action."""


def meaning(code: str, action: str = "") -> Meaning | None:
    """Return what a code means, or None for a code nobody has described.

    Parameters
    ----------
    code : str
        The code.
    action : str
        The action, since a few codes mean something else in one.
    """
    code = SAME_AS.get(code, code)
    return IN_ACTION.get((action, code)) or DOCUMENTED.get(code) or SEEN.get(code)
