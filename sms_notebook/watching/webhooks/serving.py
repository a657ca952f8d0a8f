"""uvicorn for the receiver: it says nothing, and waits for nobody for long."""

import asyncio
import socket
import threading
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sms_notebook.watching.webhooks.app import App

IDLE_SECONDS: Final = 10.0
"""For the next request to begin, and for the rest of a body that was refused."""


class Server(uvicorn.Server):
    """Serves the app; ``ready`` is set once it does.

    Parameters
    ----------
    app : App
        The receiver's.
    """

    def __init__(self, app: App) -> None:
        config = uvicorn.Config(
            app,
            http=_Impatient,
            ws="none",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            log_level="error",
            proxy_headers=False,
            server_header=False,
        )
        super().__init__(config)
        self.ready = threading.Event()
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin."""
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, after what has arrived is answered."""
        self._app.hurry()
        await super().shutdown(sockets)


class _Impatient(H11Protocol):
    """HTTP/1.1 that closes a connection on which no request begins in time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A path is a secret, even where others in this process have uvicorn log theirs. uvicorn's
        # own setting would end the log of those too.
        self.access_log = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP only
        """Begin a connection."""
        super().connection_made(transport)
        self._expect_a_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        super().connection_lost(exc)
        self._forget_the_deadline()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        self._expect_a_request()
        super().on_response_complete()

    def _expect_a_request(self) -> None:
        self._forget_the_deadline()
        self._deadline = self.loop.call_later(IDLE_SECONDS, self._close_unless_new, self.cycle)

    def _forget_the_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _close_unless_new(self, last: object) -> None:
        if self.cycle is last:
            self.transport.close()
