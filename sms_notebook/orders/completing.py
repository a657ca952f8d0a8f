"""Completing: what the ledger does not know yet of numbers that were bought."""

from collections.abc import Generator, Sequence
from typing import Any

from sqlalchemy import Row

from sms_notebook.orders import lists
from sms_notebook.orders.books import Books
from sms_notebook.orders.messages import Arrival, in_detail
from sms_notebook.orders.quotes import Ask
from sms_notebook.orders.records import Record, moment, money, text
from sms_notebook.orders.schema import NUMBERS
from sms_notebook.orders.states import NumberState
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Buys
from sms_notebook.protocol.errors import ApiError, BadAction, RentError

_CALLS = Calls()
_ACTIVATIONS = (Buys.NUMBER.value, Buys.NUMBERS.value, Buys.AGAIN.value)
_RETURNED = ("STATUS_CANCEL", "STATUS_REVOKE")
_UNSETTLED = (NumberState.ACTIVE, NumberState.OVER)


def complete(books: Books, ask: Ask) -> Generator[Any, Any, None]:
    """Look up costs that are not known, and how numbers ended that are not listed any more."""
    unsettled = books.ledger.numbers(books.account, NUMBERS.c.state.in_(_UNSETTLED))
    activations = [number for number in unsettled if number.buys in _ACTIVATIONS]
    if activations:
        yield from _complete_activations(books, activations, ask)
    rents = [number for number in unsettled if number.buys == Buys.RENT.value]
    if rents:
        yield from _complete_rents(books, rents, ask)


def _complete_activations(
    books: Books, numbers: list[Row[Any]], ask: Ask
) -> Generator[Any, Any, None]:
    rows = yield from lists.active(books, ask)
    listed = {row["activation_id"]: row for row in rows or ()}
    gone: list[Row[Any]] = []
    for number in numbers:
        if (row := listed.get(number.ref)) is not None:
            learn(books, number, row)
        else:
            gone.append(number)
    if rows is None or not gone:
        return
    past = yield from lists.history(books, ask, min(number.bought_at for number in gone))
    ended_rows = {row["activation_id"]: row for row in past or () if lists.is_over(row)}
    for number in gone:
        if (row := ended_rows.get(number.ref)) is not None:
            yield from _last_words(books, number, ask)
            ended(books, number, row)


def _last_words(books: Books, number: Row[Any], ask: Ask) -> Generator[Any, Any, None]:
    """Look for the last code where it is told as one: the history only has texts."""
    if "getStatusV2" in books.lacks:
        return
    try:
        frame = yield from ask(_CALLS.get_status_v2(number.ref))
    except ApiError:  # of some that are over a provider tells nothing more
        return
    provider = books.account.provider
    books.ledger.messages.add(provider, in_detail(frame), via="poll", seen_at=books.now())


def _complete_rents(books: Books, numbers: list[Row[Any]], ask: Ask) -> Generator[Any, Any, None]:
    rows = yield from lists.rents(books, ask)
    if rows is None:
        return
    listed = {row["rent_id"] for row in rows}
    for number in numbers:
        if number.ref in listed:
            continue
        try:
            frame = yield from ask(_CALLS.get_rent_status(number.ref))
        except (BadAction, RentError):
            continue
        rent_ended(books, number.ref, str(frame.attrs.get("status")))


def learn(books: Books, number: Row[Any], row: Record) -> None:
    """Take over what the provider lists of an active number and the ledger does not know."""
    told: dict[str, Any] = {
        "cost": money(row, "activation_cost"),
        "currency": text(row, "currency"),
        "since": moment(row, "activation_time"),
    }
    news = {
        name: value
        for name, value in told.items()
        if value is not None and getattr(number, name) is None
    }
    if number.is_quote and told["cost"] is not None:
        news |= {"cost": told["cost"], "is_quote": False}
    if news:
        books.ledger.change(number.id, **news)


def ended(books: Books, number: Row[Any], row: Record) -> None:
    """Write how an activation ended, and what came to it, from its row of the history."""
    if said := text(row, "sms"):
        known = books.ledger.messages.of(books.account.provider, [number.ref])
        if unheard := _without(said, known):
            code = unheard if unheard.isdigit() else None
            arrival = Arrival(number.ref, code=code, text=unheard, channel=number.channel)
            books.ledger.messages.add(
                books.account.provider, [arrival], via="poll", seen_at=books.now()
            )
    if cost := money(row, "cost"):
        books.ledger.change(number.id, state=NumberState.FINISHED, cost=cost)
    else:
        books.ledger.give_back(number)


def _without(said: str, known: Sequence[Row[Any]]) -> str:
    """Return what the history tells beyond the messages that are known."""
    for message in known:
        if message.text and message.text in said:
            said = said.replace(message.text, "", 1)
        elif message.code:
            lines = said.splitlines()
            of_it = (line for line in lines if message.code in _digits(line))
            if (line := next(of_it, None)) is not None:
                lines.remove(line)
            said = "\n".join(lines)
    return said.strip()


def _digits(line: str) -> str:
    return "".join(character for character in line if character.isdigit())


def rent_ended(books: Books, rent_id: str, status: str) -> None:
    """Write how a rent ended, from the word of its status; an unknown word changes nothing."""
    paid = books.ledger.with_extensions(books.account, rent_id)
    if status in _RETURNED:
        books.ledger.give_back(*paid)
    elif status == "STATUS_FINISH":
        for number in paid:
            books.ledger.change(number.id, state=NumberState.FINISHED)
