import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from sms_notebook import UsageProblem
from sms_notebook.webhooks import rules
from sms_notebook.webhooks.receiver import Receiver
from sms_notebook.webhooks.rules import SECRET_FILE, secret_in

from .conftest import SECRET, WEBHOOK, line


@pytest.mark.parametrize(
    "path", ["/", "", "/webhook", f"/{SECRET}/", f"/{SECRET}x", f"/{SECRET[:-1]}", f"//{SECRET}"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_other_path_is_not_found(post, path, method):
    url = post.url.removesuffix(f"/{SECRET}") + path
    assert post.client.request(method, url, json=WEBHOOK).status_code == 404
    assert not post.messages()
    assert post.receiver.counts["path"] == 1


def test_a_path_of_strange_characters_is_not_found(post):
    for path in ("/%00", "/%ff%fe", "/%F0%9F%98%80", "/" + "a" * 5000, f"/{SECRET}%00"):
        assert post.client.post(post.receiver.url.replace(f"/{SECRET}", path)).status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_the_secret_path_takes_post_only(post, method):
    reply = post.client.request(method, post.url)
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    assert post.receiver.counts["method"] == 1


def test_without_known_sources_only_this_machine_may_post(post):
    assert post.send_from("127.0.0.1") == 200
    assert post.send_from("127.0.0.2") == 200


def test_without_known_sources_nobody_else_may_post(opened):
    post = opened(proxies=["127.0.0.1"])
    assert post.send(headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 403
    assert not post.messages()
    assert post.receiver.counts["source"] == 1


def test_only_the_known_sources_may_post(opened):
    post = opened(sources=["127.0.0.2", "127.0.0.5"])
    assert post.send_from("127.0.0.1") == 403
    assert post.send_from("127.0.0.3") == 403
    assert not post.messages()
    assert post.send_from("127.0.0.2") == 200
    assert post.send_from("127.0.0.5") == 200


def test_a_source_can_be_a_network(opened):
    post = opened(sources=["127.0.1.0/24"])
    assert post.send_from("127.0.1.77") == 200
    assert post.send_from("127.0.2.77") == 403


def test_what_a_stranger_forwards_is_not_believed(opened):
    post = opened(sources=["198.51.100.7"], proxies=["127.0.0.9"])
    assert post.send_from("127.0.0.3", "198.51.100.7") == 403
    unproxied = opened(sources=["198.51.100.7"])
    assert unproxied.send_from("127.0.0.1", "198.51.100.7") == 403


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        (["198.51.100.7"], 200),
        (["203.0.113.1, 198.51.100.7"], 200),  # the caller's own claim stands to the left
        (["198.51.100.7, 203.0.113.1"], 403),
        (["198.51.100.7, 127.0.0.9"], 200),  # through a second proxy
        (["198.51.100.7, 203.0.113.1, 127.0.0.9"], 403),
        (["203.0.113.1", "198.51.100.7"], 200),  # two headers are one list
        (["198.51.100.7", "203.0.113.1"], 403),
        (["198.51.100.7", "127.0.0.9"], 200),  # two proxies, each with a header of its own
        (["203.0.113.1 ,  198.51.100.7 ,\t127.0.0.9"], 200),
        (["::ffff:198.51.100.7"], 200),
        (["198.51.100.7, unknown"], 403),
        (["198.51.100.7,"], 403),
        (["127.0.0.9"], 403),
        ([""], 403),
        ([], 403),
    ],
)
def test_a_named_proxy_is_asked_for_whom_it_speaks(opened, forwarded, status):
    post = opened(sources=["198.51.100.7", "127.0.0.9"], proxies=["127.0.0.8/31"])
    assert post.send_from("127.0.0.9", *forwarded) == status
    assert len(post.messages()) == (status == 200)


def _has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")


@ipv6
def test_an_ipv4_address_in_ipv6_clothes_is_an_ipv4_address(opened):
    post = opened(host="::", sources=["127.0.0.2"])
    post.url = post.url.replace("[::1]", "127.0.0.1")
    assert post.send_from("127.0.0.2") == 200
    assert post.send_from("127.0.0.3") == 403


@ipv6
def test_a_proxy_in_ipv6_clothes_is_believed_too(opened):
    post = opened(host="::", sources=["198.51.100.7"], proxies=["127.0.0.9"])
    post.url = post.url.replace("[::1]", "127.0.0.1")
    assert post.send_from("127.0.0.9", "198.51.100.7") == 200
    assert post.send_from("127.0.0.9", "::ffff:198.51.100.7, ::ffff:127.0.0.9") == 200
    assert post.send_from("127.0.0.3", "198.51.100.7") == 403


@ipv6
def test_a_source_may_be_written_in_ipv6_clothes(opened):
    assert opened(sources=["::ffff:127.0.0.2"]).send_from("127.0.0.2") == 200


@ipv6
def test_it_listens_on_ipv6_too(opened):
    post = opened(host="::1")
    assert post.url.startswith("http://[::1]:")
    assert post.send().status_code == 200
    assert opened(host="::1", sources=["::2"]).send().status_code == 403


@pytest.mark.parametrize("name", ["sources", "proxies"])
@pytest.mark.parametrize("address", ["example.com", "1.2.3", "", "10.0.0.0/99", "10.0.0.0/8/8"])
def test_an_address_that_is_none_is_refused_in_one_line(ledger, name, address):
    with pytest.raises(UsageProblem, match=rf"^{name}: .* is no address\.") as caught:
        Receiver(ledger.messages, provider="x", secret=SECRET, **{name: [address]})
    assert "\n" not in str(caught.value)


def test_one_text_is_no_list_of_addresses(ledger):
    with pytest.raises(UsageProblem, match="a list of addresses"):
        Receiver(ledger.messages, provider="x", secret=SECRET, sources="127.0.0.1")


@pytest.mark.parametrize(
    "secret", ["", "short", "a/path/with/slashes", "with blanks in it", "ä" * 20]
)
def test_a_weak_secret_is_refused_but_not_shown(ledger, secret):
    with pytest.raises(UsageProblem, match="16 to 200") as caught:
        Receiver(ledger.messages, provider="x", secret=secret)
    assert not secret or secret not in str(caught.value)


def test_the_secret_is_made_once_and_kept_for_this_user_alone(tmp_path):
    home = tmp_path / "new" / "home"
    secret = secret_in(home)
    assert stat.S_IMODE((home / SECRET_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert len(secret) >= 40
    assert secret_in(home) == secret
    assert secret_in(tmp_path / "other") != secret


def test_a_made_secret_is_taken_as_a_path(opened, tmp_path):
    assert opened(secret=secret_in(tmp_path)).send().status_code == 200


def test_kernels_that_start_together_agree_on_the_secret(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: secret_in(tmp_path), range(64)))) == 1


def test_a_secret_that_others_could_read_is_closed_to_them(tmp_path):
    secret = secret_in(tmp_path)
    (tmp_path / SECRET_FILE).chmod(0o644)
    assert secret_in(tmp_path) == secret
    assert stat.S_IMODE((tmp_path / SECRET_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("kept", [b"", b"short", b"\xff" * 40, b"two lines of\nsome other text"])
def test_a_file_without_a_secret_is_not_trusted(tmp_path, monkeypatch, kept):
    monkeypatch.setattr(rules, "_PAUSE", 0.0)
    (tmp_path / SECRET_FILE).write_bytes(kept)
    with pytest.raises(UsageProblem, match="Remove the file"):
        secret_in(tmp_path)


def test_a_home_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageProblem, match=r"cannot be kept.*SMS_WEBHOOK_SECRET") as caught:
        secret_in(tmp_path / "file")
    assert os.linesep not in str(caught.value)


def test_a_wrong_sender_is_refused_before_its_body_is_sent(opened):
    with line(opened(sources=["192.0.2.1"]).url) as stranger:
        stranger.begin("Content-Length: 1000000")
        assert stranger.answer().status == 403


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "same-origin"}],
)
def test_a_web_page_posts_nothing_even_if_it_knows_the_path(post, headers):
    assert post.send(headers=headers).status_code == 403
    assert not post.messages()
