"""What a replay holds in place of the embedded sandbox that was recorded."""

from types import SimpleNamespace
from typing import NoReturn

from sms_notebook.cassettes.player import Player
from sms_notebook.protocol.errors import UsageProblem


class ReplayClock:
    """The time of a recording.

    Parameters
    ----------
    player : Player
        Knows the time of its last answer.
    """

    def __init__(self, player: Player) -> None:
        self.now = player.now
        self.step = player.step
        self.speed = player.header.speed

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
        self.step = player.step
        self.webhook_url: str | None = None

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


class ReplayGateway:
    """What a client holds in place of the embedded sandbox.

    Parameters
    ----------
    player : Player
        The recording.
    """

    def __init__(self, player: Player) -> None:
        from sms_notebook.sandbox import Faults  # noqa: PLC0415 - only where it was recorded

        self.sandbox = ReplaySandbox(player)
        self.faults = Faults()
        self.webhooks = SimpleNamespace(notice=lambda _params: None)  # posts nothing

    def close(self) -> None:
        """There is nothing to close."""
