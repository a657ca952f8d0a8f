"""Numbers: buying one for a service, for several, or again."""

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import CountryLike, Identifier, Price, Texts
from sms_notebook.protocol.calls import Buys, Caller, Frame, Params, action
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers import activations as read

_SMS, _VOICE = 0, 2


class Numbers(Caller[Frame]):
    """Actions that buy numbers."""

    @action(
        "getNumber",
        tables.NUMBER,
        read.number,
        buys=Buys.NUMBER,
        answers=("ACCESS_NUMBER",),
    )
    def get_number(
        self,
        service: str,
        country: CountryLike,
        *,
        max_price: Price | None = None,
        operator: Texts | None = None,
        phone_exception: Texts | None = None,
        activation_type: int | None = None,
        language: str | None = None,
        use_cash_back: bool | None = None,
        ref: str | None = None,
        user_id: Identifier | None = None,
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
        activation_type : {0, 1, 2}, optional
            0 by SMS, 1 by the calling number, 2 by voice.
        language : str, optional
            In which language a voice is parsed; needed for type 2.
        use_cash_back : bool, optional
            True pays with the cashback first; it stays so for all later purchases.
        ref : str, optional
            Your referral id.
        user_id : str or int, optional
            Your user, to be banned in place of your account for poor statistics.

        Raises
        ------
        NoNumbers, NoBalance, WrongMaxPrice, BadService, BadKey, BadValue, Banned, AccountBlocked
        PurchaseUncertain
            If the outcome is open: it was sent once, and the number may have been bought.

        Examples
        --------
        >>> number = sms.get_number("tg", "Kazakhstan", max_price="2.00")
        >>> number.columns.tolist()
        ['activation_id', 'phone_number']
        """
        return {
            "service": arg.required("service", arg.one("service", service)),
            "country": arg.required("country", arg.identifier("country", country)),
            "maxPrice": arg.price("max_price", max_price),
            "operator": arg.joined("operator", operator),
            "phoneException": arg.joined("phone_exception", phone_exception, arg.identifier),
            "activationType": arg.whole(
                "activation_type", activation_type, _SMS, _VOICE, such_as="0, 1 or 2"
            ),
            "language": arg.one("language", language),
            "useCashBack": arg.flag("use_cash_back", use_cash_back),
            "ref": arg.one("ref", ref),
            "userId": arg.identifier("user_id", user_id),
        }

    @action(
        "getNumberV2",
        tables.NUMBER_V2,
        read.number_v2,
        buys=Buys.NUMBER,
        order_param="orderId",
        answers=("ACCESS_NUMBER",),
    )
    def get_number_v2(
        self,
        service: str,
        country: CountryLike,
        *,
        max_price: Price | None = None,
        operator: Texts | None = None,
        phone_exception: Texts | None = None,
        activation_type: int | None = None,
        language: str | None = None,
        use_cash_back: bool | None = None,
        ref: str | None = None,
        user_id: Identifier | None = None,
        order_id: Identifier | None = None,
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
        activation_type : {0, 1, 2}, optional
            0 by SMS, 1 by the calling number, 2 by voice.
        language : str, optional
            In which language a voice is parsed; needed for type 2.
        use_cash_back : bool, optional
            True pays with the cashback first; it stays so for all later purchases.
        ref : str, optional
            Your referral id.
        user_id : str or int, optional
            Your user, to be banned in place of your account for poor statistics.
        order_id : str or int, optional
            Your own id of this order: the provider fills the same order once only.

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
            "service": arg.required("service", arg.one("service", service)),
            "country": arg.required("country", arg.identifier("country", country)),
            "maxPrice": arg.price("max_price", max_price),
            "operator": arg.joined("operator", operator),
            "phoneException": arg.joined("phone_exception", phone_exception, arg.identifier),
            "activationType": arg.whole(
                "activation_type", activation_type, _SMS, _VOICE, such_as="0, 1 or 2"
            ),
            "language": arg.one("language", language),
            "useCashBack": arg.flag("use_cash_back", use_cash_back),
            "ref": arg.one("ref", ref),
            "userId": arg.identifier("user_id", user_id),
            "orderId": arg.identifier("order_id", order_id),
        }

    @action(
        "getMultiServiceNumber",
        tables.MULTI_SERVICE,
        read.multi_service,
        buys=Buys.NUMBERS,
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
            "ref": arg.one("ref", ref),
        }

    @action(
        "getExtraActivation",
        tables.NUMBER,
        read.number,
        buys=Buys.AGAIN,
        answers=("ACCESS_NUMBER",),
    )
    def get_extra_activation(self, activation_id: Identifier) -> Params:
        """Buy another activation on a number that got its code before. This spends money.

        Parameters
        ----------
        activation_id : str or int
            The activation before, the parent.

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
        return {"activationId": arg.activation_id(activation_id)}

    @action("checkExtraActivation", tables.EXTRA_CHECK, read.extra_check)
    def check_extra_activation(self, activation_id: Identifier) -> Params:
        """Whether a number can be used again, and for how much.

        Parameters
        ----------
        activation_id : str or int
            The activation before, the parent.

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
        return {"activationId": arg.activation_id(activation_id)}
