import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from ports import listening
from terminal import refused, running

from sms_notebook.__main__ import main
from sms_notebook.ledger.database import Database, url_of
from sms_notebook.webhooks.rules import SECRET_FILE

from .conftest import SECRET, WEBHOOK, bought, stored_in

COMMAND = [sys.executable, "-m", "sms_notebook", "webhooks", "--port", "0"]


@dataclass
class Process:
    """The command in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    output: str = ""

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.output = "".join(self.process.communicate(timeout=240))
        return self.process.returncode


@contextmanager
def started(*arguments: str) -> Iterator[Process]:
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield Process(process, process.stdout.readline().strip())
    finally:
        process.kill()
        process.communicate()


def send(url: str, **options) -> int:
    return httpx.post(url, json=WEBHOOK, trust_env=False, **options).status_code


@contextmanager
def ledger(path: Path) -> Iterator[Database]:
    database = Database(url_of(path))
    yield database
    database.close()


@pytest.fixture
def home() -> Path:
    return Path(os.environ["SMS_NOTEBOOK_HOME"])


def test_it_prints_its_url_stores_what_comes_and_ends_cleanly_with_a_secret_that_stays(home):
    paths = set()
    for number in (signal.SIGINT, signal.SIGTERM):
        with started() as server:
            assert server.url.startswith("http://127.0.0.1:")
            assert send(server.url) == 200
            with ledger(home / "ledger.sqlite") as database:
                [message] = stored_in(database)
            assert (message.provider, message.ref, message.code) == ("sandbox", "123456", "12345")
            assert server.end(number) == 0
            assert server.output == ""
            paths.add(httpx.URL(server.url).path)
    assert paths == {"/" + (home / SECRET_FILE).read_text()}


def test_a_secret_can_be_given(monkeypatch, home):
    monkeypatch.setenv("SMS_WEBHOOK_SECRET", "the-one-of-the-environment")
    with running("webhooks") as server:
        assert server.url.endswith("/the-one-of-the-environment")
    with running("webhooks", "--secret", SECRET) as server:
        assert server.url.endswith(f"/{SECRET}")
        assert send(server.url) == 200
    assert not (home / SECRET_FILE).exists()


@pytest.mark.parametrize("way", ["option", "variable"])
def test_a_ledger_can_be_named(tmp_path, monkeypatch, home, way):
    path = tmp_path / "mine.sqlite"
    monkeypatch.setenv("SMS_LEDGER", str(path if way == "variable" else tmp_path / "other.sqlite"))
    with running("webhooks", *(["--ledger", str(path)] if way == "option" else [])) as server:
        assert send(server.url) == 200
    with ledger(path) as database:
        assert len(stored_in(database)) == 1
    assert not (tmp_path / "other.sqlite").exists()
    assert not (home / "ledger.sqlite").exists()


@pytest.mark.parametrize("way", ["option", "variable"])
def test_the_sources_and_times_are_those_of_the_provider(home, monkeypatch, way):
    monkeypatch.setenv("SMS_PROVIDER", "Hero-SMS" if way == "variable" else "smsbower")
    options = ["--provider", "herosms"] if way == "option" else []
    with running("webhooks", *options, "--proxy", "127.0.0.1") as server:
        assert send(server.url, headers={"X-Forwarded-For": "198.51.100.7"}) == 403
        assert send(server.url, headers={"X-Forwarded-For": "84.32.223.53"}) == 200
    with ledger(home / "ledger.sqlite") as database:
        [message] = stored_in(database)
    assert message.provider == "herosms"
    assert message.received_at == datetime(2023, 1, 1, 9, tzinfo=UTC)


def test_a_provider_can_be_known_by_its_address_alone(home, monkeypatch):
    monkeypatch.setenv("SMS_BASE_URL", "http://127.0.0.1:8700")
    with running("webhooks") as server:
        assert send(server.url) == 200
    with ledger(home / "ledger.sqlite") as database:
        assert stored_in(database)[0].provider == "127.0.0.1:8700"


def test_further_sources_can_be_named():
    with running("webhooks", "--provider", "herosms") as server:
        assert send(server.url) == 403
    options = ("--source", "192.0.2.0/24", "--source", "127.0.0.1")
    with running("webhooks", "--provider", "herosms", *options) as server:
        assert send(server.url) == 200


def test_an_activation_that_another_provider_sold_is_that_providers(home):
    with ledger(home / "ledger.sqlite") as database:
        bought(database, "smshub", "123456")
        with running("webhooks") as server:
            assert send(server.url) == 200
        assert stored_in(database)[0].provider == "smshub"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--provider", "hrosms"], "Did you mean herosms?"),
        (["--source", "example.com"], "sources: 'example.com' is no address"),
        (["--proxy", "1.2.3"], "proxies: '1.2.3' is no address"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
        (["--ledger", "x://y"], "kept in SQLite or PostgreSQL, not in x"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments, said):
    assert said in refused("webhooks", *arguments)


def test_a_secret_is_not_shown_when_something_is_wrong(monkeypatch):
    assert "s3cret" not in refused("webhooks", "--secret", "s3cret!")
    assert "s3cret" not in refused("webhooks", "--secert=s3cret")
    assert "s3cret" not in refused("webhooks", "s3cret")
    monkeypatch.setenv("SMS_WEBHOOK_SECRET", "s3cret!")
    assert "s3cret" not in refused("webhooks")


def test_a_port_in_use_is_said_in_one_line():
    with listening() as other:
        port = str(other.getsockname()[1])
        assert f"port {port} is in use" in refused("webhooks", "--port", port)


def test_a_ledger_that_is_no_good_shows_at_once(tmp_path):
    (tmp_path / "bad.sqlite").write_bytes(b"this is no database at all, not even nearly" * 100)
    assert "it is damaged" in refused("webhooks", "--ledger", str(tmp_path / "bad.sqlite"))


def test_a_ledger_that_fails_later_is_told_in_one_line(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with started("--ledger", str(folder / "ledger.sqlite")) as server:
        for file in folder.iterdir():
            file.write_bytes(b"something else was written over the ledger" * 1000)
        assert [send(server.url) for _ in range(3)] == [503] * 3
        assert server.end() == 0
    assert server.output.count("\n") == 1
    assert "refused, the provider sends it again" in server.output


def test_help_explains_every_option_and_how_to_tell_the_provider(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["webhooks", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for word in (
        *["--host", "--port", "--provider", "--ledger", "--source", "--proxy", "--secret"],
        *["SMS_PROVIDER", "SMS_BASE_URL", "SMS_LEDGER", "SMS_WEBHOOK_SECRET", "SMS_NOTEBOOK_HOME"],
        *["settings of your account", "https://your.host/SECRET", "--webhook-url"],
    ):
        assert word in said
    assert max(map(len, said.splitlines())) <= 100
