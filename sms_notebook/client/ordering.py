"""Orders, rents and extensions that cannot be lost, and what the ledger says of them."""

import unicodedata
from typing import TYPE_CHECKING, Any, Generic, cast

import pandas as pd

from sms_notebook.client.steps import Session, Steps
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.arguments import CountryLike, Identifier, Price, Texts
from sms_notebook.protocol.calls import Call, Frame
from sms_notebook.protocol.errors import UsageProblem

if TYPE_CHECKING:
    from sms_notebook.client.holding import Holding
    from sms_notebook.orders.ordering import Means
    from sms_notebook.orders.quotes import Quote
    from sms_notebook.protocol.frames import Schema

_CALLS = Calls()
_LONGEST_KEY = 200


class Ordering(Generic[Frame]):
    """What a client does with orders, whichever way it waits."""

    _session: Session

    def _take(self, steps: Steps[pd.DataFrame]) -> Frame:
        """Take the steps of something, in this client's way of waiting."""
        raise NotImplementedError

    def order(
        self,
        service: str,
        country: CountryLike,
        *,
        key: str | None = None,
        max_price: Price | None = None,
        operator: Texts | None = None,
        phone_exception: Texts | None = None,
        activation_type: int | None = None,
        language: str | None = None,
        use_cash_back: bool | None = None,
        ref: str | None = None,
        user_id: Identifier | None = None,
    ) -> Frame:
        """Order a number, once. This spends money, unless the key stands for an order already.

        The order is in the ledger before it is sent. Where its answer is lost, it is looked up; it
        is never sent again. Takes getNumberV2, or getNumber where the provider has only that.

        Parameters
        ----------
        service : str
            Code or name.
        country : int or str
            Id, ISO code or English name.
        key : str, optional
            Your own name for this order. The same key at the same provider is the same activation:
            "Run All", another kernel or a restart buys nothing again.
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

        Returns
        -------
        DataFrame
            One row: ``activation_id``, ``phone_number``, ``service``, ``country``, ``operator``,
            ``cost``, ``currency``, ``bought_at``, ``key``, ``order_id``, ``is_new`` (False where
            the key stood for it already).

        Raises
        ------
        PurchaseUncertain
            Nobody knows yet what came of it: it waits in the ledger, see `reconcile`.
        BudgetExceeded, LedgerProblem
            Nothing was sent.
        NoNumbers, NoBalance, WrongMaxPrice, BadService, BadKey, BadValue, Banned, AccountBlocked
            Nothing was bought.

        Examples
        --------
        >>> number = sms.order("Telegram", "Kazakhstan", key="docs")
        >>> bool(number.loc[0, "is_new"])
        True
        >>> again = sms.order("Telegram", "Kazakhstan", key="docs")
        >>> bool(again.loc[0, "is_new"]), again["phone_number"].equals(number["phone_number"])
        (False, True)
        """
        call: Call = _CALLS.get_number_v2(
            service,
            country,
            max_price=max_price,
            operator=operator,
            phone_exception=phone_exception,
            activation_type=activation_type,
            language=language,
            use_cash_back=use_cash_back,
            ref=ref,
            user_id=user_id,
        )
        return self._take(self._ordered(call, "ORDER", key))

    def activation(
        self,
        service: str,
        country: CountryLike,
        *,
        key: str | None = None,
        max_price: Price | None = None,
        operator: Texts | None = None,
        activation_type: int | None = None,
        language: str | None = None,
    ) -> "Holding[Frame]":
        """Order a number for the length of a ``with`` block. This spends money.

        At the end of the block it is finished where a code has come, and cancelled where none has:
        as soon as that is allowed, so leaving the block can take up to two minutes.

        Parameters
        ----------
        service, country, key, max_price, operator, activation_type, language
            As for `order`.

        Returns
        -------
        Holding
            With ``.activation_id``, ``.phone_number``, ``.order``, ``.wait_code()``, ``.again()``.

        Raises
        ------
        PurchaseUncertain, BudgetExceeded, LedgerProblem, NoNumbers, NoBalance, WrongMaxPrice
            As for `order`, when the block begins.

        Examples
        --------
        >>> with sms.activation("tg", "Kazakhstan") as number:
        ...     sms.sandbox.send_sms(number.activation_id, "Your code is 01234")
        ...     number.wait_code().loc[0, "code"]
        '01234'
        """
        from sms_notebook.client.holding import Holding  # noqa: PLC0415 - when first used

        call: Call = _CALLS.get_number_v2(
            service,
            country,
            max_price=max_price,
            operator=operator,
            activation_type=activation_type,
            language=language,
        )
        return Holding(cast("Any", self), self._ordered(call, "ORDER", key))

    def rent(
        self,
        service: str,
        country: CountryLike,
        hours: int = 2,
        *,
        key: str | None = None,
        operator: Texts | None = None,
        incoming_call: bool | None = None,
        url: str | None = None,
    ) -> Frame:
        """Rent a number, once. This spends money, unless the key stands for a rent already.

        Parameters
        ----------
        service : str
            Code or name; ``full`` for all services.
        country : int or str
            Id, ISO code or English name.
        hours : int
            Hours; from a day on: 24, 48, 72, ….
        key : str, optional
            Your own name for this rent: the same key, the same rent. See `order`.
        operator : str or list of str, optional
            Only these operators.
        incoming_call : bool, optional
            True for a number that can be called.
        url : str, optional
            Where the provider posts each message (webhook).

        Returns
        -------
        DataFrame
            One row: ``rent_id``, ``phone_number``, ``service``, ``country``, ``hours``,
            ``end_date``, ``cost``, ``currency``, ``bought_at``, ``key``, ``order_id``, ``is_new``.

        Raises
        ------
        PurchaseUncertain
            Nobody knows yet what came of it: it waits in the ledger, see `reconcile`.
        BudgetExceeded, LedgerProblem, NoNumbers, NoBalance, BadService, BadKey, AccountBlocked
            Nothing was bought.

        Examples
        --------
        >>> rent = sms.rent("full", "Kazakhstan", 4, key="my line")
        >>> int(rent.loc[0, "hours"])
        4
        """
        call: Call = _CALLS.get_rent_number(
            service,
            hours,
            operator=operator,
            country=arg.required("country", arg.identifier("country", country)),
            url=url,
            incoming_call=incoming_call,
        )
        return self._take(self._ordered(call, "RENT", key, priced=True))

    def extend(self, rent_id: Identifier, hours: int = 2, *, key: str | None = None) -> Frame:
        """Extend a rent, once. This spends money, unless the key stands for an extension already.

        Parameters
        ----------
        rent_id : str or int
            The rent. One that has ended is ordered again, and has a new id.
        hours : int
            Hours, 2 to 1344.
        key : str, optional
            Your own name for this extension: the same key, the same extension. See `order`.

        Returns
        -------
        DataFrame
            One row, as of `rent`; ``hours`` and ``cost`` are those of the extension.

        Raises
        ------
        MaxHoursExceeded
            ``.maximum`` tells how many hours can be had.
        PurchaseUncertain
            Nobody knows yet what came of it: it waits in the ledger, see `reconcile`.
        BudgetExceeded, LedgerProblem, BadRentTime, RentOver, RentNotFound, NoBalance, BadKey
            Nothing was bought.

        Examples
        --------
        >>> rent = sms.rent("full", "Kazakhstan", 4, key="my line")
        >>> sms.extend(rent.loc[0, "rent_id"], 4, key="my line, longer").loc[0, "currency"]
        'USD'
        """
        call: Call = _CALLS.continue_rent_number(rent_id, hours)
        return self._take(self._ordered(call, "RENT", key, priced=True))

    def reconcile(self, *, wait: bool = True, dismiss: Texts | None = None) -> Frame:
        """Find out what became of purchases whose outcome nobody heard. It never buys.

        Looks at getActiveActivations, getHistory, getRentList and continueRentInfo, writes what it
        finds to the ledger, and completes what the ledger does not know yet of numbers.

        Parameters
        ----------
        wait : bool
            A purchase counts as not made when two looks, ten seconds apart, both show nothing.
            False looks once, and leaves it open.
        dismiss : str or list of str, optional
            Order ids that you have looked up yourself: nothing was bought with them.

        Returns
        -------
        DataFrame
            One row for each purchase that was open: ``order_id``, ``key``, ``action``,
            ``service``, ``country``, ``result`` (``bought``, ``not bought``, ``open``,
            ``unknown``, ``dismissed``), ``activation_id``, ``rent_id``, ``phone_number``,
            ``cost``, ``currency``.

        Raises
        ------
        LedgerProblem, ConnectionFailed, BadKey, ServerError

        Examples
        --------
        >>> sms.reconcile().empty
        True
        """
        dismissed = arg.joined("dismiss", dismiss)
        return self._take(self._reconciled(dismissed.split(",") if dismissed else [], wait=wait))

    def ledger(self, *, everywhere: bool = False) -> Frame:
        """Everything that was ordered: what it cost, and which code came after how long.

        Parameters
        ----------
        everywhere : bool
            True for all providers and accounts in the ledger, not only this client's.

        Returns
        -------
        DataFrame
            One row for everything bought, and for each order that brought nothing: ``key``,
            ``order_id``, ``action``, ``provider``, ``service``, ``country``, ``operator``,
            ``activation_id``, ``rent_id``, ``phone_number``, ``cost``, ``currency``, ``state``,
            ``bought_at``, ``first_code_at``, ``seconds_to_code``, ``refunded``, ``codes``,
            ``texts``, ``begun_at``, ``error``.

        Raises
        ------
        LedgerProblem

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> sms.ledger().iloc[-1][["service", "state"]].tolist()
        ['tg', 'active']
        """
        return self._take(self._reported(everywhere=everywhere))

    def _ordered(
        self, call: Call, schema: str, key: str | None, *, priced: bool = False
    ) -> Steps[pd.DataFrame]:
        from sms_notebook.orders import frames  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.orders.ordering import order  # noqa: PLC0415 - likewise
        from sms_notebook.orders.wishes import Wish  # noqa: PLC0415 - likewise

        name = _key(key)
        session = self._session
        call = yield from session.catalogue.resolve(call, session.read)
        wishes = [Wish(call, name)]
        if call.action.name == "getNumberV2":
            wishes.append(Wish(Call(ACTIONS["getNumber"], call.params), name))
        frame: Schema = getattr(frames, schema)
        return (yield from order(session.keeper.books, self._means(), wishes, frame, priced=priced))

    def _priced(self, call: Call) -> "Steps[Quote]":
        """Ask what a purchase would cost, for faces that ask a person first."""
        from sms_notebook.orders.quotes import quote  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.orders.wishes import Wish  # noqa: PLC0415 - likewise

        session = self._session
        call = yield from session.catalogue.resolve(call, session.read)
        return (yield from quote(Wish(call), session.read))

    def _reconciled(self, dismissed: list[str], *, wait: bool) -> Steps[pd.DataFrame]:
        from sms_notebook.orders.completing import complete  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.orders.report import settled_frame  # noqa: PLC0415 - likewise
        from sms_notebook.orders.settling import dismiss, settle  # noqa: PLC0415 - likewise

        session = self._session
        books = session.keeper.books
        results = dismiss(books, dismissed)
        results += yield from settle(books, session.read, session.rest, wait=wait)
        yield from complete(books, session.read)
        return settled_frame(books, results)

    def _reported(self, *, everywhere: bool) -> Steps[pd.DataFrame]:
        from sms_notebook.orders.report import ledger_frame  # noqa: PLC0415 - loads SQLAlchemy

        yield from ()
        return ledger_frame(self._session.keeper.books, everywhere=everywhere)

    def _means(self) -> "Means":
        from sms_notebook.orders.ordering import Means  # noqa: PLC0415 - loads SQLAlchemy

        return Means(self._session.read, self._session.buy, self._session.rest)


def _key(key: str | None) -> str | None:
    """Check a key: a text that stays what it is."""
    name = arg.one("key", key if key is None else unicodedata.normalize("NFC", str(key)))
    if name is not None and len(name) > _LONGEST_KEY:
        raise UsageProblem(f"key takes at most {_LONGEST_KEY} characters.")
    return name
