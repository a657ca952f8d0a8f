"""The wire of these tests: a call of each action, good replies of it, and how they are read."""

import json
import pickle
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.replies import Context, Reply

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Wire:
    """Good replies by action and size (``none``, ``one``, ``many``), and the door to the room."""

    replies: dict[str, dict[str, Any]]

    def call(self, action: str) -> Call:
        """Return a call of the action, as a person would make it."""
        args, kwargs = self.replies[action]["ask"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            call: Call = getattr(Calls(), ACTIONS[action].method)(*args, **kwargs)
        return call

    def context(self, action: str, zone: tzinfo = UTC, **notes: str) -> Context:
        """Return who was asked what."""
        return Context(action, self.call(action).params, "acme", zone, notes, NOON)

    def read(
        self,
        action: str,
        body: object,
        status: int = 200,
        *,
        zone: tzinfo = UTC,
        retry_after: float | None = None,
    ) -> pd.DataFrame:
        """Read bytes, a text of the protocol, or a value as JSON."""
        reply = Reply(status, encoded(body), retry_after)
        return self.call(action).read(reply, self.context(action, zone))

    def good(self, action: str, size: str = "one") -> pd.DataFrame:
        """Read a good reply."""
        return self.read(action, self.replies[action][size])

    def refused(self, action: str, body: object, status: int = 200, **more: Any) -> Any:
        """Return the error of a reply, after looking at what every error has."""
        with pytest.raises(SmsError) as caught:
            self.read(action, body, status, **more)
        error = caught.value
        line = str(error)
        assert line == line.strip()
        assert line.isprintable()
        assert len(line) < 400
        assert (error.action, error.provider) == (action, "acme")
        (shown,) = error._render_traceback_()
        assert line in shown
        assert "\n" not in shown
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert type(again) is type(error)
        assert (str(again), vars(again)) == (line, vars(error))
        return error


def encoded(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


@pytest.fixture(scope="session")
def wire() -> Wire:
    source = Path(__file__).with_name("replies.json")
    return Wire(json.loads(source.read_text(encoding="utf-8")))
