"""A provider that answers each action by a script, as live ones were seen to do."""

from collections.abc import Iterable, Mapping
from typing import Any

Said = str | tuple[int, str] | None
"""A reply: its body, with its HTTP status where that is not 200; None for silence."""

LIST = "getActiveActivations"
BOUGHT = (
    '{"activationId":"5","phoneNumber":"79990000001","activationCost":"0.50","currency":840,'
    '"countryCode":"2"}'
)


class Script:
    """Says the replies to an action one after the other, and the last one for ever.

    Parameters
    ----------
    wire : Wire
        Where it answers.
    **replies
        By action, or by action and id as in ``getStatus_5``: a reply, or several.
    """

    def __init__(self, wire: Any, **replies: Said | Iterable[Said]) -> None:
        self.wire = wire
        self.asked: list[str] = []
        self.sent: list[Mapping[str, str]] = []
        self.replies: dict[str, list[Said]] = {}
        self.set(getNumberV2=BOUGHT, getHistory="[]", **replies)
        wire.answer = self._answer

    def set(self, **replies: Said | Iterable[Said]) -> None:
        """Go on with other replies."""
        for name, said in replies.items():
            alone = said is None or isinstance(said, str | tuple)
            self.replies[name] = [said] if alone else list(said)

    def times(self, action: str) -> int:
        """Return how often an action was asked for."""
        return self.asked.count(action)

    def _answer(self, asked: Any) -> Any:
        self.asked.append(asked.action)
        self.sent.append(asked.params)
        named = f"{asked.action}_{asked.params.get('id', '')}"
        said = self.replies.get(named) or self.replies.get(asked.action) or ["BAD_ACTION"]
        reply = said.pop(0) if len(said) > 1 else said[0]
        if reply is None:
            return self.wire.silence()
        status, body = reply if isinstance(reply, tuple) else (200, reply)
        return self.wire.http(body, status)
