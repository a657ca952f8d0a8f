"""Ports for servers that must be told theirs."""

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """Return a port to come back to: one that the system gives to nobody else meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
