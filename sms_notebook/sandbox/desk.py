"""The desk: takes a request's parameters and says what goes back, faults included.

Both doors, the transport and the ASGI app, ask here, so that a fault is described once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from sms_notebook.sandbox.answers import Answer, refused, refused_in_json
from sms_notebook.sandbox.faults import Fault, Faults
from sms_notebook.sandbox.provider import Sandbox
from sms_notebook.sandbox.webhooks import WebhookSender

CONTENT_TYPE: Final = "text/html; charset=UTF-8"
"""Providers serve everything as this, JSON too."""

_PAGE: Final = """<!DOCTYPE html>
<html><head><title>{title}</title></head>
<body><center><h1>{title}</h1></center><hr><center>nginx</center></body></html>
"""
_JSON_ERRORS: Final = frozenset(
    {
        "getRentNumber",
        "getRentStatus",
        "setRentStatus",
        "getRentList",
        "continueRentNumber",
        "getContinueRentPriceNumber",
        "continueRentInfo",
        "buyPartnerProduct",
    }
)
_ALWAYS_TEXT: Final = frozenset({"BAD_KEY", "BAD_ACTION", "BAD_DATA", "ERROR_SQL"})


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply. A cut one ends before its announced length."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False

    @property
    def announced(self) -> int:
        """The content length."""
        return max(len(self.body), 1) if self.cut else len(self.body)

    @property
    def sent(self) -> bytes:
        """The bytes that really go out."""
        return self.body[: len(self.body) // 2] if self.cut else self.body


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection closes without a reply."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes back, and after how many real seconds."""

    what: Reply | Drop
    delay: float = 0.0


class Desk:
    """A sandbox behind its faults, with the webhooks it sends.

    Parameters
    ----------
    sandbox
        The provider.
    faults
        What goes wrong; nothing by default.
    """

    def __init__(self, sandbox: Sandbox, faults: Faults | None = None) -> None:
        self.sandbox = sandbox
        self.faults = Faults() if faults is None else faults
        self.webhooks = WebhookSender(sandbox)

    def handle(self, params: Mapping[str, str]) -> Outcome:
        """Answer one request. The action takes effect at once, however late the reply."""
        action = params.get("action", "")
        struck = self.faults.draw(action)
        delay = sum(_latency(fault) for fault in struck if fault.name == "latency")
        decider = next((fault for fault in struck if fault.name != "latency"), None)
        if decider is None:
            return Outcome(self._honest(params), delay)
        if decider.takes_effect:
            return Outcome(_spoil(decider, self._honest(params)), delay)
        if decider.is_code:
            answer = _refusal(decider, action, self.sandbox.clock.now())
            return Outcome(_reply(answer.status, answer.text), delay)
        return Outcome(_spoil(decider, _reply(HTTPStatus.OK, '{"status":"success"}')), delay)

    def close(self) -> None:
        """Stop sending webhooks."""
        self.webhooks.close()

    def _honest(self, params: Mapping[str, str]) -> Reply:
        answer = self.sandbox.answer(params)
        self.webhooks.notice(params)
        return _reply(answer.status, answer.text)


def merge_params(query: str, content_type: str, body: bytes) -> dict[str, str]:
    """Put query and form together as the API does: the key is read from the query only."""
    params = dict(parse_qsl(query, keep_blank_values=True))
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        form.pop("api_key", None)
        params.update(form)
    return params


def _reply(status: int, text: str) -> Reply:
    return Reply(status, text.encode(), {"content-type": CONTENT_TYPE})


def _latency(fault: Fault) -> float:
    return 1.0 if fault.value is None else float(fault.value)


def _spoil(fault: Fault, honest: Reply) -> Reply | Drop:
    """Turn the honest reply into what the fault makes of it."""
    match fault.kind:
        case "drop":
            return Drop()
        case "cut":
            return Reply(honest.status, honest.body, honest.headers, cut=True)
        case "html":
            return _reply(HTTPStatus.OK, _PAGE.format(title="Just a moment..."))
        case "429":
            wait = "1" if fault.value is None else str(fault.value)
            reply = _reply(HTTPStatus.TOO_MANY_REQUESTS, "Too Many Requests")
            return Reply(reply.status, reply.body, {**reply.headers, "retry-after": wait})
        case status:
            return _reply(int(status), _PAGE.format(title=_title(int(status))))


def _title(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Server Error"


def _refusal(fault: Fault, action: str, now: datetime) -> Answer:
    """Write an error code in the shape that the action answers with."""
    code, value = fault.name, fault.value
    match code:
        case "MAX_HOURS_EXCEED":
            return refused_in_json(code, {"max": 48 if value is None else int(value)}).answer
        case _ if action in _JSON_ERRORS and code not in _ALWAYS_TEXT:
            return refused_in_json(code).answer
        case "BANNED":
            until = f"'{now + timedelta(days=1):%Y-%m-%d %H-%M-%S}'"
            return refused(f"{code}:{until if value is None else value}").answer
        case "WRONG_MAX_PRICE":
            return refused(f"{code}:{'0.10' if value is None else value}").answer
        case _:
            return refused(code).answer
