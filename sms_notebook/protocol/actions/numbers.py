"""Numbers: buying one for a service, for several, or again."""

from decimal import Decimal

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import (
    ActivationType,
    CountryLike,
    Identifier,
    OneNumber,
    Price,
    Texts,
)
from sms_notebook.protocol.calls import Caller, Frame, Params, PurchaseKind, action
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.sms_error import Parameter, Phrase
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers import numbers as read

_SMS, _VOICE = 0, 2
FILTERS = {
    "minPrice": "min_price",
    "fixedPrice": "fixed_price",
    "providerIds": "provider_ids",
    "exceptProviderIds": "except_provider_ids",
}
"""Filters of a purchase beyond the API documentation, as methods call them."""


class Numbers(Caller[Frame]):
    """Actions that buy numbers."""

    @action(
        "getNumber",
        tables.NUMBER,
        read.number,
        section="Request a number",
        buys=PurchaseKind.NUMBER,
        answers=("ACCESS_NUMBER",),
        extras=FILTERS,
    )
    def get_number(
        self,
        service: str,
        country: CountryLike,
        *,
        max_price: Price | None = None,
        operator: Texts | None = None,
        phone_exception: Texts | None = None,
        activation_type: ActivationType | None = None,
        language: str | None = None,
        use_cash_back: bool | None = None,
        ref: str | None = None,
        user_id: Identifier | None = None,
        min_price: Price | None = None,
        fixed_price: bool | None = None,
        provider_ids: Texts | None = None,
        except_provider_ids: Texts | None = None,
    ) -> Params:
        """Buy a number for one service. This spends money.

        Parameters
        ----------
        service : str
            Code or name.
        country : int or str
            Id, ISO code or English name.
        max_price : Decimal, float or str, optional
            The most you pay (FreePrice), in the provider's currency; the usual price if not given.
        operator : str or list of str, optional
            Preferred operators; the provider takes another one where they have no number.
        phone_exception : str or list of str, optional
            Prefixes that the number must not have: country code and 3 to 6 digits.
        activation_type : {"sms", "call", "voice"}, optional
            How the code comes: in an SMS, as the number that calls, or spoken in a call. The
            protocol's numbers 0, 1 and 2 mean the same.
        language : str, optional
            In which language a voice is parsed; needed for ``voice``.
        use_cash_back : bool, optional
            True pays with the cashback first; it stays so for all later purchases.
        ref : str, optional
            Your referral id.
        user_id : str or int, optional
            Your user, to be banned in place of your account for poor statistics.
        min_price : Decimal, float or str, optional
            The least you pay: cheaper numbers are passed over. Beyond the API documentation, like
            the following: refused where the provider would ignore it.
        fixed_price : bool, optional
            True buys at exactly ``max_price``, not below it; it is no ceiling.
        provider_ids : str or list of str, optional
            Only numbers of these suppliers; `get_price_tiers` names them.
        except_provider_ids : str or list of str, optional
            No numbers of these suppliers.

        Raises
        ------
        NoNumbers, NoBalance, WrongMaxPrice, BadService, BadKey, BadValue, Banned, AccountBlocked
        PurchaseUncertain
            If the outcome is open: it was sent once, and the number may have been bought.

        Examples
        --------
        >>> number = sms.get_number("tg", "Kazakhstan", max_price="2.00")
        >>> number.columns.tolist()
        ['phone_number', 'activation_cost', 'activation_id']
        """
        return {
            "service": arg.required("service", arg.text("service", service)),
            "country": arg.required("country", arg.identifier("country", country)),
            "maxPrice": arg.price("max_price", max_price),
            "operator": arg.joined("operator", operator),
            "phoneException": arg.joined("phone_exception", phone_exception, arg.identifier),
            "activationType": arg.activation_type(activation_type),
            "language": arg.text("language", language),
            "useCashBack": arg.flag("use_cash_back", use_cash_back),
            "ref": arg.text("ref", ref),
            "userId": arg.identifier("user_id", user_id),
            **_filters(max_price, min_price, fixed_price, provider_ids, except_provider_ids),
        }

    @action(
        "getNumberV2",
        tables.NUMBER_V2,
        read.number_v2,
        section="V2 Number Request",
        buys=PurchaseKind.NUMBER,
        order_param="orderId",
        answers=("ACCESS_NUMBER",),
        extras=FILTERS,
    )
    def get_number_v2(
        self,
        service: str,
        country: CountryLike,
        *,
        max_price: Price | None = None,
        operator: Texts | None = None,
        phone_exception: Texts | None = None,
        activation_type: ActivationType | None = None,
        language: str | None = None,
        use_cash_back: bool | None = None,
        ref: str | None = None,
        user_id: Identifier | None = None,
        order_id: Identifier | None = None,
        min_price: Price | None = None,
        fixed_price: bool | None = None,
        provider_ids: Texts | None = None,
        except_provider_ids: Texts | None = None,
    ) -> Params:
        """Buy a number for one service, and see what it cost. This spends money.

        Parameters
        ----------
        service : str
            Code or name.
        country : int or str
            Id, ISO code or English name.
        max_price : Decimal, float or str, optional
            The most you pay (FreePrice), in the provider's currency; the usual price if not given.
        operator : str or list of str, optional
            Preferred operators; the provider takes another one where they have no number.
        phone_exception : str or list of str, optional
            Prefixes that the number must not have: country code and 3 to 6 digits.
        activation_type : {"sms", "call", "voice"}, optional
            How the code comes: in an SMS, as the number that calls, or spoken in a call. The
            protocol's numbers 0, 1 and 2 mean the same.
        language : str, optional
            In which language a voice is parsed; needed for ``voice``.
        use_cash_back : bool, optional
            True pays with the cashback first; it stays so for all later purchases.
        ref : str, optional
            Your referral id.
        user_id : str or int, optional
            Your user, to be banned in place of your account for poor statistics.
        order_id : str or int, optional
            Your own id of this order: the provider fills the same order once only.
        min_price : Decimal, float or str, optional
            The least you pay: cheaper numbers are passed over. Beyond the API documentation, like
            the following: refused where the provider would ignore it.
        fixed_price : bool, optional
            True buys at exactly ``max_price``, not below it; it is no ceiling.
        provider_ids : str or list of str, optional
            Only numbers of these suppliers; `get_price_tiers` names them.
        except_provider_ids : str or list of str, optional
            No numbers of these suppliers.

        Raises
        ------
        OrderAlreadyExists
            If ``order_id`` has been used already. Nothing new was bought.
        NoNumbers, NoBalance, WrongMaxPrice, BadService, BadKey, BadValue, Banned, AccountBlocked
        PurchaseUncertain
            If the outcome is open: it was sent once, and the number may have been bought.

        Examples
        --------
        >>> number = sms.get_number_v2("Telegram", "KZ")
        >>> number.loc[0, "currency"]
        'USD'
        """
        return {
            "service": arg.required("service", arg.text("service", service)),
            "country": arg.required("country", arg.identifier("country", country)),
            "maxPrice": arg.price("max_price", max_price),
            "operator": arg.joined("operator", operator),
            "phoneException": arg.joined("phone_exception", phone_exception, arg.identifier),
            "activationType": arg.activation_type(activation_type),
            "language": arg.text("language", language),
            "useCashBack": arg.flag("use_cash_back", use_cash_back),
            "ref": arg.text("ref", ref),
            "userId": arg.identifier("user_id", user_id),
            "orderId": arg.identifier("order_id", order_id),
            **_filters(max_price, min_price, fixed_price, provider_ids, except_provider_ids),
        }

    @action(
        "getMultiServiceNumber",
        tables.MULTI_SERVICE,
        read.multi_service,
        section="Ordering a virtual number for several services",
        buys=PurchaseKind.NUMBERS,
    )
    def get_multi_service_number(
        self,
        services: Texts,
        country: CountryLike,
        *,
        operator: Texts | None = None,
        ref: str | None = None,
    ) -> Params:
        """Buy one number for several services: one activation each. This spends money.

        Parameters
        ----------
        services : str or list of str
            Codes or names.
        country : int or str
            Id, ISO code or English name; get_countries() tells where ``multi_service`` is True.
        operator : str or list of str, optional
            Only these operators.
        ref : str, optional
            Your referral id.

        Raises
        ------
        NoNumbers, NoBalance, BadService, BadKey, BadAction, Banned
        PurchaseUncertain
            If the outcome is open: it was sent once, and the number may have been bought.

        Examples
        --------
        >>> numbers = sms.get_multi_service_number(["tg", "wa"], 2)
        >>> numbers["service"].tolist()
        ['tg', 'wa']
        """
        return {
            "multiService": arg.required("services", arg.joined("services", services)),
            "country": arg.required("country", arg.identifier("country", country)),
            "operator": arg.joined("operator", operator),
            "ref": arg.text("ref", ref),
        }

    @action(
        "getExtraActivation",
        tables.NUMBER,
        read.number,
        section="Virtual number reactivation",
        buys=PurchaseKind.AGAIN,
        answers=("ACCESS_NUMBER", "ASLEEP"),
        extras={"rent_time": "hours"},
    )
    def get_extra_activation(self, activation_id: OneNumber, *, hours: int | None = None) -> Params:
        """Buy another activation on a number that got its code before. This spends money.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation before, the parent.
        hours : int, optional
            For how long, at providers where that can be chosen; beyond the API documentation.

        Raises
        ------
        ReactivationUnavailable, ActivationNotFound, NoBalance
        PurchaseUncertain
            If the outcome is open: it was sent once, and the activation may have been bought.

        Examples
        --------
        >>> sms.get_extra_activation(1)
        Traceback (most recent call last):
            ...
        sms_notebook.ActivationNotFound: ...
        """
        return {
            "activationId": arg.activation_id(activation_id),
            "rent_time": arg.whole("hours", hours, 1),
        }

    @action(
        "checkExtraActivation",
        tables.EXTRA_CHECK,
        read.extra_check,
        section="Get a price for additional number activation",
        extras={"rent_time": "hours"},
    )
    def check_extra_activation(
        self, activation_id: OneNumber, *, hours: int | None = None
    ) -> Params:
        """Whether a number can be used again, and for how much.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation before, the parent.
        hours : int, optional
            For how long, at providers where that can be chosen; the price of the shortest time if
            not given. Beyond the API documentation.

        Raises
        ------
        ReactivationUnavailable, ActivationNotFound

        Examples
        --------
        >>> sms.check_extra_activation(1)
        Traceback (most recent call last):
            ...
        sms_notebook.ActivationNotFound: ...
        """
        return {
            "activationId": arg.activation_id(activation_id),
            "rent_time": arg.whole("hours", hours, 1),
        }


def _filters(
    max_price: Price | None,
    min_price: Price | None,
    fixed_price: bool | None,
    provider_ids: Texts | None,
    except_provider_ids: Texts | None,
) -> Params:
    """Return the filters of a purchase; those that cannot be meant are refused."""
    most, least = arg.price("max_price", max_price), arg.price("min_price", min_price)
    is_fixed = arg.flag("fixed_price", fixed_price)
    if is_fixed == "true" and most is None:
        raise UsageProblem(
            Phrase(
                "{fixed} buys at exactly {most}, which is missing: it is no ceiling",
                fixed=Parameter("fixed_price"),
                most=Parameter("max_price"),
            )
        )
    if most is not None and least is not None and Decimal(least) > Decimal(most):
        above = Phrase(
            "{least} is above {most}", least=Parameter("min_price"), most=Parameter("max_price")
        )
        raise UsageProblem(above)
    return {
        "minPrice": least,
        "fixedPrice": is_fixed,
        "providerIds": arg.joined("provider_ids", provider_ids, arg.identifier),
        "exceptProviderIds": arg.joined("except_provider_ids", except_provider_ids, arg.identifier),
    }
