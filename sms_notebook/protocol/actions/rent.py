"""Rents: a number for hours or weeks, and all that it receives."""

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import CountryLike, OneNumber, Texts
from sms_notebook.protocol.calls import Caller, Effect, Frame, Params, PurchaseKind, action
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers import rent as read
from sms_notebook.protocol.readers.shapes import NOTHING
from sms_notebook.protocol.replies import Status

_MESSAGE_STATES = (Status.WAIT_CODE, Status.FINISH, Status.CANCEL, Status.REVOKE)


class Rent(Caller[Frame]):
    """Actions on rents."""

    @action(
        "getRentServicesAndCountries",
        tables.RENT_OFFERS,
        read.rent_offers,
        section="Request available countries and services",
    )
    def get_rent_services_and_countries(
        self,
        *,
        rent_time: int | None = None,
        operator: Texts | None = None,
        country: CountryLike | None = None,
        currency: str | None = None,
        incoming_call: bool | None = None,
        service: str | None = None,
    ) -> Params:
        """What can be rented in a country, and for how much.

        ``attrs["countries"]`` and ``attrs["operators"]`` list where else, and through whom.

        Parameters
        ----------
        rent_time : int, optional
            Hours; the fewest that can be had if not given: 2 in the API documentation.
        operator : str or list of str, optional
            Only these operators.
        country : int or str, optional
            Id, ISO code or English name; Kazakhstan if not given.
        currency : str, optional
            ISO code of the currency for the prices.
        incoming_call : bool, optional
            True for numbers that can be called.
        service : str, optional
            Code or name of the one that matters, where a provider can tell of one only.

        Raises
        ------
        NoNumbers, BadRentTime, BadKey

        Examples
        --------
        >>> offers = sms.get_rent_services_and_countries(country="Kazakhstan", rent_time=24)
        >>> offers.columns.tolist()
        ['service', 'cost', 'currency', 'quant']
        """
        return {
            "rent_time": arg.whole("rent_time", rent_time, 1),
            "operator": arg.joined("operator", operator),
            "country": arg.identifier("country", country),
            "currency": arg.identifier("currency", currency),
            "incomingCall": arg.flag("incoming_call", incoming_call),
            "service": arg.text("service", service),
        }

    @action(
        "getRentNumber",
        tables.RENT,
        read.rent,
        section="Order a virtual number rental",
        buys=PurchaseKind.RENT,
    )
    def get_rent_number(
        self,
        service: str,
        rent_time: int | None = None,
        *,
        operator: Texts | None = None,
        country: CountryLike | None = None,
        url: str | None = None,
        incoming_call: bool | None = None,
    ) -> Params:
        """Rent a number. This spends money.

        Parameters
        ----------
        service : str
            Code or name; ``full`` for all services.
        rent_time : int, optional
            Hours; the fewest that can be had if not given: 2 in the API documentation. From a day
            on: 24, 48, 72, ….
        operator : str or list of str, optional
            Only these operators.
        country : int or str, optional
            Id, ISO code or English name; Kazakhstan if not given.
        url : str, optional
            Where the provider posts each message (webhook).
        incoming_call : bool, optional
            True for a number that can be called.

        Raises
        ------
        BadRentTime
            ``.available`` tells which hours can be had, where the provider says so.
        NoNumbers, NoBalance, BadService, BadKey, AccountBlocked
        PurchaseUncertain
            If the outcome is open: it was sent once, and the number may have been rented.

        Examples
        --------
        >>> rent = sms.get_rent_number("full", 4, country=2)
        >>> rent.columns.tolist()
        ['phone_number', 'cost', 'currency', 'end_date', 'rent_id']
        """
        return {
            "service": arg.required("service", arg.text("service", service)),
            "rent_time": arg.whole("rent_time", rent_time, 1),
            "operator": arg.joined("operator", operator),
            "country": arg.identifier("country", country),
            "url": arg.text("url", url),
            "incomingCall": arg.flag("incoming_call", incoming_call),
        }

    @action(
        "getRentStatus",
        tables.RENT_MESSAGES,
        read.rent_messages,
        section="get status for rent",
        answers=_MESSAGE_STATES,
    )
    def get_rent_status(
        self, rent_id: OneNumber, *, page: int | None = None, size: int | None = None
    ) -> Params:
        """Messages of a rent, the newest first.

        ``attrs["status"]`` tells the state and ``attrs["quantity"]`` how many there are in all. An
        empty frame means that none has come, or that the rent is over.

        Parameters
        ----------
        rent_id : str, int or DataFrame
            The rent.
        page : int, optional
            The page, from 1.
        size : int, optional
            Rows a page; 10 if not given.

        Raises
        ------
        RentNotFound, BadKey, BadAction

        Examples
        --------
        >>> rent = sms.get_rent_number("full", 4, country=2)
        >>> sms.get_rent_status(rent.loc[0, "rent_id"]).attrs["status"]
        'STATUS_WAIT_CODE'
        """
        return {
            "id": arg.rent_id(rent_id),
            "page": arg.whole("page", page, 1),
            "size": arg.whole("size", size, 1),
        }

    @action(
        "setRentStatus",
        tables.RENT_STATUS,
        read.rent_status,
        section="Rental Status Change",
        effect=Effect.CHANGE,
        answers=("NO_CONTENT",),
    )
    def set_rent_status(self, rent_id: OneNumber, status: int) -> Params:
        """Finish a rent, or cancel it within its first 20 minutes.

        Parameters
        ----------
        rent_id : str, int or DataFrame
            The rent.
        status : {1, 2}
            1 finish, 2 cancel.

        Raises
        ------
        CannotCancelRent, RentOver, RentNotFound, BadStatus, BadKey, ServerError

        Examples
        --------
        >>> rent = sms.get_rent_number("full", 4, country=2)
        >>> sms.set_rent_status(rent.loc[0, "rent_id"], 2).loc[0, "status"]
        'success'
        """
        return {
            "id": arg.rent_id(rent_id),
            "status": arg.required("status", arg.whole("status", status, such_as="1 or 2")),
        }

    @action(
        "getRentList",
        tables.RENT_LIST,
        read.rent_list,
        section="List current activations",
        answers=("NO_NUMBERS", *NOTHING),
    )
    def get_rent_list(self, *, length: int | None = None, page: int | None = None) -> Params:
        """Rents of the account; an empty frame where there are none.

        Parameters
        ----------
        length : int, optional
            Rows a page; 10 if not given.
        page : int, optional
            The page, from 1.

        Raises
        ------
        BadKey, BadAction, ServerError

        Examples
        --------
        >>> sms.get_rent_list().columns[:4].tolist()
        ['phone_number', 'service', 'country', 'cost']
        """
        return {"length": arg.whole("length", length, 1), "page": arg.whole("page", page, 1)}

    @action(
        "continueRentNumber",
        tables.RENT,
        read.rent,
        section="Extend your lease",
        buys=PurchaseKind.EXTENSION,
    )
    def continue_rent_number(self, rent_id: OneNumber, rent_time: int | None = None) -> Params:
        """Extend a rent. This spends money.

        A rent that has ended is ordered again, and has a new id.

        Parameters
        ----------
        rent_id : str, int or DataFrame
            The rent.
        rent_time : int, optional
            Hours, 2 to 1344; 2 if not given.

        Raises
        ------
        MaxHoursExceeded
            ``.maximum`` tells how many hours can be had.
        BadRentTime, RentOver, RentNotFound, NoBalance, AccountBlocked, BadKey, BadAction
        PurchaseUncertain
            If the outcome is open: it was sent once, and the rent may have been extended.

        Examples
        --------
        >>> rent = sms.get_rent_number("full", 4, country=2)
        >>> longer = sms.continue_rent_number(rent.loc[0, "rent_id"], 4)
        >>> bool(longer.loc[0, "end_date"] > rent.loc[0, "end_date"])
        True
        """
        return {"id": arg.rent_id(rent_id), "rent_time": arg.whole("rent_time", rent_time, 1)}

    @action(
        "getContinueRentPriceNumber",
        tables.RENT_PRICE,
        read.rent_price,
        section="Get the cost of rent renewal (deprecated)",
        instead="continue_rent_info",
    )
    def get_continue_rent_price_number(
        self, rent_id: OneNumber, rent_time: int, *, currency: str | None = None
    ) -> Params:
        """Price of extending a rent. Deprecated by the API: use continue_rent_info.

        Parameters
        ----------
        rent_id : str, int or DataFrame
            The rent.
        rent_time : int
            Hours.
        currency : str, optional
            ISO code of the currency for the price.

        Raises
        ------
        MaxHoursExceeded, BadRentTime, RentOver, RentNotFound, AccountBlocked, BadKey, BadAction

        Examples
        --------
        >>> rent = sms.get_rent_number("full", 4, country=2)
        >>> sms.get_continue_rent_price_number(rent.loc[0, "rent_id"], 4).loc[0, "currency"]
        'USD'
        """
        return {
            "id": arg.rent_id(rent_id),
            "rent_time": arg.required("rent_time", arg.whole("rent_time", rent_time, 1)),
            "currency": arg.identifier("currency", currency),
        }

    @action(
        "continueRentInfo",
        tables.RENT_INFO,
        read.rent_info,
        section="Get information about the rent prolongation",
    )
    def continue_rent_info(
        self, rent_id: OneNumber, hours: int, *, need_history: bool | None = None
    ) -> Params:
        """Price of extending a rent, and its extensions so far.

        Parameters
        ----------
        rent_id : str, int or DataFrame
            The rent.
        hours : int
            Hours of the extension.
        need_history : bool, optional
            True adds ``attrs["history"]``: the extensions so far, as records.

        Raises
        ------
        MaxHoursExceeded, BadRentTime, RentOver, RentNotFound, AccountBlocked, BadKey, BadAction

        Examples
        --------
        >>> rent = sms.get_rent_number("full", 4, country=2)
        >>> int(sms.continue_rent_info(rent.loc[0, "rent_id"], 4).loc[0, "hours"])
        4
        """
        return {
            "id": arg.rent_id(rent_id),
            "hours": arg.required("hours", arg.whole("hours", hours, 1)),
            "needHistory": arg.flag("need_history", need_history),
        }
