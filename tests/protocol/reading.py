"""Reads a reply as a client would that knows a provider's row, and no provider."""

import json
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.replies import Context, Reply

NOON = datetime(2026, 11, 28, 16, 0, tzinfo=UTC)
ASKED = {
    "getStatus": {"id": "5"},
    "getStatusV2": {"id": "5"},
    "setStatus": {"id": "5", "status": "8"},
    "getRentStatus": {"id": "5"},
    "setRentStatus": {"id": "5", "status": "2"},
}


def read(
    action: str,
    body: object,
    params: dict[str, str] | None = None,
    *,
    status: int = 200,
    retry_after: float | None = None,
    **more: Any,
) -> pd.DataFrame:
    """Read a reply as a provider's row says."""
    params = ASKED.get(action, {}) if params is None else params
    content = (body if isinstance(body, str) else json.dumps(body)).encode()
    context = Context(action, params, "acme", fetched_at=NOON, **more)
    return Call(ACTIONS[action], params).read(Reply(status, content, retry_after), context)


def refused(action: str, body: object, status: int = 200, **more: Any) -> Any:
    with pytest.raises(SmsError) as caught:
        read(action, body, status=status, **more)
    assert "\n" not in str(caught.value)
    return caught.value
