"""The watcher of a client, and how it asks."""

import asyncio
import os
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from sms_notebook.client.steps import Session, Steps, drive_async
from sms_notebook.protocol.calls import Call
from sms_notebook.transport import AsyncSender, Retry

if TYPE_CHECKING:
    from sms_notebook.orders.books import Books
    from sms_notebook.watching.polling import Do
    from sms_notebook.watching.watcher import Watcher

T = TypeVar("T")


class Lookout:
    """Watches for one client: its watcher, and how that asks.

    Parameters
    ----------
    session : Session
        Of the client.
    sender : AsyncSender
        Sends from the loop thread.
    """

    def __init__(self, session: Session, sender: AsyncSender) -> None:
        from sms_notebook.watching.watcher import Watcher  # noqa: PLC0415 - loads SQLAlchemy

        # A poll is not repeated: the next one is at hand.
        self._session = replace(session, retry=Retry(0))
        self._sender = sender
        self.books: Books = session.keeper.books
        self._make: Callable[[Books, Do], Watcher] = Watcher
        if (taping := session.taping) is not None:
            from sms_notebook.client.taped_watching import TapedWatcher  # noqa: PLC0415 - likewise

            def taped(books: "Books", do: "Do") -> TapedWatcher:
                watcher = TapedWatcher(books, do, taping)
                taping.on_dry = watcher.dry
                return watcher

            self._make = taped
        self._watcher = self._make(self.books, self.do)
        self._process = os.getpid()

    @property
    def watcher(self) -> "Watcher":
        """The watcher; a process that was forked has its own."""
        if self._process != os.getpid():
            self._watcher = self._make(self.books, self.do)
            self._process = os.getpid()
        return self._watcher

    async def do(
        self, steps: Callable[[Callable[[Call], Steps[pd.DataFrame]]], Generator[Any, Any, T]]
    ) -> T:
        """Perform steps on the loop thread."""
        return await drive_async(steps(self._session.frame), self._sender.send, asyncio.sleep)

    async def close(self) -> None:
        """Stop watching, and close the connections."""
        await self.watcher.close()
        await self._sender.close()
