"""What stands in for the embedded sandbox in a replay: time can be stepped, nothing is asked."""

from datetime import datetime
from typing import NoReturn

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.sandbox import Faults
from sms_notebook.transport.player import Player


class ReplayClock:
    """The time of a recording.

    Parameters
    ----------
    player : Player
        Knows the time of its last answer.
    """

    def __init__(self, player: Player) -> None:
        self._player = player
        self.speed = player.header.speed

    def now(self) -> datetime:
        """Return the time."""
        return self._player.now()

    def step(self, seconds: float) -> None:
        """Jump forward; the next answer tells the recorded time."""
        self._player.step(seconds)

    def __repr__(self) -> str:
        return f"<Clock {self.now():%Y-%m-%d %H:%M:%S} UTC, speed {self.speed:g}>"


class ReplaySandbox:
    """Takes what notebooks do with their sandbox; what came of it is in the recording.

    Parameters
    ----------
    player : Player
        The recording.
    """

    def __init__(self, player: Player) -> None:
        self.clock = ReplayClock(player)
        self.webhook_url: str | None = None

    def step(self, seconds: float) -> None:
        """Jump forward."""
        self.clock.step(seconds)

    def advance(self) -> None:
        """Do nothing: it has happened."""

    def send_sms(self, activation_id: str, text: str, code: str | None = None) -> None:
        """Do nothing: the message is in the recording."""

    def revoke(self, rent_id: str) -> None:
        """Do nothing: it is in the recording."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UsageProblem(
            f"this is a replay: no sandbox is asked, and its {name} is not in the recording."
        )

    def __repr__(self) -> str:
        return "<Sandbox of a recording: nothing is asked, no real money>"


class _NoWebhooks:
    """Posts nothing."""

    def notice(self, params: object) -> None:
        """Do nothing."""


class ReplayDesk:
    """What a client holds in place of the embedded sandbox.

    Parameters
    ----------
    player : Player
        The recording.
    """

    def __init__(self, player: Player) -> None:
        self.sandbox = ReplaySandbox(player)
        self.faults = Faults()
        self.webhooks = _NoWebhooks()

    def close(self) -> None:
        """There is nothing to close."""
