"""The way to the provider, as a person chose it: proxies and certificates."""

import importlib.util
import ssl
from urllib.parse import urlsplit

import httpx
import pytest
import trustme
from transport.relays import Relay, connect, running, socks, to

import sms_notebook
from sms_notebook import ConnectionFailed, UsageProblem

KEY = "0123456789abcdef0123456789abcdef"
BALANCE = "ACCESS_BALANCE:1.00"
PASSWORD = "s3cret-of-the-proxy"  # noqa: S105 - of nobody
HTTPS = "https://provider.example/stubs/handler_api.php"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def secure(wire, authority):
    """Serve what `wire` says over TLS, with a certificate of an authority of its own."""
    wire.says(BALANCE)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "provider.example").configure_cert(tls)
    with running(Relay(to(urlsplit(wire.url).port)), tls) as relay:
        yield f"https://127.0.0.1:{relay.port}/stubs/handler_api.php"


@pytest.fixture
def trusted(authority, tmp_path):
    """Return the file with the certificate of the authority."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path


def context_of(authority) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def balance_of(sms) -> float:
    return sms.get_balance().loc[0, "balance"]


def test_an_authority_of_ones_own_is_trusted_where_it_is_named(
    secure, authority, trusted, wire, opened
):
    for verify in (trusted, str(trusted), context_of(authority)):
        assert balance_of(opened(KEY, base_url=secure, verify=verify)) == 1.0
    assert wire.asked[0].params["api_key"] == KEY
    with pytest.raises(ConnectionFailed, match="certificate") as failed:
        opened(KEY, base_url=secure, retries=0).get_balance()
    assert failed.value.sent is False


@pytest.mark.parametrize("verify", [False, None, 1, "missing.pem", "/"])
@pytest.mark.alike
def test_certificates_are_always_checked(verify, opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no.pem").write_text("no certificate")
    if verify == "/":
        verify = tmp_path / "no.pem"
    with pytest.raises(UsageProblem, match="verify") as refused:
        opened(KEY, base_url=HTTPS, verify=verify)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("password", ["", PASSWORD])
def test_a_proxy_carries_what_it_cannot_read(password, secure, trusted, opened):
    relay = Relay(connect, password="Basic bWU6czNjcmV0LW9mLXRoZS1wcm94eQ==" if password else "")
    with running(relay):
        where = f"me:{password}@127.0.0.1:{relay.port}" if password else f"127.0.0.1:{relay.port}"
        for proxy in (f"http://{where}", where, httpx.Proxy(f"http://{where}")):
            sms = opened(KEY, base_url=secure, verify=trusted, proxy=proxy)
            assert balance_of(sms) == 1.0
            assert PASSWORD not in f"{sms.client!r} {vars(sms.client)!r}"
    assert relay.seen == [f"CONNECT {urlsplit(secure).netloc}"] * 3
    assert KEY.encode() not in relay.passed


def test_a_proxy_that_refuses_got_nothing(secure, trusted, wire, opened):
    relay = Relay(connect, password="Basic other")  # noqa: S106 - of nobody
    with running(relay):
        proxy = f"http://me:{PASSWORD}@127.0.0.1:{relay.port}"
        sms = opened(KEY, base_url=secure, verify=trusted, proxy=proxy, retries=0)
        with pytest.raises(ConnectionFailed, match="407") as failed:
            sms.get_number("tg", 2)
    assert failed.value.sent is False
    assert PASSWORD not in str(failed.value)
    assert "getNumber" not in "".join(wire.actions())


@pytest.mark.parametrize("password", ["", f"me:{PASSWORD}"])
def test_a_socks_proxy_looks_up_the_host(password, secure, trusted, opened):
    relay = Relay(socks, password=password)
    port = urlsplit(secure).port
    with running(relay):
        where = f"{password}@127.0.0.1:{relay.port}" if password else f"127.0.0.1:{relay.port}"
        for scheme in ("socks5", "socks5h"):
            sms = opened(
                KEY,
                base_url=f"https://provider.example:{port}/",
                verify=trusted,
                proxy=f"{scheme}://{where}",
            )
            assert balance_of(sms) == 1.0
    assert relay.seen == [f"provider.example:{port}"] * 2
    assert KEY.encode() not in relay.passed


def test_a_socks_proxy_of_the_machine_is_used(secure, trusted, opened, monkeypatch):
    relay = Relay(socks)
    with running(relay):
        monkeypatch.setenv("all_proxy", f"socks5://127.0.0.1:{relay.port}")
        port = urlsplit(secure).port
        sms = opened(KEY, base_url=f"https://provider.example:{port}/", verify=trusted)
        assert balance_of(sms) == 1.0
        assert len(relay.seen) == 1
        direct = opened(KEY, base_url=secure, verify=trusted, proxy=False)
        assert balance_of(direct) == 1.0
    assert len(relay.seen) == 1


def test_a_socks_proxy_without_its_package_names_the_command(opened, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "sms_notebook.transport.options.find_spec",
        lambda name: None if name == "socksio" else found(name),
    )
    with pytest.raises(UsageProblem, match=r'pip install "sms-notebook\[socks\]"'):
        opened(KEY, base_url=HTTPS, proxy="socks5://127.0.0.1:1080")
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")
    with pytest.raises(UsageProblem, match=r'pip install "sms-notebook\[socks\]"'):
        opened(KEY, base_url=HTTPS)


@pytest.mark.parametrize(
    "proxy", ["ftp://host:1", "http://", "http://host:x", True, 3128, f"quic://me:{PASSWORD}@x"]
)
@pytest.mark.alike
def test_a_proxy_that_is_none_is_one_line(proxy, opened):
    with pytest.raises(UsageProblem, match="proxy takes") as refused:
        opened(KEY, base_url=HTTPS, proxy=proxy)
    assert PASSWORD not in str(refused.value)


def test_a_proxy_is_asked_for_this_machine_too_where_a_person_chose_it(wire, closed_port, opened):
    wire.says(BALANCE)
    proxy = f"http://{urlsplit(wire.url).netloc}"
    assert balance_of(opened(KEY, base_url=closed_port, proxy=proxy)) == 1.0


def test_the_embedded_sandbox_needs_no_way(opened, trusted):
    sms = opened(proxy="http://127.0.0.1:9", verify=trusted, http_client=None)
    assert balance_of(sms) > 0


def test_the_provider_learns_the_version(wire, opened):
    wire.says(BALANCE)
    opened(KEY, base_url=wire.url).get_balance()
    assert wire.asked[0].headers["user-agent"] == f"sms-notebook/{sms_notebook.__version__}"
