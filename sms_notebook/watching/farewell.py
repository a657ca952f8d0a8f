"""Seeing activations off: how they ended, and the code that came at the very end."""

from collections.abc import Mapping
from typing import Final

from sms_notebook.orders import lists
from sms_notebook.orders.books import Books
from sms_notebook.orders.completing import ended
from sms_notebook.orders.messages import Arrival
from sms_notebook.orders.records import Record, text
from sms_notebook.orders.states import NumberState
from sms_notebook.protocol.errors import LedgerProblem, SmsError
from sms_notebook.watching.memory import Memory
from sms_notebook.watching.polling import Polling
from sms_notebook.watching.tracked import Message, Tracked

_TRIES: Final = 3  # until an activation counts as over although nobody tells how it ended


class Farewell:
    """Sees activations off.

    Parameters
    ----------
    books : Books
        Where it is written how they ended.
    polling : Polling
        Asks.
    memory : Memory
        Takes the codes.
    """

    def __init__(self, books: Books, polling: Polling, memory: Memory) -> None:
        self._books = books
        self._polling = polling
        self._memory = memory

    async def see_off(self, gone: Mapping[Tracked, str]) -> tuple[list[Tracked], list[SmsError]]:
        """Find out how activations ended, and what came to them before that.

        Parameters
        ----------
        gone : mapping
            The activations, with the provider's last word.

        Returns
        -------
        tuple
            Those that are over now, and what failed: the others are tried again with the next tick.
        """
        codes: dict[Tracked, str | None] = {}

        async def ask(one: Tracked) -> None:
            codes[one] = await self._polling.details(one)

        past: dict[str, Record] | None = None
        failures: list[SmsError] = []
        try:
            past = await self._polling.past(gone)
        except SmsError as failure:
            failures.append(failure)
        else:
            rows = past or {}
            late = [one for one in gone if one.ref not in rows or _unknown(one, rows[one.ref])]
            failures += await self._polling.each(late, ask)
        if failures:
            for one in gone:
                one.farewells += 1
        over = [one for one in gone if not failures or one.farewells >= _TRIES]
        for one in over:
            row = (past or {}).get(one.ref)
            self._take(one, row, codes.get(one))
            one.end(gone[one])
            self._write(one, row)
        return over, failures

    def _take(self, one: Tracked, row: Record | None, latest: str | None) -> None:
        """Take the messages that only the history shows."""
        lines = [] if row is None else _unknown(one, row)
        self._memory.add(one, [_arrival(one, line, latest) for line in lines])

    def _write(self, one: Tracked, row: Record | None) -> None:
        ledger = self._books.ledger
        try:
            number = ledger.number(self._books.account, one.ref)
            if number is None:
                return
            if row is not None and lists.is_over(row):
                ended(self._books, number, row)
            elif number.state == NumberState.ACTIVE:
                ledger.change(number.id, state=NumberState.OVER)
        except LedgerProblem:
            return  # sms.reconcile() finds it out again


def _unknown(one: Tracked, row: Record) -> list[str]:
    """Return the lines of a history that belong to no message that is known."""
    rest = text(row, "sms") or ""
    others: list[Message] = []
    for message in one.messages:
        if message.text and message.text in rest:
            rest = rest.replace(message.text, "", 1)  # it may have several lines
        else:
            others.append(message)
    lines = [line for line in rest.splitlines() if line.strip()]
    for message in others:
        _strike(lines, message.code or message.text or "")
    return lines


def _strike(lines: list[str], said: str) -> None:
    """Take away the line that says something, however it is spelled."""
    for line in lines:
        if said in line or said in _digits(line):
            lines.remove(line)
            return


def _arrival(one: Tracked, line: str, latest: str | None) -> Arrival:
    code = line.strip() if line.strip().isdigit() else None
    if latest is not None and latest in _digits(line):
        code = latest
    return Arrival(one.ref, code=code, text=line, channel=one.channel)


def _digits(line: str) -> str:
    return "".join(character for character in line if character.isdigit())
