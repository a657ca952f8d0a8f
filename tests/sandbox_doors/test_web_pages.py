"""A web page buys nothing at a sandbox server, and makes it post nowhere."""

import socket

import httpx
import pytest

from sms_notebook.sandbox import Gateway, serve
from sms_notebook.sandbox.server import API_PATH

from .conftest import BUY, standing_sandbox

RENT = {"action": "getRentNumber", "service": "tg", "rent_time": "24", "country": "2"}
DIALECTS = ["reference", "herosms"]
PAGES = {
    "a no-cors request": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    "a neighbour's": {"sec-fetch-site": "same-site"},
    "in other letters": {"Sec-Fetch-Site": "Cross-Site"},
    "an image of an old browser": {"referer": "http://evil.example/page"},
    "a fetch of an old browser": {"origin": "https://evil.example"},
    "a sandboxed frame": {"origin": "null"},
    "another port of this machine": {"origin": "http://127.0.0.1:1"},
    "a name that begins alike": {"origin": "http://127.0.0.1.evil.example"},
    "a user before the name": {"referer": "http://127.0.0.1@evil.example/"},
    "a foreign name": {"host": "evil.example"},
    "a foreign name with the port": {"host": "evil.example:{port}"},
    "a name of this machine within": {"host": "127.0.0.1.nip.io:{port}"},
    "another address": {"host": "10.0.0.1:{port}"},
    "a name without any": {"host": ""},
    "an odd name": {"host": "[::1"},
    "a user": {"host": "127.0.0.1@evil.example"},
    "its own foreign page": {"host": "evil.example", "origin": "http://evil.example"},
}
DOORS = {
    "the API": ("GET", API_PATH, BUY),
    "the API, posted": ("POST", API_PATH, BUY),
    "the front page": ("GET", "/", {}),
    "the state": ("GET", "/sandbox/state", {}),
    "a step": ("POST", "/sandbox/step", {"seconds": "5"}),
    "nothing": ("GET", "/nothing", {}),
}


@pytest.fixture(params=DIALECTS)
def server(request):
    sandbox = standing_sandbox(dialect=request.param, api_key=None)
    with serve(sandbox) as url, httpx.Client(trust_env=False) as client:
        yield sandbox, httpx.URL(url), client


@pytest.mark.parametrize("door", DOORS)
def test_a_page_of_somebody_else_is_refused_at_every_door(door, server):
    sandbox, url, client = server
    method, path, params = DOORS[door]
    for page, headers in PAGES.items():
        asked = {name: value.format(port=url.port) for name, value in headers.items()}
        reply = client.request(method, url.join(path), params=params, headers=asked)
        assert reply.status_code in (400, 403), page  # 400: the server cannot read such a name
    assert not sandbox.purchases()


def test_the_rest_door_is_guarded_too():
    sandbox = standing_sandbox(dialect="herosms", api_key=None)
    with serve(sandbox) as url, httpx.Client(trust_env=False) as client:
        reply = client.post(
            httpx.URL(url).join("/api/v1/activations"), headers={"origin": "https://evil.example"}
        )
    assert reply.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "same-origin", "referer": "http://127.0.0.1:{port}/"},
        {"origin": "http://127.0.0.1:{port}", "sec-fetch-site": "same-origin"},
        {"host": "localhost:{port}"},
        {"host": "LOCALHOST.:{port}", "origin": "http://localhost.:{port}"},
        {"host": "[::1]:{port}"},
    ],
)
def test_programs_and_its_own_pages_are_let_in(headers, server):
    sandbox, url, client = server
    headers = {name: value.format(port=url.port) for name, value in headers.items()}
    assert client.get(url, params=BUY, headers=headers).status_code == 200
    assert len(sandbox.purchases()) == 1


def test_a_name_that_was_allowed_is_let_in_with_its_pages_and_no_other():
    sandbox = standing_sandbox(api_key=None)
    with (
        serve(sandbox, allow_hosts=["hub.example"]) as url,
        httpx.Client(trust_env=False) as client,
    ):
        ours = {"host": "hub.example", "origin": "https://hub.example"}
        assert client.get(url, params=BUY, headers=ours).status_code == 200
        assert client.get(url, params=BUY, headers={"origin": "https://hub.example"}).is_success
        for headers in (
            {"host": "hub.example", "origin": "https://evil.example"},
            {"host": "hub.example", "sec-fetch-site": "same-site"},
            {"host": "www.hub.example"},
        ):
            assert client.get(url, params=BUY, headers=headers).status_code == 403


def test_a_server_for_others_is_asked_by_its_address_and_by_no_foreign_name():
    sandbox = standing_sandbox(api_key=None)
    with serve(sandbox, host="0.0.0.0") as url, httpx.Client(trust_env=False) as client:  # noqa: S104 - what is tested
        for host, status in (("192.0.2.1", 200), ("[2001:db8::1]:80", 200), ("evil.example", 403)):
            assert client.get(url, params=BUY, headers={"host": host}).status_code == status
        state = httpx.URL(url).join("/sandbox/state")
        assert client.get(state, headers={"host": "192.0.2.1"}).status_code == 403


@pytest.mark.parametrize(
    ("address", "is_posted"),
    [
        ("http://127.0.0.1:{port}/", True),
        ("http://localhost:{port}/", True),
        ("http://allowed.example:{port}/", True),
        ("http://own.example:{port}/another", True),
        ("http://own.example:22/", False),
        ("http://0.0.0.0:{port}/", False),
        ("http://127.1:{port}/", False),
        ("http://2130706433:{port}/", False),
        ("http://127.0.0.1.nip.io:{port}/", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("http://127.0.0.1@evil.example/", False),
        ("http://intranet/", False),
    ],
)
def test_webhooks_of_a_rent_go_only_where_the_person_allowed(address, is_posted, monkeypatch):
    posted = []
    monkeypatch.setattr(
        "sms_notebook.sandbox.webhooks._post", lambda event: posted.append(event.url) or 200
    )
    sandbox = standing_sandbox(
        success=0.0, balance="500", api_key=None, webhook_url="http://own.example:9/hook"
    )
    gateway = Gateway(sandbox, webhook_hosts=["allowed.example"])
    address = address.format(port=9)
    bought = gateway.handle({**RENT, "url": address})
    assert bought.what.status == 200
    (rent,) = (payment.id for payment in sandbox.purchases())
    sandbox.send_sms(rent, "Your code is 0042")
    gateway.webhooks.deliver_due()
    gateway.close()
    assert posted == ([address] if is_posted else [])


def test_two_names_are_refused():
    with serve(standing_sandbox()) as url:
        port = httpx.URL(url).port
        with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
            line.sendall(
                f"GET {API_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n".encode()
            )
            assert line.recv(100).split()[1] in (b"400", b"403")
