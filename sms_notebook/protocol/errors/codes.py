"""Every error code of the API, once: its class, what it means, what to do next."""

from sms_notebook.protocol.errors import tree
from sms_notebook.protocol.errors.sms_error import Hint, Parameter, Phrase
from sms_notebook.protocol.replies import Status


class Meaning:
    """What a code means.

    Parameters
    ----------
    kind : type
        The class of the error.
    what : str
        What happened; names in braces are parameters and calls, see `Phrase`.
    *hints : str or Hint
        What to do next; facts of the error, such as ``{minimum}``, are filled in.
    """

    def __init__(self, kind: type[tree.ApiError], what: str, *hints: str | Hint) -> None:
        self.kind = kind
        self.what = Phrase(what)
        self.hints = tuple(hint if isinstance(hint, Hint) else Hint(hint) for hint in hints)


_ACTIVATION, _RENT = Parameter("activation_id"), Parameter("rent_id")
_OTHER_COUNTRY = (
    "Try another country or operator, or a higher price",
    "{get_top_countries_by_service()} lists the best countries",
)
_LOOK_UP_COUNTRIES = "{get_countries()} lists the countries"
_LOOK_UP_SERVICES = "{get_services_list()} lists the services"
_LOOK_UP_IDS = "{get_active_activations()} and {get_history()} list your activations"
_LOOK_UP_RENTS = "{get_rent_list()} lists your rents"
_LOOK_UP_CODE = "It is in {get_status()}"
_PASSING = "It usually passes: try again in a minute"
_TOP_UP = ("Top up the account", "{get_balance()} shows what is there")
_BEFORE_A_CODE = Hint(
    "Before a code: {ready} or {cancel}",
    ready=("set_status", _ACTIVATION, 1),
    cancel=("cancel", _ACTIVATION),
)
_AFTER_A_CODE = Hint(
    "After a code: {again} or {finish}",
    again=("again", _ACTIVATION),
    finish=("finish", _ACTIVATION),
)

DOCUMENTED: dict[str, Meaning] = {
    "BAD_KEY": Meaning(
        tree.BadKey,
        "the provider does not know this API key",
        "Check SMS_API_KEY and that the key belongs to this provider.",
    ),
    "BAD_ACTION": Meaning(
        tree.BadAction,
        "the provider does not have this action",
        "{check()} shows what this provider has.",
    ),
    "BAD_SERVICE": Meaning(tree.BadService, "no such service", _LOOK_UP_SERVICES),
    "WRONG_SERVICE": Meaning(tree.BadService, "no such service", _LOOK_UP_SERVICES),
    "OPERATORS_NOT_FOUND": Meaning(
        tree.BadCountry,
        "no operators are known for this country",
        _LOOK_UP_COUNTRIES,
    ),
    "BAD_STATUS": Meaning(
        tree.BadStatus,
        "this status is wrong, or not allowed now",
        _BEFORE_A_CODE,
        _AFTER_A_CODE,
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
        "{phone_exception} is not a list of prefixes",
        "Give the country code and 3 to 6 digits, for example 7918,7900111.",
    ),
    "BAD_DATA": Meaning(
        tree.BadValue, "no such product", "Check the product id in the provider's shop."
    ),
    "NO_NUMBERS": Meaning(tree.NoNumbers, "no number is left for this choice", *_OTHER_COUNTRY),
    "OUT_OF_STOCK": Meaning(
        tree.NoNumbers, "no number of this country can be rented now", "Try another country."
    ),
    "NO_BALANCE": Meaning(tree.NoBalance, "not enough money in the account", *_TOP_UP),
    "WRONG_MAX_PRICE": Meaning(
        tree.WrongMaxPrice,
        "{max_price} is under the lowest possible price",
        "Raise {max_price} to {minimum} or more",
    ),
    "ORDER_ALREADY_EXISTS": Meaning(
        tree.OrderAlreadyExists,
        "this order_id has been used already, nothing new was bought",
        "{get_active_activations()} shows the activation",
        "Take a new {order_id} for a new number",
    ),
    "NO_ACTIVATION": Meaning(tree.ActivationNotFound, "no such activation", _LOOK_UP_IDS),
    "NO_ACTIVATIONS": Meaning(tree.ActivationNotFound, "no active activations", _LOOK_UP_IDS),
    "WRONG_ACTIVATION_ID": Meaning(
        tree.ActivationNotFound, "no such activation, or it is not active", _LOOK_UP_IDS
    ),
    "INVALID_ACTIVATION_ID": Meaning(tree.ActivationNotFound, "no such activation", _LOOK_UP_IDS),
    Status.CANCEL: Meaning(
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
        tree.VoiceError, "no call has come yet", "{get_status_v2()} shows when one has"
    ),
    "PARSE_COUNT_EXCEED": Meaning(
        tree.VoiceError,
        "a call can be parsed 4 times at most",
        "Listen to the recording",
        "Its address is in the url column of {get_status_v2()}",
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
    Status.FINISH: Meaning(tree.RentOver, "the rent is paid and completed", "Rent a new number."),
    Status.REVOKE: Meaning(
        tree.RentOver,
        "the number is blocked, your money has been returned",
        "Rent a new number.",
    ),
    Status.WAIT_CODE: Meaning(
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
        Hint("{finish} ends it, or it ends by itself", finish=("set_rent_status", _RENT, 1)),
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

UNDOCUMENTED: dict[str, Meaning] = {
    "NOT_FOUND": Meaning(tree.ActivationNotFound, "no such activation", _LOOK_UP_IDS),
    "ACTIVATION_NOT_ACTIVE": Meaning(
        tree.ActivationNotFound, "the activation is over already", _LOOK_UP_IDS
    ),
    "STATUS_ALREADY_CHANGED": Meaning(
        tree.BadStatus, "the status was changed meanwhile", "{get_status()} shows it"
    ),
    "FREE_CANCELLATION_EXPIRED": Meaning(tree.BadStatus, "it is too late to cancel", _AFTER_A_CODE),
    "BAD_VALUES": Meaning(tree.BadValue, "a value of the request is wrong"),
    "NO_SUCH_VALUE": Meaning(tree.BadValue, "there is no such service, country or id"),
    "BAD_MAX_PRICE": Meaning(tree.BadValue, "{max_price} is not a price that can be asked for"),
    "MAX_PRICE_EXCEEDED": Meaning(
        tree.WrongMaxPrice, "it costs more than {max_price}", "Raise {max_price}"
    ),
    "BAD_PROVIDER_IDS": Meaning(tree.BadValue, "no such provider of numbers"),
    "BAD_CURRENCY": Meaning(tree.BadValue, "this currency cannot be had"),
    "BAD_LANG": Meaning(tree.BadValue, "the language that is sent decides about the currency"),
    "WRONG_SECURITY": Meaning(tree.BadValue, "the request was not accepted"),
    "SERVICE_NOT_AVAILABLE": Meaning(
        tree.NoNumbers, "this is not sold, or not to this account", *_OTHER_COUNTRY
    ),
    "SERVICE_UNAVAILABLE_REGION": Meaning(
        tree.NoNumbers, "this is not sold to the region of your address", *_OTHER_COUNTRY
    ),
    "PURCHASE_RESTRICTED": Meaning(
        tree.AccountBlocked, "the account may not buy", "Ask the provider's support."
    ),
    "BAD_DURATION": Meaning(
        tree.BadRentTime, "the number of hours is not allowed", "What can be had: {available}"
    ),
    "MAX_RENT_DATE_ERROR": Meaning(
        tree.BadRentTime, "so long a rent is not allowed", "Ask for fewer hours."
    ),
    "ACTION_NOT_AVAILABLE": Meaning(
        tree.RentError, "that is not possible with this number", "Order a new number."
    ),
    "FREEZE_PERIOD_NOT_REACHED": Meaning(tree.RentError, "it is too early for that"),
    "BAD_COUNTRY": Meaning(tree.BadCountry, "no such country", _LOOK_UP_COUNTRIES),
    "OTP_RECEIVED": Meaning(
        tree.CodeAlreadyReceived,
        "a code has come, the status was not changed",
        _LOOK_UP_CODE,
    ),
    "NEW_OTP_RECEIVED": Meaning(
        tree.CodeAlreadyReceived,
        "a new code has come, the status was not changed",
        _LOOK_UP_CODE,
    ),
    "RATE_LIMIT": Meaning(
        tree.RateLimited, "too many requests", "Wait {retry_after:.0f} seconds, then go on."
    ),
    "TOO_MANY_ACTIVE_RENTALS": Meaning(
        tree.RentError, "too many rents at once", "Finish rents that are not needed."
    ),
}
"""Codes beyond the documentation that providers were seen to answer."""

SPELLINGS = {
    "BAD_KEY": (
        "WRONG_API_KEY API_KEY_NOT_VALID INVALID_API_KEY INVALID_KEY WRONG_TOKEN BAD_TOKEN "
        "INVALID_TOKEN NO_API_KEY API_KEY_NOT_FOUND APIKEY_NOT_FOUND KEY_NOT_FOUND NO_KEY "
        "BAD_API_KEY WRONG_KEY UNAUTHENTICATED UNAUTHORIZED NO_ACCESS"
    ),
    "BAD_ACTION": (
        "NO_METHOD NO_ACTION METHOD_NOT_FOUND WRONG_ACTION ROUTE_NOT_FOUND ACTION_NOT_FOUND "
        "UNKNOWN_ACTION"
    ),
    "NO_NUMBERS": (
        "NO_NUMBER NO_PROVIDERS NO_PRICES NO_PRICE NO_FREE_PHONES NO_PHONES OFFER_NOT_FOUND "
        "NO_FREE_NUMBERS"
    ),
    "SERVICE_NOT_AVAILABLE": (
        "SERVICE_RESTRICTED THE_SERVICE_IS_PROHIBITED_FOR_SALE_BY_ADMINISTRATION "
        "WHATSAPP_NOT_AVAILABLE NOT_AVAILABLE"
    ),
    "NO_BALANCE": (
        "NOT_ENOUGH_USER_BALANCE NOT_ENOUGH_BALANCE NOT_ENOUGH_MONEY NOT_ENOUGH_FUNDS "
        "INSUFFICIENT_BALANCE INSUFFICIENT_FUNDS NO_FUNDS BAD_BALANCE LOW_BALANCE NO_MONEY "
        "NO_BALANCE_FORWARD"
    ),
    "BAD_VALUES": (
        "BAD_VALUE BAD_FIXED_PRICE BAD_MULTIPLE BAD_ACTIVATION_TYPE UNPROCESSABLE_ENTITY"
    ),
    "BAD_PROVIDER_IDS": "BAD_EXCEPT_PROVIDER_IDS INVALID_PROVIDER",
    "BAD_CURRENCY": "WRONG_CURRENCY CURRENCY_CHANGE_UNAVAILABLE",
    "NOT_FOUND": "BAD_ID WRONG_ID INVALID_ID NO_ID ID_NOT_FOUND",
    "NO_ACTIVATION": "ACTIVATION_NOT_FOUND NUMBER_NOT_FOUND",
    "NO_ID_RENT": "RENT_NOT_FOUND",
    "SIM_OFFLINE": "SIM_TEMPORARY_OFFLINE",
    "MAX_HOURS_EXCEED": "MAX_HOURS_EXCEEDED",
    "TOO_MANY_ACTIVE_RENTALS": "TOO_MANY_RENTALS",
    "RATE_LIMIT": "REQUEST_LIMIT REQUESTS_LIMIT CONCURRENT_LIMIT TOO_MANY_REQUESTS",
    "BAD_SERVICE": "SERVICE_IS_INCORRECT",
    "BAD_COUNTRY": "WRONG_COUNTRY COUNTRY_IS_INCORRECT",
    "ERROR_SQL": "SQL_ERROR",
    "SERVER_ERROR": "NO_CONNECTION",
}
"""Other spellings of the same refusal, by its code."""
SAME_AS = {other: code for code, others in SPELLINGS.items() for other in others.split()}
"""The code of each of them."""

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

IN_RENTS: dict[str, Meaning] = {
    "NOT_FOUND": Meaning(tree.RentNotFound, "no such rent", _LOOK_UP_RENTS),
    "NO_ACTIVATION": Meaning(tree.RentNotFound, "no such rent", _LOOK_UP_RENTS),
    "ACTIVATION_NOT_ACTIVE": Meaning(tree.RentOver, "the rent is over already"),
    "FREE_CANCELLATION_EXPIRED": DOCUMENTED["CANT_CANCEL"],
}
"""Where a code means something else of a rent."""

IN_ACTION: dict[tuple[str, str], Meaning] = {
    ("buyPartnerProduct", "BAD_ACTION"): Meaning(
        tree.BadAction,
        "no such action, or the reseller is not verified",
        "Ask the provider's support to verify your account.",
    ),
    ("getRentNumber", "NO_NUMBERS"): Meaning(
        tree.NoNumbers,
        "no number is left for this choice",
        "{get_rent_services_and_countries()} lists what can be rented",
    ),
    ("getMultiServiceNumber", "NO_NUMBERS"): Meaning(
        tree.NoNumbers,
        "no number is left for all of these services",
        "Ask for fewer services",
        "{get_countries()} tells where multi_service is True",
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
    if "Rent" in action and code in IN_RENTS:
        return IN_RENTS[code]
    return IN_ACTION.get((action, code)) or DOCUMENTED.get(code) or UNDOCUMENTED.get(code)
