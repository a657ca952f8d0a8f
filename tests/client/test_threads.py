"""Threads of one process, and of its children: what one does spoils nothing of the others."""

import http.server
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from sms_notebook import Client, UsageProblem, WatchPanel
from sms_notebook.sandbox import Sandbox, serve
from sms_notebook.transport.sender import _Envelope
from sms_notebook.watching.loop import LOOP

KEY = "0123456789abcdef" * 2
QUICK, AT_ONCE = 0.05, 4

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # newer Pythons warn of forks


@pytest.fixture
def shop() -> Sandbox:
    return Sandbox(balance="1000", speed=0, success=0.0)


def at_once(do: Callable[[], object]) -> list[object]:
    """Do something in several threads that begin together; return what comes of it."""
    begin = threading.Barrier(AT_ONCE)

    def run(_number: int) -> object:
        begin.wait()
        return do()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(run, range(AT_ONCE)))


def in_children(children: int, holds: Callable[[], bool]) -> list[int]:
    """Tell how children end in which something is to hold: 0 where it does, not in time -14."""
    endings = []
    for _ in range(children):
        if not (child := os.fork()):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, 30)
            try:
                os._exit(0 if holds() else 1)
            finally:
                os._exit(2)
        endings.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    return endings


# Forks ------------------------------------------------------------------------------------------


@pytest.fixture
def ports() -> Iterator[str]:
    """Serve the port of whoever asks as the balance, over connections that are kept."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = f"ACCESS_BALANCE:{self.client_address[1]}".encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/stubs/handler_api.php"
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("restless")
def test_no_thread_of_a_child_asks_over_a_connection_of_its_parent(ports):
    with Client(KEY, base_url=ports) as sms:

        def port() -> float:
            return sms.get_balance().loc[0, "balance"]

        parents = port()
        assert port() == parents, "it is kept"
        assert in_children(12, lambda: parents not in at_once(port)) == [0] * 12


@pytest.mark.parametrize("is_masked", [True, False])
def test_a_child_records_on_whatever_its_parent_was_recording(shop, tmp_path, is_masked):
    over = threading.Event()
    with (
        serve(shop) as url,
        Client(KEY, base_url=url, record=tmp_path / "a.jsonl", record_masked=is_masked) as sms,
    ):

        def read() -> None:
            while not over.is_set():
                sms.get_prices("tg")

        readers = [threading.Thread(target=read, daemon=True) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            assert in_children(10, lambda: len(sms.get_balance()) == 1) == [0] * 10
        finally:
            over.set()
            for reader in readers:
                reader.join()


@pytest.mark.usefixtures("restless")
def test_threads_of_a_child_share_one_poller(shop):
    with Client(sandbox=shop) as sms:
        handle = sms._poller_handle
        assert in_children(5, lambda: len(set(at_once(lambda: handle.poller))) == 1) == [0] * 5


# What guests do on the thread of all waits ------------------------------------------------------


def leave(*_: object) -> None:
    sys.exit("that was enough")


def code_of(sms: Client, shop: Sandbox, ref: str) -> str:
    """Wait for a code that comes a little later, but not for ever."""
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(sms.wait_code, ref, 20, every=QUICK)
        time.sleep(4 * QUICK)  # so that it is asked for before it is there
        shop.send_sms(ref, "Your code is 01234")
        return waiting.result(30).loc[0, "code"]


def test_a_hook_that_exits_ends_no_wait(shop):
    with Client(sandbox=shop) as other:
        ref = other.order("tg", 2).loc[0, "activation_id"]
    with Client(sandbox=shop, hooks=leave) as sms:
        assert code_of(sms, shop, ref) == "01234"
        with pytest.raises(SystemExit):  # in its own thread a person is heard
            sms.get_balance()


def test_an_interrupt_in_a_hook_is_heard_where_there_are_no_threads(shop, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with Client(sandbox=shop, hooks=interrupt) as sms:
        monkeypatch.setattr(LOOP, "is_current", lambda: True)  # as while any loop runs there
        with pytest.raises(KeyboardInterrupt):
            sms.get_balance()


def test_a_listener_that_exits_ends_no_wait(shop):
    with Client(sandbox=shop) as sms:
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        with sms.watch([ref], every=QUICK) as watch:
            watch.listen(leave)
            assert code_of(sms, shop, ref) == "01234"
            assert next(watch).code == "01234"


def test_an_http_client_that_exits_ends_one_wait_and_no_other(shop):
    exits = [leave]

    class Leaving(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.params["action"] == "getStatus" and exits:
                exits.pop()()
            return super().handle_request(request)

    with serve(shop) as url, Client(KEY, base_url=url) as sms:
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        with (
            httpx.Client(transport=Leaving()) as http_client,
            Client(KEY, base_url=url, http_client=http_client) as odd,
        ):
            with pytest.raises(RuntimeError, match="SystemExit: that was enough"):
                odd.wait_code(ref, 20, every=QUICK)
            assert code_of(odd, shop, ref) == "01234"
        assert sms.wait_code(ref, 20, every=QUICK).loc[0, "code"] == "01234"


# Threads that share what they use ---------------------------------------------------------------


def test_the_end_of_a_watch_reaches_all_who_wait_for_its_events(shop):
    with Client(sandbox=shop) as sms, ThreadPoolExecutor(3) as threads:
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        watch = sms.watch([ref], every=QUICK).start()
        readers = [threads.submit(list, watch) for _ in range(3)]
        time.sleep(2 * QUICK)
        watch.close()
        assert [reader.result(20) for reader in readers] == [[], [], []]


def test_an_order_that_a_close_forestalls_was_never_sent(wire, monkeypatch):
    sms = Client(KEY, base_url=wire.url)
    really = _Envelope.request

    def closing(*args: object) -> httpx.Request:
        request = really(*args)
        sms.close()  # as another thread may, at this very moment
        return request

    monkeypatch.setattr(_Envelope, "request", closing)
    with pytest.raises(UsageProblem, match="closed"):
        sms.get_number("tg", 2)
    monkeypatch.undo()
    assert wire.asked == []
    with Client(KEY, base_url=wire.url) as later:
        assert "uncertain" not in set(later.ledger()["state"])


def churn(numbers: dict[str, object], over: threading.Event) -> None:
    """Let a table of numbers grow and shrink, as one does while numbers come and go."""
    for number in itertools.cycle(range(50)):
        if over.is_set():
            return
        numbers.pop(f"new {number}", None) or numbers.update({f"new {number}": numbers["first"]})


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("what", ["panel", "watch"])
def test_what_is_shown_can_change_meanwhile(shop, what):
    over = threading.Event()
    with Client(sandbox=shop) as sms:
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        if what == "panel":
            shown = WatchPanel(sms)
            assert shown.widget is not None
            end = time.monotonic() + 20
            while not (numbers := shown._sections["watch"].rows) and time.monotonic() < end:
                time.sleep(QUICK)
            numbers["first"] = numbers[ref]
        else:
            shown = sms.watch([ref], every=60).start()
            numbers = shown._subscription.keys
            numbers["first"] = None
        changing = threading.Thread(target=churn, args=(numbers, over), daemon=True)
        changing.start()
        try:
            for _ in range(300):
                repr(shown) if what == "watch" else shown.snapshot()
        finally:
            over.set()
            changing.join()
            shown.close()
