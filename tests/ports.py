"""Ports for servers that must be told theirs, and the connections there are."""

import random
import socket
from contextlib import suppress
from typing import Any

import psutil
from jupyter_client.connect import LocalPortCache


def listening() -> socket.socket:
    """Return a socket that listens on a port that the system chooses.

    `socket.create_server` sets SO_REUSEADDR: of two that ask for any port at the same time, Linux
    may then give both the same one, and the second cannot listen.
    """
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def stop_listening(listener: socket.socket) -> None:
    """Close it, and let whoever waits there for a connection hear of it.

    Closed alone, it goes on accepting: a thread that is stopped for a moment (a debugger, a
    profiler) then waits again, at the listener that has its number by now.
    """
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def free_port() -> int:
    """Return a port to come back to: one that the system gives to nobody else meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def connections(status: str) -> list[Any]:
    """Return the connections of this process; psutil before 6 has another word for them."""
    process = psutil.Process()
    found = getattr(process, "net_connections", None) or process.connections
    return [each for each in found() if each.status == status]


def _port_of_kernel(cache: LocalPortCache, _ip: str) -> int:
    while (port := free_port()) in cache.currently_used_ports:
        pass
    cache.currently_used_ports.add(port)
    return port


def keep_ports_of_kernels() -> None:
    """Give kernels ports to come back to: they listen a second after they were chosen."""
    LocalPortCache.find_available_port = _port_of_kernel
