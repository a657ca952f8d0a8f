"""How a question goes out, and what is said where nobody takes it."""

import socket

import httpcore
import pytest

from sms_notebook import Client, ConnectionFailed, UsageProblem
from sms_notebook.transport.connecting import HostBackend

KEY = "0123456789abcdef0123456789abcdef"
BALANCE = "ACCESS_BALANCE:1.00"


def test_post_sends_the_parameters_in_a_form_and_the_key_in_the_query(wire, opened):
    wire.says('{"2": {"tg": {"cost": 1, "count": 5, "physicalCount": 5}}}')
    opened(KEY, base_url=wire.url, method="POST").get_prices("tg", 2)
    asked = wire.asked[0]
    assert asked.method == "POST"
    assert asked.params == {"api_key": KEY, "action": "getPrices"}
    assert asked.form == {"service": "tg", "country": "2"}


def test_get_sends_everything_in_the_query(wire, opened):
    wire.says('{"2": {"tg": {"cost": 1, "count": 5, "physicalCount": 5}}}')
    opened(KEY, base_url=wire.url).get_prices("tg", 2)
    asked = wire.asked[0]
    assert asked.method == "GET"
    assert asked.params == {
        "api_key": KEY,
        "action": "getPrices",
        "service": "tg",
        "country": "2",
    }


def test_a_closed_port_is_said_in_one_line(closed_port, opened):
    with pytest.raises(ConnectionFailed) as failed:
        opened(base_url=closed_port, retries=0).get_balance()
    assert "\n" not in str(failed.value)
    assert "Check the network and the address" in str(failed.value)
    assert failed.value.sent is False
    assert failed.value.action == "getBalance"


def test_a_client_that_is_closed_while_a_call_connects_leaves_nothing_open(
    wire, opened, monkeypatch
):
    sms, sockets = opened(KEY, base_url=wire.url, retries=0), []
    connect, connect_async = HostBackend.connect_tcp, httpcore.AnyIOBackend.connect_tcp

    def connected(*args, **options):
        stream = connect(*args, **options)
        sockets.append(stream.get_extra_info("socket"))
        sms.client.close()
        return stream

    async def connected_async(*args, **options):
        stream = await connect_async(*args, **options)
        sockets.append(stream.get_extra_info("socket"))
        await sms.client.close()
        return stream

    monkeypatch.setattr(HostBackend, "connect_tcp", connected)
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connected_async)
    with pytest.raises(ConnectionFailed, match="the client was closed meanwhile") as failed:
        sms.get_number("tg", 2)
    assert failed.value.sent is False
    assert [line.fileno() for line in sockets] == [-1]
    assert wire.asked == []


def test_the_closed_provider_names_its_successor(monkeypatch, opened):
    def unknown_host(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    sms = opened(KEY, provider="sms-activate", retries=0)
    monkeypatch.setattr(socket, "getaddrinfo", unknown_host)
    with pytest.raises(ConnectionFailed, match="use the provider herosms") as failed:
        sms.get_balance()
    assert failed.value.sent is False


@pytest.mark.parametrize(
    ("provider", "call", "wire_params"),
    [
        ("sms-man", ("set_status", 5, 8), {"action": "setStatus", "status": "-1"}),
        ("smshub", ("get_active_activations",), {"action": "getCurrentActivations"}),
        ("herosms", ("get_rent_services_and_countries",), {"duration": "4"}),
    ],
)
def test_a_provider_is_asked_in_its_own_words(provider, call, wire_params, wire):
    wire.says("ERROR_SQL")
    method, *args = call
    options = {"rent_time": 4, "country": 6} if method.startswith("get_rent") else {}
    with (
        Client(KEY, provider=provider, base_url=wire.url, retries=0) as sms,
        pytest.raises(Exception, match="ERROR_SQL"),
    ):
        getattr(sms, method)(*args, **options)
    assert wire_params.items() <= wire.asked[0].params.items()


def test_a_proxy_of_the_environment_is_used_for_other_hosts(monkeypatch, wire, opened):
    wire.says(BALANCE)
    monkeypatch.setenv("http_proxy", wire.url)
    sms = opened(KEY, base_url="http://provider.invalid/", allow_http=True)
    assert sms.get_balance().loc[0, "balance"] == 1.0
    assert wire.asked[0].params["api_key"] == KEY


def test_a_proxy_may_be_written_without_its_scheme(monkeypatch, wire, opened):
    wire.says(BALANCE)
    monkeypatch.setenv("http_proxy", wire.url.removeprefix("http://").partition("/")[0])
    sms = opened(KEY, base_url="http://provider.invalid/", allow_http=True)
    assert sms.get_balance().loc[0, "balance"] == 1.0


def test_a_proxy_of_another_kind_is_one_line(monkeypatch, opened):
    monkeypatch.setenv("https_proxy", "quic://127.0.0.1:1080")
    with pytest.raises(
        UsageProblem, match=r"HTTPS_PROXY or ALL_PROXY, or name hero-sms\.com in NO"
    ):
        opened(KEY, provider="herosms")


@pytest.mark.parametrize(
    "url",
    ["https://\u2028.com", "https://xn--a", "https://x/\ud800", "https://[::1", "https://:80"],
)
def test_an_address_that_is_none_is_one_line(url, opened):
    with pytest.raises(UsageProblem, match="base_url"):
        opened(KEY, base_url=url)


@pytest.mark.parametrize("value", ["\ud800", "a\nb", b"tg", object(), {"a": 1}])
def test_a_raw_parameter_that_cannot_be_sent_is_one_line(value, wire, opened):
    with pytest.raises(UsageProblem, match="plain text or number"):
        opened(base_url=wire.url).call("getNumber", service=value)
    assert not wire.asked


def test_what_was_too_long_to_be_sent_is_not_an_uncertain_purchase(wire, opened):
    with pytest.raises(ConnectionFailed) as failed:
        opened(base_url=wire.url).call("getNumber", service="a" * 70_000)
    assert not failed.value.sent
    assert not wire.asked


def test_a_key_echoed_letter_by_letter_is_hidden(wire, opened):
    echoed = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    wire.says(f'{{"status":"success","services":[{{"code":"tg","name":"{echoed}"}}]}}')
    services = opened(KEY, base_url=wire.url).get_services_list()
    assert services["name"].tolist() == ["***"]


def test_other_escaped_letters_stay(wire, opened):
    wire.says(r'{"status":"success","services":[{"code":"tg","name":"\u0041\\u0042\u0022"}]}')
    services = opened(KEY, base_url=wire.url).get_services_list()
    assert services["name"].tolist() == ['A\\u0042"']
