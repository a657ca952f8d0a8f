"""Activations: a number for one service, and the codes that it receives."""

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import CountryLike, Identifier, Moment, Price, Texts
from sms_notebook.protocol.calls import Caller, Effect, Frame, Params, action
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers import activations as read

_SMS, _VOICE = 0, 2


def _activation_id(value: object) -> str:
    """Return the id of an activation."""
    return arg.required("activation_id", arg.identifier("activation_id", value))


class Activations(Caller[Frame]):
    """Actions on activations."""

    @action(
        "getActiveActivations",
        tables.ACTIVE_ACTIVATIONS,
        read.active_activations,
        answers=("NO_ACTIVATIONS",),
    )
    def get_active_activations(self) -> Params:
        """Activations that are alive, with the codes so far; an empty frame where there are none.

        Raises
        ------
        BadKey, ServerError

        Examples
        --------
        >>> "sms_code" in sms.get_active_activations()
        True
        """
        return {}

    @action(
        "getNumber",
        tables.NUMBER,
        read.number,
        effect=Effect.PURCHASE,
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
            Only these operators; another one is taken where they have no number.
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
            "phoneException": arg.joined("phone_exception", phone_exception),
            "activationType": arg.whole("activation_type", activation_type, _SMS, _VOICE),
            "language": arg.one("language", language),
            "useCashBack": arg.flag("use_cash_back", use_cash_back),
            "ref": arg.one("ref", ref),
            "userId": arg.identifier("user_id", user_id),
        }

    @action(
        "getNumberV2",
        tables.NUMBER_V2,
        read.number_v2,
        effect=Effect.PURCHASE,
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
            Only these operators; another one is taken where they have no number.
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
            "phoneException": arg.joined("phone_exception", phone_exception),
            "activationType": arg.whole("activation_type", activation_type, _SMS, _VOICE),
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
        effect=Effect.PURCHASE,
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
        "setStatus",
        tables.STATUS_CHANGE,
        read.status_change,
        effect=Effect.CHANGE,
        answers=("ACCESS_", "NO_CONTENT"),
    )
    def set_status(self, activation_id: Identifier, status: int) -> Params:
        """Change an activation: one more code, finish, cancel.

        Parameters
        ----------
        activation_id : str or int
            The activation.
        status : {1, 3, 6, 8}
            1 the SMS has been sent, 3 one more code (free), 6 finish, 8 cancel.

        Raises
        ------
        EarlyCancelDenied
            Within the first two minutes; ``.retry_after`` seconds.
        CodeAlreadyReceived
            A code came before the change; it is in ``.messages``.
        ActivationNotFound, BadStatus, BadKey, BadAction, ServerError

        Examples
        --------
        >>> bought = sms.get_number("tg", 2)
        >>> sms.set_status(bought.loc[0, "activation_id"], 1).loc[0, "status"]
        'ACCESS_READY'
        """
        return {
            "id": _activation_id(activation_id),
            "status": arg.required("status", arg.whole("status", status)),
        }

    @action("getStatus", tables.STATUS, read.status, answers=("STATUS_",))
    def get_status(self, activation_id: Identifier) -> Params:
        """State of an activation, and its code.

        ``STATUS_OK`` comes with the code. With ``STATUS_WAIT_RETRY`` the code is the past one.

        Parameters
        ----------
        activation_id : str or int
            The activation.

        Raises
        ------
        ActivationNotFound, BadKey, BadAction, ServerError

        Examples
        --------
        >>> bought = sms.get_number("tg", 2)
        >>> sms.get_status(bought.loc[0, "activation_id"]).loc[0, "status"]
        'STATUS_WAIT_CODE'
        """
        return {"id": _activation_id(activation_id)}

    @action("getStatusV2", tables.MESSAGES, read.status_v2, answers=("STATUS_",))
    def get_status_v2(self, activation_id: Identifier) -> Params:
        """Messages and calls of an activation, with text, time and recording.

        An empty frame means that nothing has come: ``attrs["status"]`` tells the state, and
        ``attrs["verification_type"]`` whether ``sms``, ``call`` or ``voice`` is awaited.

        Parameters
        ----------
        activation_id : str or int
            The activation.

        Raises
        ------
        ActivationNotFound, BadKey, BadAction, ServerError

        Examples
        --------
        >>> bought = sms.get_number("tg", 2)
        >>> sms.get_status_v2(bought.loc[0, "activation_id"]).attrs["status"]
        'STATUS_WAIT_CODE'
        """
        return {"id": _activation_id(activation_id)}

    @action("getHistory", tables.HISTORY, read.history)
    def get_history(
        self,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Params:
        """Past and present activations, at most 30 days back.

        Parameters
        ----------
        start, end : datetime or float, optional
            From when to when; a datetime with a zone, or a Unix timestamp.
        offset : int, optional
            How many to leave out; 0 if not given.
        limit : int, optional
            How many to return, 100 at most; 50 if not given.

        Raises
        ------
        BadValue
            If a date is over 30 days ago (``WRONG_DATE``).
        BadKey, BadAction, ServerError

        Examples
        --------
        >>> len(sms.get_history(limit=1)) <= 1
        True
        """
        return {
            "start": arg.moment("start", start),
            "end": arg.moment("end", end),
            "offset": arg.whole("offset", offset, 0),
            "limit": arg.whole("limit", limit, 1, 100),
        }

    @action("getIncomingCallStatus", tables.INCOMING_CALL, read.incoming_call)
    def get_incoming_call_status(self, activation_id: Identifier) -> Params:
        """Whether somebody has called the number of an activation.

        Parameters
        ----------
        activation_id : str or int
            The activation.

        Raises
        ------
        ActivationNotFound, BadKey

        Examples
        --------
        >>> bought = sms.get_number("tg", 2, activation_type=1)
        >>> sms.get_incoming_call_status(bought.loc[0, "activation_id"]).loc[0, "status"]
        '2'
        """
        return {"activationId": _activation_id(activation_id)}

    @action(
        "getExtraActivation",
        tables.NUMBER,
        read.number,
        effect=Effect.PURCHASE,
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
        sms_notebook.protocol.errors.tree.ActivationNotFound: ...
        """
        return {"activationId": _activation_id(activation_id)}

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
        sms_notebook.protocol.errors.tree.ActivationNotFound: ...
        """
        return {"activationId": _activation_id(activation_id)}

    @action("parseCall", tables.PARSE_CALL, read.parse_call, effect=Effect.CHANGE)
    def parse_call(self, activation_id: Identifier, new_lang: str) -> Params:
        """Have the recording of a call parsed again, in another language; 4 times at most.

        Parameters
        ----------
        activation_id : str or int
            The activation.
        new_lang : str
            The language, for example ``en``.

        Raises
        ------
        VoiceError
            No call has come yet, or it was parsed 4 times.
        ActivationNotFound, BadKey, BadAction, ServerError

        Examples
        --------
        >>> bought = sms.get_number("tg", 2, activation_type=2, language="en")
        >>> sms.parse_call(bought.loc[0, "activation_id"], "ru")
        Traceback (most recent call last):
            ...
        sms_notebook.protocol.errors.tree.VoiceError: ...
        """
        return {
            "id": _activation_id(activation_id),
            "newLang": arg.required("new_lang", arg.one("new_lang", new_lang)),
        }
