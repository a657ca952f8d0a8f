"""The account in a panel: the balance, the budget, and orders of which nobody knows the end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sms_notebook.panels.section import PanelSection, SectionHost
from sms_notebook.panels.text import Record, clean, missing, number, plain, records
from sms_notebook.protocol.errors import PurchaseUncertain, SmsError
from sms_notebook.protocol.frames.kinds import Secret
from sms_notebook.protocol.masking import masked_value

_OPEN = ("intent", "uncertain")
_AGAIN = 5.0  # seconds until the provider is asked again for what is open
_TOGETHER = 0.1  # seconds in which many calls become one question
_DRAWN = timedelta(days=30)  # of the ledger
_COLUMNS = (
    "service", "country", "cost", "currency", "state", "codes", "bought_at", "first_code_at",
    "refunded", "activation_id",
)  # fmt: skip
_MOST_GROUPS = 12  # bars of deliveries


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What is known of an account; None is not known.

    Attributes
    ----------
    balance : float or None
        What the provider says.
    budget, spent, left : float or None
        Of today (UTC).
    unknown : int
        How many purchases of today nobody knows the cost of.
    currency : str or None
        Of all these.
    trouble : str
        Why something is not known.
    uncertain : frozenset of str
        Orders that are open, by the ledger.
    spending, deliveries : list of dict or None
        What is drawn of the ledger; None while nobody looks at it.
    """

    balance: float | None = None
    budget: float | None = None
    spent: float | None = None
    left: float | None = None
    unknown: int = 0
    currency: str | None = None
    trouble: str = ""
    uncertain: frozenset[str] = frozenset()
    spending: list[dict[str, Any]] | None = None
    deliveries: list[dict[str, Any]] | None = None


class AccountSection(PanelSection):
    """What there is to spend, what was spent, and what waits to be settled.

    Parameters
    ----------
    panel : SectionHost
        It belongs to.
    """

    name = "account"
    actions = ("refresh", "claim", "dismiss")

    def __init__(self, panel: SectionHost) -> None:
        super().__init__(panel)
        self._account: KnownAccount | None = None
        self._open: list[Record] = []
        self._settling: set[str] = set()
        self._is_wanted = self._is_asking = self._is_waiting = self._is_looked_at = False

    def begin(self) -> None:
        """Ask for the balance, and for what waits to be settled."""
        self.refresh()
        self._ask_for_open()

    def end(self) -> None:
        """Forget what was told."""
        self._account, self._open = None, []
        self._settling.clear()
        self._is_wanted = self._is_asking = self._is_waiting = self._is_looked_at = False

    def state(self) -> dict[str, Any]:
        """Return what is drawn: amounts as numbers; None where one is not known."""
        known = self._account or KnownAccount()
        return {
            "provider": self.sms.provider,
            "balance": known.balance,
            "currency": known.currency,
            "budget": known.budget,
            "spent": known.spent,
            "left": known.left,
            "unknown": known.unknown,
            "is_loading": self._account is None,
            "trouble": self.sms.shown(known.trouble),
            "open": [self._line(record) for record in self._open],
            "spending": known.spending,
            "deliveries": known.deliveries,
        }

    def _line(self, record: Record) -> dict[str, Any]:
        """Return an order that is open, and what may be its own."""
        refs, phones = record["candidates"], record["candidate_numbers"]
        masked = self.sms.is_masked
        return {
            "order": str(record["order_id"]),
            "service": self.panel.names.service(record["service"]),
            "country": self.panel.names.country(record["country"]),
            "key": self.sms.shown(clean(record["key"])),
            "why": self.sms.shown(clean(record["why"])),
            "is_busy": str(record["order_id"]) in self._settling,
            "candidates": [
                {
                    "id": str(ref),
                    "number": number(masked_value(phone, Secret.PHONE) if masked else phone),
                }
                for ref, phone in zip(refs, phones, strict=True)
            ],
        }

    # The balance and the ledger -----------------------------------------------------------------

    def refresh(self) -> None:
        """Ask for the balance again; many calls become one question."""
        self._is_wanted = True
        if not self._is_asking:
            self._is_asking = True
            self.panel.run(self._ask_soon)

    def do_refresh(self) -> None:
        """Ask again for somebody who looks at it: which tab is open may be heard of later."""
        self._is_looked_at = True
        self.refresh()

    async def _ask_soon(self) -> None:
        await asyncio.sleep(_TOGETHER)
        self.panel.guard(self._ask_now)

    def _ask_now(self) -> None:
        tab = self.panel.widget.tab
        is_seen = any(self.name in parts for _, parts in self.panel.tabs[tab : tab + 1])
        is_seen = is_seen or self._is_looked_at
        self._is_wanted = self._is_looked_at = False
        before = self._account or KnownAccount()
        self.panel.work(lambda: self._ask(before, has_charts=is_seen), self._take, self._end_asking)

    def _end_asking(self) -> None:
        self._is_asking = False
        if self._is_wanted:
            self.refresh()

    def _ask(self, before: KnownAccount, *, has_charts: bool) -> KnownAccount:
        """Ask for all; charts that nobody sees stay as they were."""
        facts: dict[str, Any] = {
            "currency": self.sms.about.provider.currency or None,
            "spending": before.spending,
            "deliveries": before.deliveries,
        }
        trouble = []
        asks = (self._ask_balance, self._ask_ledger, *([self._ask_charts] if has_charts else ()))
        for ask in asks:
            try:
                facts |= ask()
            except SmsError as problem:  # the others are told all the same
                trouble.append(plain(problem))
        return KnownAccount(**facts, trouble=" ".join(dict.fromkeys(trouble)))

    def _ask_balance(self) -> dict[str, Any]:
        return {"balance": _amount(self.sms.get_balance().loc[0, "balance"])}

    def _ask_ledger(self) -> dict[str, Any]:
        """Ask the ledger only."""
        budget = records(self.sms.budget())[0]
        uncertain = self.sms.ledger(state="uncertain")["order_id"].dropna()
        return {
            "budget": _amount(budget["budget"]),
            "spent": _amount(budget["spent_today"]),
            "left": _amount(budget["left"]),
            "unknown": int(budget["unknown"]),
            "uncertain": frozenset(uncertain.map(str)),
        }

    def _ask_charts(self) -> dict[str, Any]:
        rows = records(self.sms.ledger(since=_DRAWN)[[*_COLUMNS]])
        return {
            "spending": _spending(rows),
            "deliveries": [
                *_deliveries(rows, "service", self.panel.names.service),
                *_deliveries(rows, "country", self.panel.names.country),
            ],
        }

    def _take(self, account: KnownAccount) -> None:
        before = self._account.uncertain if self._account else account.uncertain
        self._account = account
        self.publish()
        if account.uncertain != before:  # of another cell, or another kernel
            self._ask_for_open()

    # What nobody knows --------------------------------------------------------------------------

    def failed(self, problem: BaseException) -> None:
        """Look what may be the own of an order whose end nobody heard."""
        if isinstance(problem, PurchaseUncertain):
            self._ask_for_open()

    def mask_changed(self) -> None:
        """Show what is open masked, or ask anew for what was masked."""
        super().mask_changed()
        if self._open and not self.sms.is_masked:
            self._ask_for_open()

    def do_claim(self, order: str, ref: str) -> None:
        """Write down that an order bought this one of its candidates."""
        known = {str(row["order_id"]): row["candidates"] for row in self._open}
        if str(ref) in map(str, known.get(str(order), ())):
            self._settle(str(order), claim={str(order): str(ref)})

    def do_dismiss(self, order: str) -> None:
        """Write down that an order bought nothing."""
        if any(str(order) == str(row["order_id"]) for row in self._open):
            self._settle(str(order), dismiss=[str(order)])

    def _settle(self, order: str, **decision: Any) -> None:
        if order in self._settling:
            return  # a double click
        self._settling.add(order)
        self.publish()

        def ended() -> None:
            self._settling.discard(order)
            self.publish()

        self.panel.work(
            lambda: self.sms.reconcile(wait=False, **decision), self._take_settled, ended
        )

    def _take_settled(self, frame: Any) -> None:
        self._add(records(frame))
        self.panel.say("Written down.", "good")
        self.refresh()
        self._ask_for_open()

    def _add(self, settled: Sequence[Record]) -> None:
        """Show the numbers that orders turned out to have bought."""
        for row in settled:
            for name, column in (("watch", "activation_id"), ("rent", "rent_id")):
                section = self.panel.section(name)
                if row["result"] == "bought" and section is not None and not missing(row[column]):
                    section.add(str(row[column]))

    def _ask_for_open(self) -> None:
        self.panel.work(self._reconcile, self._take_open)

    def _reconcile(self) -> list[Record] | None:
        """Return what became of the orders that were open; None where nobody can be asked now."""
        try:
            if self.sms.ledger(state=_OPEN).empty:
                return []
            return records(self.sms.reconcile(wait=False))
        except SmsError:  # it is told by those who ask all the time, and beside what is open
            return None

    def _take_open(self, results: list[Record] | None) -> None:
        if results is None:
            if not self._is_waiting:
                self._is_waiting = True
                self.panel.run(self._ask_again)
            return
        self._open = [record for record in results if record["result"] in ("open", "unknown")]
        self.publish()
        ended = [record for record in results if record["result"] in ("bought", "not bought")]
        if ended:
            self._add(ended)
            self.panel.say(" ".join(map(self._settled_line, ended)), "good")
            self.refresh()

    async def _ask_again(self) -> None:
        await asyncio.sleep(_AGAIN)
        self._is_waiting = False
        self.panel.guard(self._ask_for_open)

    def _settled_line(self, record: Record) -> str:
        """Say what became of an order that was looked up."""
        names, phone = self.panel.names, record["phone_number"]
        about = names.service(record["service"]), names.country(record["country"])
        place = " in ".join(filter(None, about))
        order = f"the order of {place}" if place else "the order"  # of an extension, or a product
        bought = "nothing"
        if record["result"] == "bought":
            visible = masked_value(phone, Secret.PHONE) if self.sms.is_masked else phone
            bought = "what it was for" if missing(phone) else number(visible)
        is_sure = record["certainty"] != "inferred"
        guess = "" if is_sure else " That is inferred: it is only the one purchase that fits."
        return clean(f"Looked up: {order} bought {bought}.{guess}")


def _amount(value: Any) -> float | None:
    """Return an amount; None where it is not known."""
    return None if missing(value) else float(value)


# What is drawn of the ledger ----------------------------------------------------------------------


def _spending(rows: Sequence[Record]) -> list[dict[str, Any]]:
    """Add up what was spent on each day (UTC), each currency by itself; what came back is apart."""
    days: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        if missing(row["bought_at"]):
            continue
        day, currency = f"{row['bought_at']:%Y-%m-%d}", clean(row["currency"])
        entry = days.setdefault(
            (day, currency),
            {
                "day": day,
                "currency": currency,
                "spent": 0.0,
                "back": 0.0,
                "purchases": 0,
                "unknown": 0,
            },
        )
        entry["purchases"] += 1
        if missing(row["cost"]):
            entry["unknown"] += 1
            continue
        back = 0.0 if missing(row["refunded"]) else max(float(row["refunded"]), 0.0)
        entry["spent"] = round(entry["spent"] + float(row["cost"]) - back, 6)
        entry["back"] = round(entry["back"] + back, 6)
    return [days[key] for key in sorted(days)]


def _deliveries(rows: Sequence[Record], by: str, name_of: Any) -> list[dict[str, Any]]:
    """Count the numbers that got a code, did not, or wait for one, the most bought first."""
    groups: dict[str, dict[str, Any]] = {}
    for row in rows:
        if missing(row["activation_id"]) or missing(row[by]):
            continue
        name = name_of(row[by])
        entry = groups.setdefault(
            name, {"by": by, "name": clean(name), "codes": 0, "none": 0, "waiting": 0}
        )
        is_there = bool(row["codes"]) or not missing(row["first_code_at"])
        entry["codes" if is_there else "waiting" if row["state"] == "active" else "none"] += 1
    most = sorted(
        groups.values(),
        key=lambda group: (-group["codes"] - group["none"] - group["waiting"], group["name"]),
    )
    return most[:_MOST_GROUPS]
