"""What a provider, or whoever answers in its place, cannot do to a purchase or to this machine."""

import gzip
import multiprocessing
import threading
import zlib
from functools import cache

import pytest
from ports import listening, stop_listening

from sms_notebook import ApiError, Client, ConnectionFailed, PurchaseUncertain, SmsError

OPEN = [
    (408, "NO_NUMBERS"),
    (408, "<html>"),
    (499, ""),
    (409, "Conflict"),
    (200, "OK"),
    (200, "TIMEOUT"),
    (200, "ACC"),
    (200, "STATUS_WAIT_CODE"),
    (200, "A_CODE_NOBODY_KNOWS:700000001"),
    (200, "ERROR_API"),
    (200, '{"status":"error","message":"Internal failure, try later"}'),
    (200, '{"status":"processing","message":"ACCEPTED"}'),
    (200, '{"status":200,"message":"OK","data":{"activationId":1}}'),
    (200, '{"activationId":1,"phoneNumber":"7999","error":"none"}'),
]
DEFINITE = [
    (200, "NO_NUMBERS"),
    (200, "NO_BALANCE"),
    (401, "<html>"),
    (402, ""),
    (409, '{"title":"ORDER_ALREADY_EXISTS","details":"used"}'),
    (422, '{"title":"WRONG_FIELD","details":"country"}'),
    (403, "<html>"),
    (404, "<html>"),
    (403, "error code: 1020"),
    (429, "slow down"),
    (200, "A_CODE_NOBODY_KNOWS"),
    (200, '{"status":"error","message":"We have none of these today"}'),
    (200, "no free phones"),
]


@pytest.mark.alike
@pytest.mark.parametrize(("status", "body"), OPEN)
def test_a_purchase_without_a_clear_no_is_uncertain(status, body, wire, opened):
    wire.says(body, status)
    sms = opened(base_url=wire.url)
    for buy in (
        lambda: sms.get_number_v2("tg", 2),
        lambda: sms.get_rent_number("tg", 4),
        lambda: sms.call("getNumberV2", service="tg", country=2),
    ):
        with pytest.raises(PurchaseUncertain):
            buy()
    assert len(wire.asked) == 3


@pytest.mark.alike
@pytest.mark.parametrize(("status", "body"), DEFINITE)
def test_a_purchase_with_a_clear_no_is_that_error(status, body, wire, opened):
    wire.says(body, status)
    with pytest.raises(ApiError) as refused:
        opened(base_url=wire.url).get_number_v2("tg", 2)
    assert refused.value.is_definite


@pytest.mark.alike
@pytest.mark.parametrize(
    "body",
    [
        '{"id":1,"number":"7999","message":"OK"}',
        '{"activationId":1,"phoneNumber":"7999","title":"TG"}',
    ],
)
def test_a_number_with_a_message_beside_it_is_a_number(body, wire, opened):
    wire.says(body)
    assert opened(base_url=wire.url).get_number_v2("tg", 2)["activation_id"].tolist() == ["1"]


@pytest.mark.alike
@pytest.mark.parametrize("body", ["maintenance", "Fatal error: gone", "{}", "[]", "null"])
def test_a_raw_purchase_takes_nothing_else_for_a_number(body, wire, opened):
    wire.says(body)
    with pytest.raises(PurchaseUncertain):
        opened(base_url=wire.url).call("getNumber", service="tg", country=2)


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_packed_reply_without_its_end_is_no_number(cut, wire, opened):
    packed = zlib.compressobj(0, wbits=31)
    body = packed.compress(b"ACCESS_NUMBER:123456789:79991112233") + packed.flush()
    wire.answer = lambda _asked: wire.http(body[:-cut], content_encoding="gzip")
    with pytest.raises(PurchaseUncertain):
        opened(base_url=wire.url).get_number("tg", 2)


def test_a_packed_reply_is_read(wire, opened):
    body = gzip.compress(b"ACCESS_NUMBER:123456789:79991112233")
    wire.answer = lambda _asked: wire.http(body, content_encoding="gzip")
    number = opened(base_url=wire.url).get_number("tg", 2)
    assert number["phone_number"].tolist() == ["79991112233"]


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "deflate"])
def test_a_reply_packed_in_another_way_is_not_unpacked(encoding, wire, opened):
    body = gzip.compress(gzip.compress(b"ACCESS_BALANCE:1"))
    wire.answer = lambda _asked: wire.http(body, content_encoding=encoding)
    with pytest.raises(ConnectionFailed, match="packed in a way nobody asked for"):
        opened(base_url=wire.url, retries=0).get_balance()


@cache
def packed_spaces() -> bytes:
    packing = zlib.compressobj(9, wbits=31)
    return b"".join(packing.compress(b" " * 2**20) for _ in range(200)) + packing.flush()


def test_a_reply_that_unpacks_to_gigabytes_is_given_up(wire, opened):
    body = packed_spaces()
    wire.answer = lambda _asked: wire.http(body, content_encoding="gzip")
    with pytest.raises(ConnectionFailed, match="larger than"):
        opened(base_url=wire.url, retries=0).get_balance()


@pytest.fixture
def keeping():
    """Serve raw bytes on connections that stay open; the server counts them."""
    served = {"connections": 0, "answer": b""}
    server = listening()

    def talk(connection):
        with connection:
            while b"\r\n\r\n" in connection.recv(65536):
                connection.sendall(served["answer"])

    def accept():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            served["connections"] += 1
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    served["url"] = f"http://127.0.0.1:{server.getsockname()[1]}/stubs/handler_api.php"
    yield served
    stop_listening(server)


def http(body):
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def test_what_an_earlier_reply_left_behind_does_not_answer_a_purchase(keeping, opened):
    sms = opened(base_url=keeping["url"])
    keeping["answer"] = http("ACCESS_BALANCE:1") + http("ACCESS_NUMBER:666:7666")
    sms.get_balance()
    keeping["answer"] = http("ACCESS_NUMBER:1:7999")
    for bought in (1, 2):
        assert sms.get_number("tg", 2)["activation_id"].tolist() == ["1"]
        assert keeping["connections"] == 1 + bought


def _buy(url, sms, results):
    results.put((sms.get_number("tg", 2).loc[0, "activation_id"], url))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_processes_do_not_read_each_others_replies(keeping):
    with Client(base_url=keeping["url"]) as sms:
        keeping["answer"] = http("ACCESS_BALANCE:1")
        sms.get_balance()
        keeping["answer"] = http("ACCESS_NUMBER:1:7999")
        context = multiprocessing.get_context("fork")
        results = context.Queue()
        children = [
            context.Process(target=_buy, args=(keeping["url"], sms, results)) for _ in range(4)
        ]
        for child in children:
            child.start()
        for _ in children:
            assert results.get(timeout=240)[0] == "1"
        for child in children:
            child.join(30)
            assert child.exitcode == 0
    assert keeping["connections"] == 5


BOMBS = {
    "a number of a million digits and a letter": b"ACCESS_BALANCE:" + b"1" * 10**6 + b"x",
    "titles without an end": b"x" + b"<title" * 10**5,
    "titles in JSON": b'["' + b"x<title" * 10**5 + b'"]',
}


@pytest.mark.timeout(60)  # each of them took many minutes
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_a_short_error(bomb, wire, opened):
    wire.answer = lambda _asked: wire.http(BOMBS[bomb])
    sms = opened(base_url=wire.url, retries=0)
    with pytest.raises(SmsError) as balance:
        sms.get_balance()
    with pytest.raises(SmsError) as history:
        sms.get_history()
    assert len(str(balance.value)) + len(str(history.value)) < 800


@pytest.mark.alike
@pytest.mark.timeout(60)
def test_a_price_of_a_million_digits_is_none(wire, opened):
    wire.says('{"2":{"tg":{"cost":"' + "1" * 10**6 + 'x","count":1}}}')
    prices = opened(base_url=wire.url).get_prices()
    assert prices["cost"].isna().all()


@pytest.mark.alike
def test_a_new_field_in_each_row_does_not_fill_the_memory(wire, opened):
    rows = ",".join(f'{{"id":{number},"k{number}":0}}' for number in range(8000))
    wire.says(f"[{rows}]")
    history = opened(base_url=wire.url).get_history()
    assert len(history) == 8000
    assert len(history.attrs["extra"]) == 64
