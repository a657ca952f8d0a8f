"""A watcher that is recorded, or that hears from a recording: then no time passes."""

import logging

from sms_notebook.client.taping import Taping
from sms_notebook.orders.books import Books
from sms_notebook.watching.polling import Do
from sms_notebook.watching.subscription import Subscription
from sms_notebook.watching.watcher import Watcher

LOG = logging.getLogger("sms_notebook")
WATCH = "watch"


def wait_for(ref: str) -> str:
    """Name the wait for an activation, as a recording does."""
    return f"wait {ref}"


class TapedWatcher(Watcher):
    """Tells a recording when watches begin and end.

    Parameters
    ----------
    books, do
        As of `Watcher`.
    taping : Taping
        The recording.
    """

    def __init__(self, books: Books, do: Do, taping: Taping) -> None:
        super().__init__(books, do)
        self._taping = taping
        self._watches: set[Subscription] = set()

    async def subscribe(self, subscription: Subscription) -> None:
        """Begin to tell somebody."""
        self._taping.begins(_name(subscription))
        if not subscription.wants_proof:
            self._watches.add(subscription)
        if self._taping.is_replay:
            subscription.every = 0.0
        await super().subscribe(subscription)

    def _leave(self, subscription: Subscription, failure: Exception | None = None) -> None:
        if subscription in self._watches:
            self._watches.discard(subscription)
            self._taping.ended(WATCH)
        super()._leave(subscription, failure)

    def dry(self) -> None:
        """Let those go for whom nothing more was recorded."""
        for subscription in tuple(self._subscriptions):
            if subscription.wants_proof:
                (_, ref), *_ = subscription.keys
                self._leave(subscription, self._taping.failure_of(wait_for(ref), ref))
            elif self._taping.has_end(WATCH):
                self._leave(subscription)
            elif self._taping.is_over:  # it was cut off while this was watched
                LOG.warning("The recording ends here, and so does the watch.")
                self._leave(subscription)


def _name(subscription: Subscription) -> str:
    """Name a subscription: a wait is for one activation."""
    if not subscription.wants_proof:
        return WATCH
    (_, ref), *_ = subscription.keys
    return wait_for(ref)
