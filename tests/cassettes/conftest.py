"""A shop whose clock stands, recorded by one client and played by the next."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sms_notebook.cassettes.cassette import Recording
from sms_notebook.sandbox import Sandbox


@pytest.fixture
def shop() -> Sandbox:
    return Sandbox(speed=0, start=datetime(2026, 3, 1, 12, tzinfo=UTC), success=1.0, balance="500")


@pytest.fixture
def tape(tmp_path) -> Path:
    return tmp_path / "flow.jsonl"


@pytest.fixture
def played(opened, tape, monkeypatch):
    """Open a client that plays the recording from its beginning, with all sockets blocked."""

    def play(**options):
        def refuse(*_args, **_kwargs):
            raise AssertionError("the network was used")

        monkeypatch.setattr("socket.socket.connect", refuse)
        return opened(replay=Recording(tape), **options)

    return play
