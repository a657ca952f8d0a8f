"""What can be done with a number in a panel: one more code, finish, cancel, hear again."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sms_notebook.panels.section import LiveSection, SectionHost, attempt
from sms_notebook.panels.text import Record, clean, epoch, missing, number, plain
from sms_notebook.protocol.errors import EarlyCancelDenied, SmsError
from sms_notebook.protocol.replies import Access, Status

LOG = logging.getLogger("sms_notebook")

_WORDS: dict[str, str] = {
    Status.WAIT_CODE: "Waiting for a code",
    Status.WAIT_RETRY: "Waiting for another code",
    Status.WAIT_RESEND: "Waiting for another code",
    Status.OK: "Code received",
    Status.CANCEL: "Cancelled",
    Status.FINISH: "Finished",
    Status.REVOKE: "Revoked",
}
_CONFIRMATIONS = {
    "again": "One more code was asked for: it appears here.",
    "finish": "Finished: the number is paid for.",
    "cancel": "Cancelled: the money is back.",
    "hear": "The recording is being read anew.",
}
_ALIVE = (Status.OK, Status.WAIT_CODE, Status.WAIT_RETRY)
_LANES = 3  # numbers that are asked for at once
_MOST_PROBLEMS = 3  # troubles that are told at once
_LOOK = 0.5  # seconds between two looks at what is to be cancelled
_AHEAD = 60.0  # seconds that a provider's clock may be ahead of what is known of it
_TRY_AGAIN = 2.0  # seconds, where the provider says that it is too early


def state_of(record: Record) -> str:
    """Say how a number stands."""
    status = str(record["status"])
    if record["is_over"] and (missing(record["status"]) or status in _ALIVE):
        return "Over"
    if status == Status.CANCEL and has_code(record):  # the word for whatever is over
        return _WORDS[Status.FINISH]
    return _WORDS.get(status, clean(status))


def has_code(record: Record) -> bool:
    """Tell whether a code or a message has come."""
    return bool(record["codes"]) or record["messages"] > 0


@dataclass(slots=True)
class _Batch:
    """The same for some numbers, each by itself: what is to be asked, and what came of it."""

    name: str
    refs: list[str]
    waiting: list[str]
    left: int
    later: int = 0
    done: int = 0
    problems: list[str] = field(default_factory=list)

    def words(self) -> str:
        """Say how it ended."""
        verb = "Finished" if self.name == "finish" else "Cancelled"
        parts = [f"{verb} {self.done} of {len(self.refs)}."] if self.refs else []
        if self.later:
            parts.append(f"To be cancelled as soon as that is allowed: {self.later}.")
        more = ["Each of these rows says why."] if len(self.problems) > _MOST_PROBLEMS else []
        return " ".join([*parts, *self.problems[:_MOST_PROBLEMS], *more])


class NumberActions(LiveSection):
    """Live numbers that something can be done with.

    Parameters
    ----------
    panel : SectionHost
        It belongs to.
    every : float
        Seconds between two polls.
    """

    actions = ("again", "finish", "cancel", "undo", "hear", "finish_all", "cancel_all")

    def __init__(self, panel: SectionHost, every: float) -> None:
        super().__init__(panel, every)
        self.notes: dict[str, str] = {}
        """What went wrong with a number, by its id."""
        self._busy: set[str] = set()
        self._scheduled: dict[str, float] = {}  # when each is to be cancelled, by id
        self._next: dict[str, float] = {}  # when it is tried again, by the clock of this machine
        self._asking: set[str] = set()  # which of them the provider is being asked to cancel
        self._undone: set[str] = set()  # which of those shall live after all
        self._is_scheduling = False

    def end(self) -> None:
        """Forget the rows; what was to be cancelled is not."""
        if self._scheduled:
            LOG.warning(
                "The panel was closed, so nothing cancels %s: sms.cancel(id, when_allowed=True).",
                ", ".join(self._scheduled),
            )
        super().end()
        self.notes.clear()
        self._busy.clear()
        self._scheduled.clear()
        self._next.clear()
        self._asking.clear()
        self._undone.clear()
        self._is_scheduling = False

    def actions_of(self, ref: str) -> dict[str, Any]:
        """Return what can be done with a number, and what is being done."""
        is_busy = ref in self._busy
        return {
            "cancel_at": self._cancel_at(self.rows[ref]),
            "scheduled": self._scheduled.get(ref),
            "busy": is_busy,
            "note": self.notes.get(ref, ""),
            "can": [] if is_busy else [name for name in _CONFIRMATIONS if self.can(ref, name)],
        }

    def take_ends(self) -> None:
        """Cancel nothing that has a code or is over by now."""
        for ref in self._scheduled.keys() - self._asking:
            record = self.rows[ref]
            if not (record["is_over"] or has_code(record)):
                continue
            del self._scheduled[ref]
            if not record["is_over"]:
                code = clean(record["code"])
                what = f"the code {code}" if code else "a message"
                self.panel.say(f"Not cancelled: {what} has come.")

    def can(self, ref: str, name: str) -> bool:
        """Tell whether something makes sense for a number as it stands."""
        record = self.rows[ref]
        if name == "hear":
            return not missing(record["url"])
        if record["is_over"] or not self.sms.has(name):
            return False
        if name == "again":
            return bool(record["status"] == Status.OK)
        return has_code(record) is (name == "finish")

    def _cancel_at(self, record: Record) -> float | None:
        """Return from when on a number can be cancelled; None where that is now, or not known."""
        since = epoch(record["since"])
        if since is None or record["is_over"] or has_code(record):
            return None
        if since > self._now() + _AHEAD:  # a clock that nobody knows
            return None
        return since + self.sms.about.provider.first_cancel

    # Acting on one ------------------------------------------------------------------------------

    def do_again(self, ref: str) -> None:
        """Ask for one more code."""
        self._act(ref, "again", partial(self._run_action, "again", ref))

    def do_finish(self, ref: str) -> None:
        """Confirm the code: the number is paid for."""
        self._act(ref, "finish", partial(self._run_action, "finish", ref))

    def do_hear(self, ref: str, language: Any) -> None:
        """Have a recording read anew."""
        if isinstance(language, str) and language.isalpha():
            self._act(ref, "hear", partial(self._run_action, "hear", ref, language))

    def do_cancel(self, ref: str) -> None:
        """Give a number back; before its time, as soon as that is allowed."""
        if not self._may(ref) or ref in self._scheduled:
            return
        if self.can(ref, "cancel") and self._schedule_if_early(ref):
            self._say_scheduled(ref)
            self.publish()
        else:
            self._act(ref, "cancel", partial(self._run_cancel, ref))

    def do_undo(self, ref: Any) -> None:
        """Let a number live that was to be cancelled."""
        if not isinstance(ref, str) or ref not in self.rows:
            return
        self._scheduled.pop(ref, None)
        if self.rows[ref]["is_over"]:
            self.panel.say(f"Too late to undo: {state_of(self.rows[ref]).lower()}.", "bad")
        elif ref in self._asking | self._busy:
            self._undone |= self._asking & {ref}
            self.panel.say("The provider is being asked just now; what it answers is said here.")
        else:
            self.panel.say("It is not cancelled.", "good")
        self.publish()

    def _may(self, ref: Any) -> bool:
        return isinstance(ref, str) and ref in self.rows and ref not in self._busy

    def _act(self, ref: str, name: str, ask: Callable[[], str]) -> None:
        if not self._may(ref):
            return
        self.panel.say("Asking the provider…")

        def answered(result: str | SmsError) -> None:
            if not isinstance(result, SmsError):
                self.panel.say(self._words(result), "good")
            elif name == "cancel" and self._is_too_early(ref, result):
                self._say_scheduled(ref)
            else:
                self.panel.fail(result)
            self._look_at([ref])

        self._ask(ref, ask, answered, lambda: None)

    def _ask(
        self,
        ref: str,
        ask: Callable[[], str],
        answered: Callable[[str | SmsError], None],
        after: Callable[[], None],
    ) -> None:
        """Ask the provider on a thread of its own; meanwhile nothing else is done with a number."""
        self._busy.add(ref)
        self.notes.pop(ref, None)
        self.publish()

        def rested() -> None:
            self._busy.discard(ref)
            self.publish()
            after()

        self.panel.work(lambda: attempt(ask), answered, rested)

    def _look_at(self, refs: list[str]) -> None:
        """Have numbers looked at anew: something was done with them."""
        self.panel.money_moved()
        self.hurry(self.sms.watch(refs, every=self.every))

    def _run_action(self, name: str, *given: str) -> str:
        ask: Any = getattr(self.sms, "parse_call" if name == "hear" else name)
        ask(*given)
        return _CONFIRMATIONS[name]

    def _run_cancel(self, ref: str) -> str:
        answer = self.sms.cancel(ref).iloc[0]
        if answer["status"] == Access.CANCEL:
            return _CONFIRMATIONS["cancel"]
        if answer["status"] != Status.OK:
            return "It was over already, so nothing was cancelled."
        code = answer["code"]
        what = "a message" if missing(code) else f"the code {code!s}"
        return f"Not cancelled: {what} has come."

    def _words(self, result: str | SmsError) -> str:
        """Say what came of asking; the mask may have been switched on since."""
        return plain(result) if isinstance(result, SmsError) else self.sms.shown(result)

    # Cancelling as soon as that is allowed ------------------------------------------------------

    def _now(self) -> float:
        return self.sms.about.now().timestamp()

    def _schedule_if_early(self, ref: str) -> bool:
        due = self._cancel_at(self.rows[ref])
        if due is None or due <= self._now():
            return False
        self._schedule(ref, due)
        return True

    def _is_too_early(self, ref: str, problem: SmsError) -> bool:
        """Take a refusal: where the provider says that it is too early, it is asked again."""
        if not isinstance(problem, EarlyCancelDenied):
            return False
        self._next[ref] = time.monotonic() + _TRY_AGAIN
        self._schedule(ref, self._cancel_at(self.rows[ref]) or self._now())
        return True

    def _schedule(self, ref: str, due: float) -> None:
        self._scheduled[ref] = due
        self._undone.discard(ref)
        self.notes.pop(ref, None)
        if not self._is_scheduling:
            self._is_scheduling = True
            self.panel.run(self._keep_schedule)

    def _say_scheduled(self, ref: str) -> None:
        self.panel.say(
            f"{number(self.rows[ref]['phone_number'])} is cancelled as soon as that is allowed, "
            "while this panel is open; unless a code comes before."
        )

    async def _keep_schedule(self) -> None:
        """Cancel what is due, by the provider's clock; a sandbox's may be stepped."""
        while True:
            self.panel.guard(self._cancel_due)
            if not self._is_scheduling:
                return
            await asyncio.sleep(_LOOK)

    def _cancel_due(self) -> None:
        about, now, here = self.sms.about, self._now(), time.monotonic()
        # The clock of a sandbox that another process runs is known to that alone.
        is_known = about.gateway is not None or not about.provider.own_clock
        due = [
            ref
            for ref, moment in self._scheduled.items()
            if ref not in self._asking
            and (moment <= now or not is_known)
            and self._next.get(ref, 0.0) <= here
        ]
        for ref in due[: _LANES - len(self._asking)]:
            self._asking.add(ref)
            self.panel.work(
                partial(attempt, partial(self._run_cancel, ref)),
                partial(self._take_cancel, ref),
                partial(self._asking.discard, ref),
            )
        self._is_scheduling = bool(self._scheduled)

    def _take_cancel(self, ref: str, result: str | SmsError) -> None:
        """Take what came of a cancel that was scheduled; it may have been undone meanwhile."""
        is_undone = ref in self._undone
        self._undone.discard(ref)
        if is_undone and isinstance(result, EarlyCancelDenied):
            self.panel.say("It is not cancelled.", "good")
        elif isinstance(result, SmsError) and self._is_too_early(ref, result):
            return
        elif isinstance(result, SmsError):
            self._scheduled.pop(ref, None)
            self.notes[ref] = self._words(result)
            self.panel.fail(result)
        else:
            self._scheduled.pop(ref, None)
            words = self._words(result)
            self.panel.say(f"Too late to undo. {words}" if is_undone else words, "good")
        self.publish()
        self._look_at([ref])

    # Acting on many -----------------------------------------------------------------------------

    def do_finish_all(self, refs: Any) -> None:
        """Finish some numbers, each by itself."""
        self._act_on_all("finish", refs)

    def do_cancel_all(self, refs: Any) -> None:
        """Cancel some numbers, each by itself; before their time, as soon as that is allowed."""
        self._act_on_all("cancel", refs)

    def _act_on_all(self, name: str, refs: Any) -> None:
        if not isinstance(refs, list):
            return
        free = [ref for ref in refs if self._may(ref)]
        eligible = [ref for ref in free if self.can(ref, name) and ref not in self._scheduled]
        now = eligible
        if name == "cancel":
            now = [ref for ref in eligible if not self._schedule_if_early(ref)]
        batch = _Batch(name, now, list(now), len(now), later=len(eligible) - len(now))
        if now:
            self._begin(batch)
        else:
            self.panel.say(batch.words() or "Nothing to do: these numbers changed meanwhile.")
            self.publish()

    def _begin(self, batch: _Batch) -> None:
        self.panel.say(f"Asking the provider for {len(batch.refs)} numbers…")
        for _ in range(min(_LANES, len(batch.refs))):
            self._ask_next(batch)

    def _ask_next(self, batch: _Batch) -> None:
        if not batch.waiting:
            return
        ref = batch.waiting.pop(0)
        is_cancel = batch.name == "cancel"
        self._ask(
            ref,
            partial(self._run_cancel, ref)
            if is_cancel
            else partial(self._run_action, "finish", ref),
            partial(self._took, batch, ref),
            partial(self._ask_next, batch),
        )

    def _took(self, batch: _Batch, ref: str, result: str | SmsError) -> None:
        """Note what came of one number: its trouble is its own."""
        if result == _CONFIRMATIONS[batch.name]:
            batch.done += 1
        elif isinstance(result, SmsError) and self._is_too_early(ref, result):
            batch.later += 1
        else:
            words = self.notes[ref] = self._words(result)
            batch.problems.append(f"{number(self.rows[ref]['phone_number'])}: {words}")
        batch.left -= 1
        if not batch.left:
            self.panel.say(batch.words(), "bad" if batch.problems else "good")
            self._look_at(batch.refs)
