"""A provider to run anywhere: market, clock, faults, and the doors to them.

``serve`` loads starlette and uvicorn when it is first asked for; nothing else here does.
"""

from typing import TYPE_CHECKING, Any

from sms_notebook.protocol.errors.missing_extra import extra
from sms_notebook.sandbox.country_markets import OPERATORS
from sms_notebook.sandbox.faults import Fault, Faults
from sms_notebook.sandbox.gateway import (
    AsyncSandboxTransport,
    Gateway,
    SandboxTransport,
    embedded,
    rehearse,
)
from sms_notebook.sandbox.provider import Sandbox
from sms_notebook.sandbox.simulation import Clock

if TYPE_CHECKING:
    from sms_notebook.sandbox.server import serve

__all__ = [
    "OPERATORS",
    "AsyncSandboxTransport",
    "Clock",
    "Fault",
    "Faults",
    "Gateway",
    "Sandbox",
    "SandboxTransport",
    "embedded",
    "rehearse",
    "serve",
]


def __getattr__(name: str) -> Any:
    if name == "serve":
        with extra("server"):
            from sms_notebook.sandbox.server import serve  # noqa: PLC0415 - loads uvicorn

        return serve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
