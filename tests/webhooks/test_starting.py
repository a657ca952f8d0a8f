import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psutil
import pytest
from ports import connections, free_port

from sms_notebook import UsageProblem
from sms_notebook.watching.loop import LOOP
from sms_notebook.webhooks import app
from sms_notebook.webhooks.receiver import Receiver

from .conftest import SECRET, WEBHOOK, HeldBook, line, until


@pytest.fixture
def receiver(ledger):
    with Receiver(ledger.messages, provider="sandbox", secret=SECRET) as receiver:
        yield receiver


def port_of(url):
    return urlsplit(url).port


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_listens_on_this_machine_alone_unless_told_otherwise(receiver):
    url = receiver.start(port=0)
    assert url == f"http://127.0.0.1:{port_of(url)}/{SECRET}"
    assert [a.ip for a in listening() if a.port == port_of(url)] == ["127.0.0.1"]


def test_it_can_listen_everywhere(opened):
    post = opened(host="0.0.0.0")  # noqa: S104 - that is what is tested
    assert post.url.startswith("http://127.0.0.1:")
    assert post.send().status_code == 200
    assert post.send_from("127.0.0.2") == 200


def test_the_url_is_known_while_it_runs(receiver):
    assert receiver.url is None
    url = receiver.start(port=0)
    assert receiver.url == url
    receiver.stop()
    assert receiver.url is None


def test_its_repr_says_where_but_not_the_secret(receiver):
    assert repr(receiver) == "<webhook receiver for sandbox, stopped>"
    port = port_of(receiver.start(port=0))
    assert repr(receiver) == f"<webhook receiver for sandbox, at http://127.0.0.1:{port}/…>"


def test_starting_it_again_changes_nothing(receiver):
    url = receiver.start(port=0)
    running = receiver._running
    assert receiver.start(port=0) == url
    assert receiver.start(port=port_of(url)) == url
    assert receiver._running is running


def test_starting_it_elsewhere_moves_it(receiver):
    first = receiver.start(port=0)
    port = free_port()
    second = receiver.start(port=port)
    assert port_of(second) == port
    assert is_open(port)
    assert not is_open(port_of(first))


def test_it_comes_up_again_on_the_same_port_at_once(opened):
    post = opened(port=free_port())
    post.send()
    for _ in range(3):
        post.receiver.stop()
        assert not is_open(port_of(post.url))
        assert post.receiver.start(port=port_of(post.url)) == post.url
        assert post.send().status_code == 200
    assert len(post.messages()) == 1
    assert post.receiver.counts["repeats"] == 3


def test_stopping_it_twice_is_fine(receiver):
    receiver.stop()
    receiver.start(port=0)
    receiver.stop()
    receiver.stop()


def test_a_port_in_use_is_one_line_that_says_what_to_do(receiver):
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        with pytest.raises(UsageProblem, match=rf"^port {port} is in use\. .* 0 is a free one\.$"):
            receiver.start(port=port)
        assert receiver.url is None
    assert port_of(receiver.start(port=port)) == port


@pytest.mark.parametrize(
    ("host", "port"),
    [
        *[("127.0.0.1", -1), ("127.0.0.1", 65536), ("", 0), ("no-such-host.invalid", 0)],
        *[("192.0.2.1", 0), ("a..b", 0), ("nul\0", 0), ("é" * 70, 0)],
    ],
)
def test_an_address_that_is_not_to_be_had_is_one_line(receiver, host, port):
    with pytest.raises(UsageProblem) as caught:
        receiver.start(host=host, port=port)
    assert "\n" not in str(caught.value)
    assert receiver.url is None


def listening():
    return {each.laddr for each in connections(psutil.CONN_LISTEN)}


def test_several_threads_can_start_and_stop_it(receiver):
    before = listening()

    def work(number):
        return receiver.start(port=0) if number % 3 else receiver.stop()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(18)))
        urls = list(pool.map(lambda _: receiver.start(port=0), range(6)))
    assert set(urls) == {receiver.url}
    assert len(listening() - before) == 1
    receiver.stop()
    assert listening() == before


def test_the_loop_thread_cannot_wait_for_itself(receiver):
    async def misuse(call):
        call()

    url = receiver.start(port=0)
    for call in (receiver.start, receiver.stop, lambda: receiver.__exit__(None, None, None)):
        with pytest.raises(UsageProblem, match="on the thread that all waiting runs on"):
            LOOP.run(misuse(call))
    assert receiver.url == url


def tasks():
    return len(asyncio.all_tasks(LOOP.loop))


def test_twenty_starts_and_stops_leave_nothing_behind(receiver):
    receiver.start(port=0)
    receiver.stop()  # what is loaded or started once is there now
    process = psutil.Process()
    before = threading.active_count(), tasks(), process.num_fds()
    urls = []
    for number in range(20):
        urls.append(receiver.start(port=0))
        with line(urls[-1]) as half, line(urls[-1]) as sender:
            half.send("POST / HT")
            body = json.dumps({**WEBHOOK, "code": str(number)})
            sender.begin(f"Content-Length: {len(body)}")
            sender.send(body)
            assert sender.answer().status == 200
            receiver.stop()
            assert half.is_closed()
            assert sender.is_closed()
    assert not [url for url in urls if is_open(port_of(url))]
    receiver._store._database.close()
    until(lambda: (threading.active_count(), tasks(), process.num_fds()) <= before)
    assert receiver.counts["stored"] == 20


def test_what_has_arrived_is_answered_before_it_stops(opened, ledger):
    book = HeldBook(ledger.database)
    post, body = opened(store=book), json.dumps(WEBHOOK)
    with line(post.url) as sender, ThreadPoolExecutor() as pool:
        sender.begin(f"Content-Length: {len(body)}")
        sender.send(body)
        assert book.reached.wait(60)
        stopping = pool.submit(post.receiver.stop)
        until(lambda: not is_open(port_of(post.url)))
        assert not stopping.done()
        book.go_on.set()
        assert sender.answer().status == 200
        stopping.result()
    assert len(post.messages()) == 1


def test_a_body_that_drips_does_not_hold_up_the_stop(opened, monkeypatch):
    monkeypatch.setattr(app, "READ_SECONDS", 1000)
    post = opened()
    with line(post.url) as sender:
        sender.begin("Content-Length: 1000", "Expect: 100-continue")
        until(lambda: not sender.is_silent())  # it is being read
        post.receiver.stop()


class Everything(logging.Handler):
    """Keeps whatever is logged."""

    def __init__(self):
        super().__init__(1)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.getMessage()} {record.__dict__}")


@pytest.fixture
def log():
    handler = Everything()
    loggers = [logging.getLogger(name) for name in ("", "uvicorn.access", "uvicorn.error")]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    yield handler
    for logger, level, propagate in before:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


def test_the_log_of_another_web_server_in_this_process_goes_on(receiver, log):
    logger = logging.getLogger("uvicorn.access")
    logger.addHandler(log)
    propagates = logger.propagate
    receiver.start(port=0)
    assert log in logger.handlers
    assert logger.propagate == propagates


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_secret_path_is_in_no_log(receiver, log, when):
    def listen_in():
        for name in ("", "uvicorn.access", "uvicorn.error"):
            logging.getLogger(name).addHandler(log)
        logging.getLogger().setLevel(1)
        logging.getLogger("uvicorn.access").setLevel(1)

    if when == "before":
        listen_in()
    url = receiver.start(port=0)
    if when == "after":  # as another server in the same process would
        listen_in()
    logging.getLogger("sms_notebook").warning("the log is on")
    for body in (json.dumps(WEBHOOK), "nonsense"):
        with line(url) as sender:
            sender.begin(f"Content-Length: {len(body)}")
            sender.send(body)
            sender.answer()
    receiver.stop()
    assert log.lines
    assert not [line for line in log.lines if SECRET in line]


def run(program):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


FORGOTTEN = """
import sys
from sms_notebook.ledger.ledger import ledger_in_memory
from sms_notebook.webhooks.receiver import Receiver

def loaded():
    return [name for name in ("starlette", "uvicorn") if name in sys.modules]

receiver = Receiver(ledger_in_memory().messages, provider="x", secret="a" * 20)
print(loaded())
receiver.start(port=0)
print(loaded())
"""


def test_a_web_server_loads_when_it_is_started_and_does_not_hold_up_the_end_of_the_process():
    ended = run(FORGOTTEN)
    assert ended.stdout.splitlines() == ["[]", "['starlette', 'uvicorn']"], ended.stderr
    assert (ended.returncode, ended.stderr) == (0, "")


NESTED = """
import asyncio, json, http.client, socket, sys
from urllib.parse import urlsplit

from sms_notebook.ledger.ledger import ledger_in_memory
from sms_notebook.watching.loop import LOOP
from sms_notebook.webhooks import app
from sms_notebook.webhooks.receiver import Receiver

import sms_notebook

app.READ_SECONDS = 0.3
ledger = ledger_in_memory()

def ask(url, body, length):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request("POST", parts.path, body, {"Content-Length": str(length)})
    status = connection.getresponse().status
    connection.close()
    return status

def use():
    body = json.dumps({"activationId": 1, "code": "1"})
    with Receiver(ledger.messages, provider="x", secret="a" * 20) as receiver:
        url = receiver.start(port=0)
        print(ask(url, body, len(body)), ask(url, body, 500), ask(url, "{}", 2))

async def cell():
    sms_notebook.allow_nested_loops()
    use()
    asyncio.run(asyncio.sleep(0))
    use()

if "running" in sys.argv:
    use()
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(cell())
use()
ledger.database.close()
"""


@pytest.mark.parametrize("argument", ["", "running"])
def test_it_works_where_the_event_loop_is_patched(argument):
    ended = run(f"import sys; sys.argv.append({argument!r})\n{NESTED}")
    assert set(ended.stdout.splitlines()) == {"200 408 400"}, ended.stderr
    assert ended.stderr == ""


FORKED = """
import http.client, json, os, warnings
from urllib.parse import urlsplit

from sms_notebook.ledger.ledger import ledger_in_memory
from sms_notebook.webhooks.receiver import Receiver

def post(url):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request("POST", parts.path, json.dumps({"activationId": 1, "code": "1"}))
    status = connection.getresponse().status
    connection.close()
    return status

warnings.simplefilter("ignore")  # of a fork beside threads
receiver = Receiver(ledger_in_memory().messages, provider="x", secret="a" * 20)
url = receiver.start(port=0)
child = os.fork()
if child == 0:
    print(receiver.url, receiver, flush=True)
    print(receiver.start(port=0) != url, post(receiver.url), flush=True)
else:
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), post(url), receiver.url == url)
"""


def test_a_forked_process_leaves_its_parents_receiver_alone():
    ended = run(FORKED)
    assert ended.stdout.splitlines() == [
        "None <webhook receiver for x, stopped>",
        "True 200",
        "0 200 True",
    ], ended.stderr
    assert ended.stderr == ""
