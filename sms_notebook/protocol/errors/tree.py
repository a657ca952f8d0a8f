"""The error tree.

::

    SmsError
    ├── ApiError                the provider said no
    │   ├── BadKey  BadService  BadCountry  BadStatus  BadAction  BadValue
    │   ├── NoNumbers  NoBalance  WrongMaxPrice  OrderAlreadyExists
    │   ├── ActivationNotFound  EarlyCancelDenied  CodeAlreadyReceived
    │   ├── ReactivationUnavailable  VoiceError
    │   ├── RentError: RentNotFound  RentOver  BadRentTime  MaxHoursExceeded  CannotCancelRent
    │   ├── Banned  AccountBlocked  RateLimited
    │   └── ServerError
    ├── MalformedReply          the reply cannot be read
    ├── ConnectionFailed        the provider did not answer
    ├── PurchaseUncertain       money may have been spent
    ├── BudgetExceeded          nothing was sent
    ├── LedgerProblem           the ledger cannot be kept, so nothing is bought
    ├── CodeTimeout             no code in time; the activation is still alive
    ├── ActivationOver          it ended, and no new code is known of
    └── UsageProblem            the question was wrong; nothing was sent

Each carries what happened and the next steps as data; as text, and in IPython, it is one line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sms_notebook.protocol.errors.sms_error import SmsError

__all__ = [
    "AccountBlocked",
    "ActivationNotFound",
    "ActivationOver",
    "ApiError",
    "BadAction",
    "BadCountry",
    "BadKey",
    "BadRentTime",
    "BadService",
    "BadStatus",
    "BadValue",
    "Banned",
    "BudgetExceeded",
    "CannotCancelRent",
    "CodeAlreadyReceived",
    "CodeTimeout",
    "ConnectionFailed",
    "EarlyCancelDenied",
    "Found",
    "LedgerProblem",
    "MalformedReply",
    "MaxHoursExceeded",
    "NoBalance",
    "NoNumbers",
    "Order",
    "OrderAlreadyExists",
    "PurchaseUncertain",
    "RateLimited",
    "ReactivationUnavailable",
    "RentError",
    "RentNotFound",
    "RentOver",
    "ServerError",
    "SmsError",
    "UsageProblem",
    "VoiceError",
    "WrongMaxPrice",
]
"""The public names, once."""


class Found(NamedTuple):
    """What the reply of a purchase says of a number, whatever else cannot be read of it."""

    activation_id: str | None  #: Id of the activation or rent.
    phone_number: str | None  #: Number with country code, without +.


class ApiError(SmsError):
    """The provider refused, and said why.

    Attributes
    ----------
    code : str
        The code as it was on the wire, for example ``NO_NUMBERS``.
    details : object
        What came with the code: the text after the colon, or the ``info`` of a JSON error.
    is_definite : bool
        Whether it was clearly refused. False where a purchase may have gone through all the same:
        the provider failed inside, or only an HTTP status speaks.
    found : tuple of Found
        The ids and numbers that the refusal of a purchase holds all the same.
    """

    code: str = ""
    details: Any = None
    is_definite: bool = True
    found: tuple[Found, ...] = ()


class BadKey(ApiError):
    """The provider does not know the API key (``BAD_KEY``)."""


class BadService(ApiError):
    """The provider does not know the service (``BAD_SERVICE``, ``WRONG_SERVICE``)."""


class BadCountry(ApiError):
    """The provider does not know the country (``OPERATORS_NOT_FOUND``, ``BAD_COUNTRY``)."""


class BadStatus(ApiError):
    """The status is wrong, or not allowed now (``BAD_STATUS``, ``INCORECT_STATUS``)."""


class BadAction(ApiError):
    """The provider does not have this action (``BAD_ACTION``).

    Attributes
    ----------
    is_missing : bool
        Whether that is certain. False where the word also stands for other things, such as a wrong
        key or id, or where only an HTTP status says so: somebody in between may have spoken.
    """

    is_missing: bool = True


class BadValue(ApiError):
    """Another value is wrong (``WRONG_DATE``, ``WRONG_EXCEPTION_PHONE``, ``BAD_DATA``)."""


class NoNumbers(ApiError):
    """No number is left for this choice (``NO_NUMBERS``, ``OUT_OF_STOCK``)."""


class NoBalance(ApiError):
    """There is not enough money in the account (``NO_BALANCE``)."""


class WrongMaxPrice(ApiError):
    """The maximum price is under the lowest possible one (``WRONG_MAX_PRICE``).

    Attributes
    ----------
    minimum : float or None
        The lowest price the provider takes, in its currency.
    """

    minimum: float | None = None


class OrderAlreadyExists(ApiError):
    """The ``orderId`` was used before: nothing new was bought (``ORDER_ALREADY_EXISTS``)."""


class ActivationNotFound(ApiError):
    """There is no such activation, or it is over (``NO_ACTIVATION``, ``WRONG_ACTIVATION_ID``).

    Attributes
    ----------
    is_over : bool
        Whether the provider says that it was there and has ended: it is cancelled or finished
        already.
    """

    is_over: bool = False


class EarlyCancelDenied(ApiError):
    """A number cannot be cancelled in its first two minutes (``EARLY_CANCEL_DENIED``).

    Attributes
    ----------
    retry_after : float
        Seconds after which it is allowed for certain.
    """

    retry_after: float = 120.0


class CodeAlreadyReceived(ApiError):
    """A code came before the change of status (``OTP_RECEIVED``, ``NEW_OTP_RECEIVED``).

    Attributes
    ----------
    messages : list
        The messages as the provider sent them along.
    """

    messages: Sequence[Any] = ()


class ReactivationUnavailable(ApiError):
    """The number cannot be used again (``RENEW_ACTIVATION_NOT_AVAILABLE``, ``SIM_OFFLINE``, …)."""


class VoiceError(ApiError):
    """A voice call cannot be parsed again (``NO_CALL``, ``PARSE_COUNT_EXCEED``)."""


class RentError(ApiError):
    """Something is wrong with a rent."""


class RentNotFound(RentError):
    """There is no such rent in this account (``NO_ID_RENT``, ``INVALID_PHONE``)."""


class RentOver(RentError):
    """The rent has ended (``ALREADY_FINISH``, ``ALREADY_CANCEL``, ``RENT_DIE``)."""


class BadRentTime(RentError):
    """The number of hours is not allowed (``INVALID_TIME``, ``BAD_DURATION``).

    Attributes
    ----------
    available : tuple of int
        The hours that can be had, where the provider says them.
    """

    available: tuple[int, ...] = ()


class MaxHoursExceeded(RentError):
    """The rent cannot be extended by that many hours (``MAX_HOURS_EXCEED``).

    Attributes
    ----------
    maximum : int or None
        The most hours that can be had.
    """

    maximum: int | None = None


class CannotCancelRent(RentError):
    """A rent can be cancelled only in its first 20 minutes (``CANT_CANCEL``)."""


class Banned(ApiError):
    """The account is blocked for a time (``BANNED``).

    Attributes
    ----------
    until : datetime or None
        When the ban ends, in UTC.
    """

    until: datetime | None = None


class AccountBlocked(ApiError):
    """The account is blocked or not active (``CHANNELS_LIMIT``, ``ACCOUNT_INACTIVE``)."""


class RateLimited(ApiError):
    """Too many requests (HTTP 429, ``RATE_LIMIT``).

    Attributes
    ----------
    retry_after : float or None
        Seconds to wait, where the provider said so.
    """

    retry_after: float | None = None


class ServerError(ApiError):
    """The provider has a problem of its own (HTTP 5xx, ``ERROR_SQL``, ``SERVER_ERROR``)."""


class MalformedReply(SmsError):
    """The reply cannot be read: empty, cut short, a web page, or without what it must have.

    Attributes
    ----------
    is_cut : bool
        Whether its end is missing: asked for again, it may be whole.
    found : tuple of Found
        The ids and numbers in the reply of a purchase: what may have been bought.
    """

    is_cut: bool = False
    found: tuple[Found, ...] = ()


class ConnectionFailed(SmsError):
    """The provider did not answer.

    Attributes
    ----------
    sent : bool
        Whether the request may have reached the provider.
    found : tuple of Found
        The ids and numbers in what had come of a reply when it broke off.
    """

    sent: bool = True
    found: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase as it was sent.

    Attributes
    ----------
    action : str
        The API's name of the action.
    params : mapping
        What was asked for, by the API's names, without the key.
    sent_at : datetime
        When it was sent, in UTC.
    """

    action: str
    params: Mapping[str, str]
    sent_at: datetime


class PurchaseUncertain(SmsError):
    """A purchase was sent, and its outcome is unknown: money may have been spent.

    Attributes
    ----------
    order : Order or None
        What was sent, and when.
    found, candidates : tuple of Found
        The ids and numbers in a reply that cannot be read otherwise; those listed that may be it.
    """

    order: Order | None = None
    found: tuple[Found, ...] = ()
    candidates: tuple[Found, ...] = ()


class BudgetExceeded(SmsError):
    """A purchase would go over the day's budget. Nothing was sent.

    Attributes
    ----------
    limit, spent, asked : Decimal
        The day's limit, what is spent or reserved of it, what this needed; in their currency.
    """

    limit: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    asked: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        """What can still be spent today."""
        return max(self.limit - self.spent, Decimal(0))


class LedgerProblem(SmsError):
    """The ledger cannot be read or written: locked, read-only, full, damaged, moved or replaced."""

    repeats_arguments = True


class CodeTimeout(SmsError):
    """No code came in the time that was given. The activation is still alive.

    Attributes
    ----------
    activation : str or None
        Its id, for waiting again.
    """

    activation: str | None = None


class ActivationOver(SmsError):
    """The activation, or the rent, ended without a new code, as far as that is known.

    Attributes
    ----------
    activation, status : str
        Its id, and the provider's last word; empty where nobody tells how it ended.
    is_known : bool
        Whether the provider told how it ended; where not, a code may have come.
    """

    activation: str | None = None
    status: str = ""
    is_known: bool = True


class UsageProblem(SmsError, ValueError):
    """The question was wrong. Nothing was sent."""

    repeats_arguments = True
