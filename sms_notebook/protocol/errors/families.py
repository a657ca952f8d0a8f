"""What words mean that no table has: providers say the same refusals in words of their own."""

import re

from sms_notebook.protocol.errors import codes
from sms_notebook.protocol.errors.codes import Meaning

# As text: compiled when first asked for, since all of them together take long.
_LONG_NUMBER = r"\d{5,}"
_SUCCESS = r"(?:ACCESS|STATUS)|(?:.*_)?(?:OK|SUCCESS\w*)(?:_|$)"
_ANSWERS = ("ACCESS_NUMBER", "STATUS_OK", "SUCCESS")
_PENDING = r"(?:.*_)?(?:DONE|PENDING|PROCESSING|ACCEPTED|CREATED|BOUGHT|PURCHASED|QUEUED)"
_SERVER = (
    r"ERROR(?:_|$)|SERVICE_UNAVAILABLE$"
    r"|(?:.*_)?(?:SQL|SERVER|INTERNAL|DATABASE|TIMEOUT|GATEWAY|CONNECTION|SYSTEM|UNEXPECTED)(?:_|$)"
    r"|(?:.*_)?(?:API|DB|UNKNOWN|TECHNICAL|FATAL)_ERROR$"
)
_WRONG = r"(?:BAD|WRONG|INVALID|INCORRECT|UNKNOWN|NO_SUCH|MISSING)"
_IS_WRONG = r"(?:IS_)?(?:INVALID|WRONG|INCORRECT|UNKNOWN|MISSING|NOT_VALID|NOT_FOUND|REQUIRED)"
_SOLD = r"(?:SERVICE|COUNTRY|REGION|OPERATOR)"
_FAMILIES = (
    (r"(?:NOT_ENOUGH|INSUFFICIENT|LOW|NO)_(?:\w+_)?(?:BALANCE|MONEY|FUNDS)(?:_|$)", "NO_BALANCE"),
    (r"(?:BALANCE|MONEY|FUNDS)_(?:\w+_)?(?:LOW|ENOUGH|INSUFFICIENT|EMPTY)(?:_|$)", "NO_BALANCE"),
    (r"(?:API_?)?(?:KEY|TOKEN)_" + _IS_WRONG, "BAD_KEY"),
    (_WRONG + r"_(?:\w+_)?(?:KEY|TOKEN)(?:_|$)", "BAD_KEY"),
    (r"TOO_(?:MANY|FREQUENT)_(?:\w+_)?REQUESTS?|(?:REQUESTS?|RATE)_LIMIT|FLOOD", "RATE_LIMIT"),
    (
        _SOLD + r"_(?:\w+_)?(?:PROHIBITED|FORBIDDEN|RESTRICTED|DISABLED|UNAVAILABLE)",
        "SERVICE_NOT_AVAILABLE",
    ),
    (
        _SOLD + r"_(?:\w+_)?NOT_(?:\w+_)?(?:AVAILABLE|SUPPORTED|SOLD|ALLOWED)",
        "SERVICE_NOT_AVAILABLE",
    ),
    (_WRONG + r"_SERVICE(?:_|$)|SERVICE_" + _IS_WRONG, "BAD_SERVICE"),
    (_WRONG + r"_COUNTRY(?:_|$)|COUNTRY_" + _IS_WRONG, "BAD_COUNTRY"),
    (_WRONG + r"_(?:ACTION|METHOD)(?:_|$)|(?:ACTION|METHOD)_" + _IS_WRONG, "BAD_ACTION"),
    (
        r"(?:.*_)?(?:NO|OUT_OF)_(?:\w+_)?(?:NUMBERS?|PHONES?|STOCK|OFFERS?|SIMS?)(?:_|$)",
        "NO_NUMBERS",
    ),
    (
        r"(?:NUMBERS?|PHONES?|OFFERS?)_(?:\w+_)?(?:UNAVAILABLE|NOT_(?:\w+_)?(?:AVAILABLE|FOUND))",
        "NO_NUMBERS",
    ),
)
_CHANGES = ("setStatus", "setRentStatus")
_EARLY = (
    r"(?:.*_)?EARLY(?:_|$)|(?:.*_)?(?:CAN_?NOT|CAN_?T)_(?:\w+_)?BEFORE|(?:.*_)?TOO_SOON"
    r"|(?=.*(?:CANCEL|REFUND|WAIT)).*(?:_|^)(?:BEFORE|AFTER|IN|WAIT|FIRST)_(?:\w+_)?\d+"
    r"|(?=.*CANCEL).*(?:NOT_YET|LATER|TOO_FAST)|(?:.*_)?BEFORE_\d+_?(?:MIN|SEC)"
)
_OVER = (
    r"(?=.*ALREADY).*(?:CANCEL|FINISH|CLOSE|COMPLETE|END|OVER|REFUND|EXPIRE|DONE)"
    r"|(?:ACTIVATION|NUMBER|ORDER)_(?:\w+_)?(?:EXPIRED|CLOSED|CANCELL?ED|FINISHED|COMPLETED)"
    r"|(?:ACTIVATION|NUMBER|ORDER)_(?:\w+_)?(?:NOT_ACTIVE|INACTIVE|IS_OVER)"
    r"|STATUS_(?:CANCEL|FINISH|REVOKE|REFUND|EXPIRE|CLOSE|COMPLETE|END(?:ED)?$|OVER$|TIME_?OUT)"
)


def normal(code: str) -> str:
    """Spell a code as the tables do.

    Examples
    --------
    >>> normal("Unauthenticated."), normal("noNumbers"), normal("no free phones")
    ('UNAUTHENTICATED', 'NO_NUMBERS', 'NO_FREE_PHONES')
    """
    spread = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", code[:200])
    return re.sub(r"[^A-Z0-9]+", "_", spread.upper()).strip("_")


def is_over(word: str) -> bool:
    """Tell whether a word says that an activation has ended."""
    return word in ("STATUS_CANCEL", "ACTIVATION_NOT_ACTIVE") or re.match(_OVER, word) is not None


def is_early(word: str) -> bool:
    """Tell whether a word says that a cancel comes too early."""
    return re.match(_EARLY, word) is not None


def meaning(word: str, action: str = "") -> Meaning | None:
    """Return what a word means by the table, or else by its kind.

    Parameters
    ----------
    word : str
        As `normal` spells it.
    action : str
        The action, since a few words mean something else in one.
    """
    if "Rent" not in action and word not in codes.DOCUMENTED and is_over(word):
        word = "ACTIVATION_NOT_ACTIVE"
    if word.startswith("ALREADY_") and "Rent" not in action:
        word = "ACTIVATION_NOT_ACTIVE"
    if known := codes.meaning(word, action):
        return known
    if action in _CHANGES and is_early(word):
        return codes.meaning("EARLY_CANCEL_DENIED", action)
    for phrase, code in _FAMILIES:
        if re.match(phrase, word):
            return codes.meaning(code, action)
    return codes.meaning("SERVER_ERROR") if re.match(_SERVER, word) else None


def is_refusal(word: str, *details: object) -> bool:
    """Tell whether a word nobody knows refuses, so that nothing was bought.

    It does unless it holds a number of five digits or more, speaks of success or of something that
    is under way, or of trouble at the provider.

    Parameters
    ----------
    word : str
        As `normal` spells it.
    *details : object
        What came with it.

    Examples
    --------
    >>> is_refusal("CATALOG_NOT_READY"), is_refusal("ERROR_API"), is_refusal("ACCESS_X")
    (True, False, False)
    """
    if any(success.startswith(word) for success in _ANSWERS):  # also one that is cut short
        return False
    if any(re.search(_LONG_NUMBER, str(detail)) for detail in (word, *details)):
        return False
    return not any(re.match(kind, word) for kind in (_SUCCESS, _PENDING, _SERVER))
