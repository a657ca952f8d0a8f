"""A server that never comes to an end of its answer, in many ways."""

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

from ports import listening, stop_listening

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def drip(piece: bytes, begin: bytes = b"") -> Callable[[], Iterator[bytes]]:
    """Begin, then send the same piece for ever."""
    return lambda: itertools.chain([begin] if begin else [], itertools.repeat(piece))


WAYS: dict[str, Callable[[], Iterator[bytes]]] = {
    "nothing": drip(b""),
    "status line": drip(b"H", b"HTTP/1.1 200 "),
    "empty lines before it": drip(b"\r\n"),
    "a header's name": drip(b"x", OK),
    "a header's value": drip(b"x", OK + b"X-Long: "),
    "headers": drip(b"X-More: 1\r\n", OK),
    "100 Continue": drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "102 Processing": drip(b"HTTP/1.1 102 Processing\r\n\r\n"),
    "103 Early Hints": drip(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    "199, which means nothing": drip(b"HTTP/1.1 199 Wait\r\n\r\n"),
    "a body of known length": drip(b"x", OK + b"Content-Length: 100000\r\n\r\n"),
    "a body without a length": drip(b"x", OK + b"Connection: close\r\n\r\n"),
    "a chunk's length": drip(b"0", CHUNKED),
    "a chunk's extension": drip(b"x", CHUNKED + b"1;"),
    "a chunk": drip(b"x", CHUNKED + b"ffff\r\n"),
    "chunks": drip(b"1\r\nx\r\n", CHUNKED),
    "trailers": drip(b"X-More: 1\r\n", CHUNKED + b"1\r\nx\r\n0\r\n"),
    "a trailer": drip(b"x", CHUNKED + b"1\r\nx\r\n0\r\nX-Long: "),
    "gzip that unpacks to nothing": drip(
        b"\0\0\0\xff\xff",
        OK + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03",
    ),
}


class Dripping:
    """Answers every request in a way of `WAYS`; counts the requests and what they asked for.

    Parameters
    ----------
    way : str
        How; a TLS handshake where it is ``"handshake"``.
    pause : float
        Seconds between two pieces; 0 sends as fast as it can.
    """

    def __init__(self, way: str, pause: float = 0.02) -> None:
        self._way = way
        self._pause = pause
        self._over = threading.Event()
        self.asked: list[bytes] = []
        self._listener = listening()
        self.port = self._listener.getsockname()[1]
        scheme = "https" if way == "handshake" else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/stubs/handler_api.php"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        stop_listening(self._listener)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        with contextlib.suppress(OSError), connection:
            if self._way == "handshake":
                connection.recv(65536)
                # A TLS record of 16 KiB is announced.
                pieces = drip(b"\2", b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")()
            else:
                request = b""
                while b"\r\n\r\n" not in request and (part := connection.recv(65536)):
                    request += part
                self.asked.append(request)
                pieces = WAYS[self._way]()
            many = 1 if self._pause else 200
            for piece in pieces:
                connection.sendall(piece * many)
                if self._pause or not piece:
                    time.sleep(max(self._pause, 0.02))
                if self._over.is_set():
                    return

    def times(self, action: str) -> int:
        """Return how often an action was asked for."""
        return sum(f"action={action}".encode() in request for request in self.asked)
