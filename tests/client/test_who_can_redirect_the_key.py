"""Nobody else redirects the key: a config file that others can write, a proxy on the way."""

import os
import threading
from pathlib import Path

import httpx
import pytest
from ports import listening

from sms_notebook import Client, ConnectionFailed, UsageProblem
from sms_notebook.transport.options import proxy_of

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def config():
    """Write the config file."""

    def write(text: str, mode: int = 0o600) -> Path:
        path = Path(os.environ["SMS_NOTEBOOK_HOME"], "config.toml")
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write


def problem(*args, **options) -> str:
    """Return the one line that refuses these arguments."""
    with pytest.raises(UsageProblem) as refused:
        Client(*args, **options)
    assert "\n" not in str(refused.value)
    return str(refused.value)


WRITABLE = [
    'base_url = "https://evil.example/"',
    'provider = "herosms"',
    f'provider = "herosms"\napi_key = "{KEY}"',
    'base_url = "http://127.0.0.1:9/"',
]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("text", WRITABLE)
@pytest.mark.parametrize("mode", [0o666, 0o622, 0o660, 0o602, 0o777])
def test_a_config_file_that_others_can_change_is_refused(text, mode, config, monkeypatch):
    path = config(text, mode=mode)
    monkeypatch.setenv("SMS_API_KEY", KEY)
    line = problem()
    assert f"Run: chmod 600 {path}" in line
    assert KEY not in line
    path.chmod(0o600)
    Client().close()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_so_is_one_in_a_folder_that_others_can_change(mode, config):
    folder = config(f'provider = "herosms"\napi_key = "{KEY}"').parent
    folder.chmod(mode)
    assert f"Run: chmod go-w {folder}" in problem()
    folder.chmod(0o700)
    Client().close()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_so_is_one_that_a_link_leads_to(config, tmp_path):
    path = config('provider = "herosms"')
    real = tmp_path / "shared.toml"
    real.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    path.unlink()
    path.symlink_to(real)
    real.chmod(0o666)
    assert f"Run: chmod 600 {real}" in problem("0" * 32)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "open" / "inner").mkdir(mode=0o700)
    real.chmod(0o600)
    real.rename(tmp_path / "open" / "inner" / "shared.toml")
    path.unlink()
    path.symlink_to(tmp_path / "open" / "inner" / "shared.toml")
    assert f"Run: chmod go-w {tmp_path / 'open'}" in problem("0" * 32)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_so_is_one_of_another_user(config):
    path = config('provider = "herosms"')
    os.chown(path, 12345, 12345)
    assert f"It belongs to another user: chown 0 {path}" in problem("0" * 32)


def test_a_config_file_that_nobody_needs_is_not_looked_at(config):
    config('provider = "herosms"', mode=0o666)
    Client("0" * 32, provider="smsbower").close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9", "sms.localhost"])
@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_this_machine_is_never_asked_through_a_proxy(host, variable, monkeypatch):
    monkeypatch.setenv(variable, "http://proxy.example:3128")
    assert proxy_of(httpx.URL(f"http://{host}:8700/")) is None
    assert proxy_of(httpx.URL("http://provider.example/")) == "http://proxy.example:3128"


def test_a_key_goes_to_no_proxy_in_the_clear_unasked(wire, monkeypatch):
    monkeypatch.setenv("http_proxy", wire.url)
    assert "allow_http" in problem(KEY, base_url="http://provider.example/")
    assert not wire.asked


def test_a_proxy_sees_only_where_a_key_goes_over_https(opened, monkeypatch):
    seen = []
    with listening() as listener:

        def proxy():
            connection, _ = listener.accept()
            with connection:
                seen.append(connection.recv(65536))

        thread = threading.Thread(target=proxy)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listener.getsockname()[1]}")

        with pytest.raises(ConnectionFailed):
            opened(KEY, provider="herosms", retries=0).get_balance()
        thread.join(10)
    assert seen[0].startswith(b"CONNECT hero-sms.com:443 ")
    assert KEY.encode() not in seen[0]
