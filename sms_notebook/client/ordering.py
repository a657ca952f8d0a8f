"""Orders, rents and extensions that cannot be lost, and what the ledger says of them."""

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from sms_notebook.client.activation_steps import ActivationSteps
from sms_notebook.client.ledger_reports import Reconciling
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.arguments import (
    ActivationType,
    Countries,
    CountryLike,
    Identifier,
    OneNumber,
    Price,
    Texts,
)
from sms_notebook.protocol.calls import Call, Frame
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.steps import Offload, Steps

if TYPE_CHECKING:
    from sms_notebook.client.activation_context import ActivationContext
    from sms_notebook.protocol.frames import Schema

_CALLS = Calls()
_LONGEST_KEY = 200


class Ordering(Reconciling[Frame]):
    """What a client does with orders, whichever way it waits."""

    _activations: ActivationSteps

    def order(
        self,
        service: str,
        country: Countries,
        *,
        key: str | None = None,
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
    ) -> Frame:
        """Order a number, once. This spends money, unless the key stands for an order already.

        API documentation: ``getNumberV2``, ``getNumber``.

        The order is in the ledger before it is sent. Where its answer is lost, it is looked up; it
        is never sent again. Takes getNumberV2, or getNumber where the provider has only that.

        In several countries it buys one number, in the first of them that has one: only a clear
        refusal (no number, too dear, too little money for it) goes on to the next country, and
        whatever is uncertain stops at once. Each try is a row of the ledger.

        Parameters
        ----------
        service : str
            Code or name.
        country : int, str or list
            Id, ISO code or English name; several, as a list, a text with commas or the frame of
            `compare`, are tried in the order in which they stand.
        key : str, optional
            Your own name for this order. The same key at the same provider is the same activation,
            in whichever of the countries it was bought: "Run All", another kernel or a restart
            buys nothing again.
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
        min_price, fixed_price, provider_ids, except_provider_ids
            Filters beyond the API documentation, as for `get_number_v2`: refused where the provider
            would ignore them. ``fixed_price`` is no ceiling: it buys at exactly ``max_price``.

        Returns
        -------
        DataFrame
            One row: ``phone_number``, ``service``, ``country``, ``operator``, ``cost``,
            ``currency``, ``bought_at``, ``is_new`` (False where the key stood for it already),
            ``certainty`` (``read``, or ``inferred`` where the answer was lost and this is the only
            purchase that fits, or ``claimed``), ``key``, ``activation_id``, ``order_id``.

        Raises
        ------
        PurchaseUncertain
            Nobody knows yet what came of it: it waits in the ledger, see `reconcile`.
        BudgetExceeded, LedgerProblem
            Nothing was sent.
        NoNumbers, NoBalance, WrongMaxPrice, BadService, BadKey, BadValue, Banned, AccountBlocked
            Nothing was bought. Of several countries it says why each refused; it is a `NoNumbers`
            where they refused for different reasons.

        Examples
        --------
        >>> number = sms.order("Telegram", "Kazakhstan", key="docs")
        >>> bool(number.loc[0, "is_new"])
        True
        >>> again = sms.order("Telegram", "Kazakhstan", key="docs")
        >>> bool(again.loc[0, "is_new"]), again["phone_number"].equals(number["phone_number"])
        (False, True)
        >>> int(sms.order("tg", ["Kazakhstan", "UZ"], max_price="0.50").loc[0, "country"])
        40
        """
        calls = [
            _CALLS.get_number_v2(
                service,
                place,
                max_price=max_price,
                operator=operator,
                phone_exception=phone_exception,
                activation_type=activation_type,
                language=language,
                use_cash_back=use_cash_back,
                ref=ref,
                user_id=user_id,
                min_price=min_price,
                fixed_price=fixed_price,
                provider_ids=provider_ids,
                except_provider_ids=except_provider_ids,
            )
            for place in arg.places("country", country, in_order=True)
        ]
        return self._take(self._ordered(calls, "ORDER", key))

    def activation(
        self,
        service: str,
        country: Countries,
        *,
        key: str | None = None,
        max_price: Price | None = None,
        operator: Texts | None = None,
        activation_type: ActivationType | None = None,
        language: str | None = None,
    ) -> "ActivationContext[Frame]":
        """Order a number for the length of a ``with`` block. This spends money.

        At the end of the block it is finished where a code has come, and cancelled where none has:
        as soon as that is allowed, so leaving the block can take up to two minutes, and shows how
        long.

        Parameters
        ----------
        service, country, key, max_price, operator, activation_type, language
            As for `order`.

        Returns
        -------
        ActivationContext
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
        from sms_notebook.client.activation_context import ActivationContext  # noqa: PLC0415 - when first used

        calls = [
            _CALLS.get_number_v2(
                service,
                place,
                max_price=max_price,
                operator=operator,
                activation_type=activation_type,
                language=language,
            )
            for place in arg.places("country", country, in_order=True)
        ]
        return ActivationContext(self._take, self._activations, self._ordered(calls, "ORDER", key))

    def rent(
        self,
        service: str,
        country: CountryLike,
        hours: int | None = None,
        *,
        key: str | None = None,
        operator: Texts | None = None,
        incoming_call: bool | None = None,
        url: str | None = None,
    ) -> Frame:
        """Rent a number, once. This spends money, unless the key stands for a rent already.

        API documentation: ``getRentNumber``.

        Parameters
        ----------
        service : str
            Code or name; ``full`` for all services.
        country : int or str
            Id, ISO code or English name.
        hours : int, optional
            Hours; the fewest that can be had if not given: 2 in the API documentation. From a day
            on: 24, 48, 72, ….
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
            One row: ``phone_number``, ``service``, ``country``, ``cost``, ``currency``, ``hours``,
            ``end_date``, ``bought_at``, ``is_new``, ``certainty``, ``key``, ``rent_id``,
            ``order_id``.

        Raises
        ------
        PurchaseUncertain
            Nobody knows yet what came of it: it waits in the ledger, see `reconcile`.
        BadRentTime
            ``.available`` tells which hours can be had, where the provider says so.
        BudgetExceeded, LedgerProblem, NoNumbers, NoBalance, BadService, BadKey, AccountBlocked
            Nothing was bought.

        Examples
        --------
        >>> rent = sms.rent("full", "Kazakhstan", 4, key="my line")
        >>> int(rent.loc[0, "hours"])
        4
        """
        call = _CALLS.get_rent_number(
            service,
            self._hours(hours),
            operator=operator,
            country=arg.required("country", arg.identifier("country", country)),
            url=url,
            incoming_call=incoming_call,
        )
        return self._take(self._ordered([call], "RENT", key, priced=True))

    def extend(
        self, rent_id: OneNumber, hours: int | None = None, *, key: str | None = None
    ) -> Frame:
        """Extend a rent, once. This spends money, unless the key stands for an extension already.

        API documentation: ``continueRentNumber``.

        Parameters
        ----------
        rent_id : str, int or DataFrame
            The rent. One that has ended is ordered again, and has a new id.
        hours : int, optional
            Hours; the fewest that can be had if not given. 2 to 1344 in the API documentation.
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
        call = _CALLS.continue_rent_number(rent_id, self._hours(hours))
        return self._take(self._ordered([call], "RENT", key, priced=True))

    def _hours(self, hours: int | None) -> int:
        """Return the hours of a rent, the fewest that can be had where none are named."""
        return self._session.settings.provider.shortest_rent if hours is None else hours

    def _ordered(
        self, calls: Sequence[Call], schema: str, key: str | None, *, priced: bool = False
    ) -> Steps[pd.DataFrame]:
        """Order what a call asks for, or the first of several that can be had."""
        yield Offload()
        from sms_notebook.ledger import frame_schemas  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.fulfillment import CountryChoice, Fulfillment  # noqa: PLC0415 - likewise
        from sms_notebook.ledger.purchases import PurchaseRequest  # noqa: PLC0415 - likewise

        name = _key(key)
        session = self._session
        choices: dict[str, CountryChoice] = {}  # a country that is named twice is tried once
        for written in calls:
            session.check(written)
            call = yield from session.catalogue.resolve(written, session.read)
            requests = [PurchaseRequest(call, name)]
            if call.action.name == "getNumberV2":
                requests.append(PurchaseRequest(Call(ACTIONS["getNumber"], call.params), name))
            place = call.params.get("country", "")
            names = {str(key): known for key, known in session.catalogue.names.countries.items()}
            choices.setdefault(place, CountryChoice(names.get(place, place), requests))
        frame: Schema = getattr(frame_schemas, schema)
        orders = Fulfillment(session.ledgers.account_ledger, session.read, session.buy)
        return (yield from orders.order([*choices.values()], frame, priced=priced))


def _key(key: str | None) -> str | None:
    """Check a key: a text that stays what it is."""
    name = arg.text("key", key if key is None else unicodedata.normalize("NFC", str(key)))
    if name is not None and len(name) > _LONGEST_KEY:
        raise UsageProblem(f"key takes at most {_LONGEST_KEY} characters.")
    return name
