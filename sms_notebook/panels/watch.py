"""Watching in a panel: numbers that are alive, and their codes as they come."""

from typing import Any

from sms_notebook.panels.number_actions import NumberActions, state_of
from sms_notebook.panels.section import SectionHost
from sms_notebook.panels.text import Record, clean, epoch, link, number, records
from sms_notebook.protocol.replies import Status
from sms_notebook.watching.watch import Watch

_SECRETS = ("filter", "open", "selected")  # what of a choice names numbers
_NEWS = 20  # codes that are kept for the log
_OVER = 100  # numbers that are over and still shown


class WatchSection(NumberActions):
    """Numbers with their codes.

    Parameters
    ----------
    panel : SectionHost
        It belongs to.
    ids : list of str or None
        Activations; all that are alive if None.
    every : float
        Seconds between two polls.
    """

    name = "watch"

    def __init__(self, panel: SectionHost, ids: list[str] | None, every: float) -> None:
        super().__init__(panel, every)
        self._ids = ids
        self._counts: dict[str, int] = {}
        self._ranks: dict[str, int] = {}
        self._news: list[dict[str, Any]] = []
        self._has_begun = False  # what was there at the beginning is no news
        self._messages: list[dict[str, Any]] | None = None  # of the number whose details are seen

    def begin(self) -> None:
        """Begin to watch."""
        self.follow(self.sms.watch(self._ids, every=self.every))

    def end(self) -> None:
        """Forget the rows."""
        super().end()
        self._counts.clear()
        self._ranks.clear()
        self._news.clear()
        self._messages = None
        self._has_begun = False

    def key_of(self, record: Record) -> str:
        """Return the id of an activation."""
        return str(record["activation_id"])

    def add(self, activation_id: str) -> None:
        """Show an activation that was just ordered, without waiting for the next poll."""
        if self._ids is not None:
            self._ids.append(activation_id)
        if not self.panel.is_open:
            return
        watch = self.sms.watch([activation_id], every=self.every)
        if self._ids is None:
            self.hurry(watch)
        else:
            self.follow(watch)

    # What is drawn ------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what is drawn."""
        rows = [self._row(key, record) for key, record in self.rows.items()]
        rows.sort(key=lambda row: (row["is_over"], -self._ranks.get(row["id"], 0)))
        over = sum(row["is_over"] for row in rows)
        return {
            "trouble": f"No news just now: {self.trouble}" if self.trouble else "",
            "is_loading": not self.has_looked,
            "rows": rows[: len(rows) - max(over - _OVER, 0)],
            "news": list(self._news),
            "details": self._details(),
        }

    def _row(self, key: str, record: Record) -> dict[str, Any]:
        names, is_over = self.panel.names, bool(record["is_over"])
        code, words = clean(record["code"]), clean(record["text"])
        return {
            "id": key,
            "number": number(record["phone_number"]),
            "bare": clean(record["phone_number"]),
            "service": clean(record["service"]),
            "place": clean(names.place(record)),
            "code": code,
            "codes": [*map(clean, record["codes"])],
            "text": "" if record["codes"] else words[:200],
            "state": state_of(record),
            "kind": "over" if is_over else "code" if record["status"] == Status.OK else "wait",
            "is_over": is_over,
            "since": epoch(record["since"]),
            "ends_at": None if is_over else epoch(record["ends_at"]),
            **self.actions_of(key),
        }

    def _details(self) -> dict[str, Any] | None:
        ref = self._open
        if ref is None:
            return None
        return {"id": ref, "messages": self._messages, "can_hear": self.can(ref, "hear")}

    @property
    def _open(self) -> str | None:
        """The number whose details are seen."""
        ref = self.choice.get("open")
        return ref if isinstance(ref, str) and ref in self.rows else None

    def chosen(self, before: dict[str, Any]) -> None:
        """Load the messages of the number whose details are wanted."""
        if self.choice.get("open") != before.get("open"):
            self._messages = None
            self.publish()
            self.panel.run(self._loaded)

    async def _loaded(self) -> None:
        self.panel.guard(self._load)

    def _load(self) -> None:
        """Read the messages of the number whose details are seen; on the loop thread."""
        ref = self._open
        frames = (watch.messages(ref) for watch in self._watches if ref is not None)
        first = next((frame for frame in frames if len(frame)), None)
        self._messages = [] if first is None else [_message(row) for row in records(first)][::-1]
        self.publish()

    # News ---------------------------------------------------------------------------------------

    def take(self, watch: Watch) -> None:
        """Take how the numbers of a watch stand; a code that is new is told."""
        had_looked = self._has_begun
        self._has_begun = had_looked or watch.has_looked
        super().take(watch)
        is_stale = False
        for key, record in self.rows.items():
            known, count = self._counts.get(key), int(record["messages"])
            if known is None or count > known:
                self._counts[key] = count
                self._ranks[key] = 1 + max(self._ranks.values(), default=0)
                is_stale = is_stale or key == self.choice.get("open")
                if count and (had_looked or known is not None):
                    self._tell(key, record, count)
        self.take_ends()
        if is_stale:
            self._load()

    def _tell(self, key: str, record: Record, count: int) -> None:
        place = self.panel.names.place(record)
        news = {
            "key": f"{key}/{count}",
            "code": clean(record["code"]) or clean(record["text"])[:200],
            "number": number(record["phone_number"]),
            "place": clean(place),
        }
        self._news = [*self._news, news][-_NEWS:]

    def mask_changed(self) -> None:
        """Take all anew, and forget what was said, chosen and looked for."""
        self._news, self._messages = [], None
        self.notes.clear()
        self.panel.widget.watch_choice = self.without_secrets(self.choice)
        super().mask_changed()

    def without_secrets(self, choice: dict[str, Any]) -> dict[str, Any]:
        """Return a choice that names no number."""
        return {name: value for name, value in choice.items() if name not in _SECRETS}

    def snapshot(self) -> list[list[str]]:
        """Return the numbers that are watched."""
        if self.rows and not self.sms.is_masked:  # the rows may be of the time before
            return [self._line(record, state_of(record)) for record in list(self.rows.values())]
        if self._ids is None:
            mine = self.sms.ledger(kind="activation", state="active")
        else:
            mine = self.sms.ledger(kind="activation")
            mine = mine[mine["activation_id"].isin(self._ids)]
        return [self._line(record, str(record["state"])) for record in records(mine)]

    def _line(self, record: Record, state: str) -> list[str]:
        service = self.panel.names.service(record["service"])
        return [number(record["phone_number"]), service, state, ", ".join(record["codes"])]


def _message(record: Record) -> dict[str, Any]:
    """Return a message as it is drawn."""
    url = link(record["url"])
    return {
        "code": clean(record["code"]),
        "text": clean(record["text"]),
        "from": clean(record["phone_from"]),
        "at": epoch(record["date_time"]),
        "recording": url or "",
        "address": "" if url else clean(record["url"]),
    }
