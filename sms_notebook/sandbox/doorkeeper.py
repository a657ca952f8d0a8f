"""Who gets to the control: programs on this machine, but no web page that is open on it."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

CONTROL: Final = "/sandbox/"
"""Where the paths of the control begin."""


class Doorkeeper:
    """Lets nobody but this machine to the control."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        app = self._app
        if scope["type"] == "http":
            if scope["path"].startswith(CONTROL) and (why := _why_not(scope)):
                app = JSONResponse({"error": why}, 403)
            elif scope["method"] == "HEAD":
                # A purchase whose answer nobody can read helps nobody.
                app = PlainTextResponse("", 405)
        await app(scope, receive, send)


def _why_not(scope: Scope) -> str | None:
    client, headers = scope.get("client"), Headers(scope=scope)
    if not _is_loopback(client[0] if client else ""):
        return "the control is for this machine only"
    # A web page can have its own name lead to this machine, but cannot hide that name.
    host = headers.get("host", "")
    if not _is_this_machine(host):
        return "the control is asked as 127.0.0.1, localhost or [::1] only"
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"{scope['scheme']}://{host}".lower():
        return "the control is not for web pages"
    return None


def _is_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
