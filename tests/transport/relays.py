"""What stands between a client and a provider: TLS, a proxy that tunnels, a SOCKS proxy."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_VERSION, _NO_PASSWORD, _PASSWORD, _CONNECT, _NAME = 5, 0, 2, 1, 3


@dataclass
class Relay:
    """A server that passes on what it gets.

    ``seen`` has where it was asked to connect, and ``passed`` the bytes that went through.
    """

    meet: Callable[["Relay", *Streams], Awaitable[tuple[str, int] | None]]
    port: int = 0
    seen: list[str] = field(default_factory=list)
    passed: bytearray = field(default_factory=bytearray)
    password: str = ""
    open: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            target = await self.meet(self, reader, writer)
            if target is not None:
                there = await asyncio.open_connection(*target)
                self.open.append(there[1])
                await asyncio.gather(self.pump(reader, there[1]), self.pump(there[0], writer))
        writer.close()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while part := await reader.read(65_536):
                self.passed += part
                writer.write(part)
                await writer.drain()
        writer.close()


def to(port: int) -> Callable[..., Awaitable[tuple[str, int]]]:
    """Pass all on to a port of this machine: what only unwraps TLS."""

    async def meet(*_: object) -> tuple[str, int]:
        return "127.0.0.1", port

    return meet


async def connect(
    relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[str, int] | None:
    """Meet a client as an HTTP proxy does that tunnels."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    method, target, _ = head.split("\r\n", 1)[0].split()
    relay.seen.append(f"{method} {target}")
    if relay.password and f"Proxy-Authorization: {relay.password}" not in head:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        return None
    host, _, port = target.rpartition(":")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    return host, int(port)


async def socks(
    relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[str, int] | None:
    """Meet a client as a SOCKS5 proxy does (RFC 1928, RFC 1929)."""
    _, count = await reader.readexactly(2)
    methods = await reader.readexactly(count)
    way = _PASSWORD if relay.password else _NO_PASSWORD
    writer.write(bytes([_VERSION, way if way in methods else 0xFF]))
    if way not in methods:
        return None
    if relay.password:
        _, length = await reader.readexactly(2)
        user = await reader.readexactly(length)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        is_right = f"{user.decode()}:{password.decode()}" == relay.password
        writer.write(bytes([1, 0 if is_right else 1]))
        if not is_right:
            return None
    _, command, _, kind = await reader.readexactly(4)
    assert command == _CONNECT
    if kind == _NAME:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    else:
        host = socket.inet_ntoa(await reader.readexactly(4))
    (port,) = struct.unpack(">H", await reader.readexactly(2))
    relay.seen.append(f"{host}:{port}")
    writer.write(bytes([_VERSION, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
    return ("127.0.0.1" if host.endswith(".example") else host), port


@contextlib.contextmanager
def running(relay: Relay, tls: ssl.SSLContext | None = None) -> Iterator[Relay]:
    """Run a relay beside the test."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(relay.serve, "127.0.0.1", 0, ssl=tls))
    relay.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield relay
    finally:

        async def end() -> None:
            server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for writer in relay.open:
                writer.transport.abort()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

        asyncio.run_coroutine_threadsafe(end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
