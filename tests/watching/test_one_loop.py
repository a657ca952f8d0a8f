"""One thread for all that waits: many waits cost one request a tick, and nobody waits on it."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest
from ports import connections

from sms_notebook import AsyncClient, Client, UsageProblem
from sms_notebook.sandbox import serve
from sms_notebook.watching.loop import LOOP

from .conftest import QUICK, begin, tasks, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def bought(sms):
    return sms.order("tg", 2).loc[0, "activation_id"]


def test_many_threads_that_wait_share_one_request_a_tick(shop):
    with serve(shop) as url, Client(base_url=url) as sms:
        refs = [bought(sms) for _ in range(20)]
        waits = [begin(lambda ref=ref: sms.wait_code(ref, every=0.3)) for ref in refs]
        until(lambda: len(sms._poller_handle.poller._subscriptions) == 20)
        poller = sms._poller_handle.poller
        ticks, asked = poller.ticks, len(shop.asked)
        until(lambda: poller.ticks >= ticks + 4)
        polled, passed = shop.asked[asked:], poller.ticks - ticks + 1
        assert set(polled) == {"getActiveActivations", "getStatus"}
        assert polled.count("getActiveActivations") <= passed
        assert polled.count("getStatus") <= 20 * -(-passed // 4)  # each in every fourth tick
        for place, ref in enumerate(refs):
            shop.say(ref, f"{place:05}")
        assert [one.result(60).loc[0, "code"] for one in waits] == [f"{p:05}" for p in range(20)]


def test_many_waits_at_once_begin_with_few_requests(shop):
    with Client(sandbox=shop) as sms:
        refs = [bought(sms) for _ in range(20)]
        before = len(shop.asked)
        waits = [begin(lambda ref=ref: sms.wait_code(ref, every=60)) for ref in refs]
        until(lambda: len(sms._poller_handle.poller._subscriptions) == 20)
        begin(time.sleep, 0.5).result()
        assert len(shop.asked) - before <= 5
        sms.close()
        assert all(isinstance(one.exception(60), UsageProblem) for one in waits)


def test_tasks_of_an_async_client_share_one_request_a_tick(shop):
    async def wait(url):
        async with AsyncClient(base_url=url) as sms:
            refs = [(await sms.order("tg", 2)).loc[0, "activation_id"] for _ in range(20)]
            waits = [asyncio.create_task(sms.wait_code(ref, every=0.3)) for ref in refs]
            subscriptions = sms._poller_handle.poller._subscriptions
            await asyncio.to_thread(until, lambda: len(subscriptions) == 20)
            poller = sms._poller_handle.poller
            ticks, before = poller.ticks, len(shop.asked)
            await asyncio.to_thread(until, lambda: poller.ticks >= ticks + 4)
            asked, passed = shop.asked[before:], poller.ticks - ticks + 1
            for ref in refs:
                shop.say(ref, "01234")
            frames = await asyncio.gather(*waits)
            return asked, passed, [frame.loc[0, "code"] for frame in frames]

    with serve(shop) as url:
        asked, passed, codes = asyncio.run(wait(url))
    assert codes == ["01234"] * 20
    assert set(asked) <= {"getActiveActivations", "getStatus"}
    assert asked.count("getActiveActivations") <= passed
    assert asked.count("getStatus") <= 20 * -(-passed // 4)  # each in every fourth tick


def test_all_clients_use_one_thread(shop):
    with Client(sandbox=shop) as one, Client(sandbox=shop) as other:
        ref = bought(one)
        waits = [begin(sms.wait_code, ref, every=QUICK) for sms in (one, other)]
        until(lambda: shop.polls > 3)
        named = [thread for thread in threading.enumerate() if thread.name == "sms_notebook"]
        assert len(named) == 1
        assert named[0].daemon
        shop.say(ref, "01234")
        assert [wait.result(60).loc[0, "code"] for wait in waits] == ["01234"] * 2


@pytest.mark.parametrize("ask", ["get_balance", "wait_code", "watch"])
def test_a_call_that_waits_is_refused_on_the_loop_thread(shop, ask):
    with Client(sandbox=shop) as sms:
        ref = bought(sms)
        asking = {
            "get_balance": sms.get_balance,
            "wait_code": lambda: sms.wait_code(ref),
            "watch": lambda: next(sms.watch(ref)),
        }

        async def on_the_loop():
            with pytest.raises(UsageProblem, match="Use AsyncClient there"):
                asking[ask]()

        LOOP.run(on_the_loop())


def test_cancelling_the_task_of_an_async_client_stops_the_wait(shop):
    async def cancel():
        async with AsyncClient(sandbox=shop) as sms:
            ref = (await sms.order("tg", 2)).loc[0, "activation_id"]
            waits = asyncio.create_task(sms.wait_code(ref, every=QUICK))
            await asyncio.to_thread(until, lambda: shop.polls > 2)
            waits.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waits
            await asyncio.to_thread(until, lambda: not tasks())  # so nothing polls
            shop.say(ref, "01234")
            return (await sms.wait_code(ref, every=QUICK)).loc[0, "code"]

    assert asyncio.run(cancel()) == "01234"


def test_an_interrupt_stops_the_wait_and_names_how_to_go_on(shop):
    with Client(sandbox=shop) as sms:
        ref = bought(sms)

        def interrupt():
            until(lambda: shop.polls > 2)
            os.kill(os.getpid(), signal.SIGINT)

        pressed = begin(interrupt)
        with pytest.raises(KeyboardInterrupt) as stopped:
            sms.wait_code(ref, every=QUICK)
        pressed.result(60)
        assert f"Activation {ref} is still alive. sms.wait_code('{ref}')" in str(stopped.value)
        assert stopped.value._render_traceback_() == [str(stopped.value)]
        until(lambda: not tasks())  # so nothing polls
        shop.say(ref, "01234")
        assert sms.wait_code(ref, every=QUICK).loc[0, "code"] == "01234"


def test_watches_leave_no_task_thread_or_connection_behind(shop):
    with serve(shop) as url, Client(base_url=url) as sms:
        ref = bought(sms)
        with sms.watch(ref, every=QUICK) as watch:
            until(lambda: shop.polls > 1)
        before = (threading.active_count(), len(connections(psutil.CONN_ESTABLISHED)))
        for _ in range(8):
            polls = shop.polls
            with sms.watch(ref, every=QUICK) as watch:
                until(lambda polls=polls: shop.polls > polls)
                assert len(watch.frame) == 1
        until(lambda: not tasks())
        until(lambda: threading.active_count() <= before[0])
        until(lambda: len(connections(psutil.CONN_ESTABLISHED)) <= before[1])
    until(lambda: len(connections(psutil.CONN_ESTABLISHED)) < before[1])


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_closed_client_leaves_no_task_and_no_connection(shop, kind):
    async def use(url):
        async with AsyncClient(base_url=url) as sms:
            ref = (await sms.order("tg", 2)).loc[0, "activation_id"]
            watch = await sms.watch(ref, every=QUICK).__aenter__()
            await asyncio.to_thread(until, lambda: shop.polls > 1)
        return [event async for event in watch]

    with serve(shop) as url:
        if kind == "sync":
            with Client(base_url=url) as sms:
                watch = sms.watch(bought(sms), every=QUICK).start()
                until(lambda: shop.polls > 1)
            assert list(watch) == []
        else:
            assert asyncio.run(use(url)) == []
        until(lambda: not tasks())
        until(lambda: not connections(psutil.CONN_ESTABLISHED))


# In a process of its own ------------------------------------------------------------------------

BEGIN = """
import faulthandler, sys
faulthandler.dump_traceback_later(40, exit=True)
import asyncio, os, signal, threading, time
from sms_notebook import AsyncClient, Client
from sms_notebook.sandbox import Sandbox
URL = sys.argv[1]

def bought(sms):
    return sms.order("tg", 2).loc[0, "activation_id"]

def say(ref, code):
    import httpx
    control = URL.replace("/stubs/handler_api.php", "/sandbox/sms")
    httpx.post(control, params={"id": ref, "text": f"Your code is {code}", "code": code})
"""


def run(program, url="", *options):
    """Run a program in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, *options, "-c", BEGIN + textwrap.dedent(program), url],
        env=os.environ | {"SMS_QUIET": "1"},  # on a busy machine all is waited for
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    # In its debug mode asyncio names what was slow: loading SQLAlchemy is.
    complaints = [line for line in done.stderr.splitlines() if not line.startswith("Executing ")]
    return done.stdout, "\n".join(complaints)


STRICT = ("-X", "dev", "-W", "error")
FORKING = ("-W", "ignore::DeprecationWarning")  # Python 3.12 warns of forks beside threads


def test_nothing_is_complained_about_under_the_strictest_python(shop):
    program = """
        with Client(base_url=URL) as sms:
            ref = bought(sms)
            threading.Timer(0.3, say, (ref, "01234")).start()
            print(sms.wait_code(ref, every=0.05).loc[0, "code"])
            with sms.watch(every=0.05) as watch:
                print(next(watch).kind)
            try:
                sms.wait_code(bought(sms), timeout=0.2, every=0.05)
            except Exception as late:
                print(type(late).__name__)

        async def main():
            async with AsyncClient(base_url=URL) as sms:
                ref = (await sms.order("tg", 2)).loc[0, "activation_id"]
                threading.Timer(0.3, say, (ref, "43210")).start()
                print((await sms.wait_code(ref, every=0.05)).loc[0, "code"])
                async with sms.watch(every=0.05) as watch:
                    print((await anext(watch)).kind)
                other = (await sms.order("tg", 2)).loc[0, "activation_id"]
                try:
                    await sms.wait_code(other, timeout=0.2, every=0.05)
                except Exception as late:
                    print(type(late).__name__)
        asyncio.run(main())
        """
    with serve(shop) as url:
        printed, complaints = run(program, url, *STRICT)
    assert printed.split() == ["01234", "new", "CodeTimeout", "43210", "new", "CodeTimeout"]
    assert complaints == ""


def test_an_open_watch_does_not_keep_the_interpreter_from_ending(shop):
    program = """
        sms = Client(base_url=URL)
        ref = bought(sms)
        watch = sms.watch(every=0.05).start()
        print(next(watch).kind)
        waits = threading.Thread(target=sms.wait_code, args=(ref,), daemon=True)
        waits.start()
        time.sleep(0.2)
        """
    with serve(shop) as url:
        printed, complaints = run(program, url, *STRICT)
    assert printed.split() == ["new"]
    assert complaints == ""


def test_a_forked_process_waits_on_its_own(shop):
    program = """
        sms = Client(base_url=URL)
        first, second = bought(sms), bought(sms)
        watch = sms.watch(first, every=0.05).start()
        faulthandler.cancel_dump_traceback_later()  # it would hang in the child
        child = os.fork()
        signal.alarm(0 if child else 30)
        ref = first if child else second
        threading.Timer(0.5, say, (ref, "01234" if child else "43210")).start()
        code = sms.wait_code(ref, every=0.05, timeout=20).loc[0, "code"]
        if not child:
            sms.close()
            print(f"child {code}", flush=True)
            sys.exit(0)
        _, status = os.waitpid(child, 0)
        assert status == 0, status
        print(f"parent {code}", next(watch).code)
        say(second, "99999")
        sms.close()
        """
    with serve(shop) as url:
        printed, complaints = run(program, url, *FORKING)
    assert printed.split() == ["child", "43210", "parent", "01234", "01234"]
    assert complaints == ""


@pytest.mark.parametrize("rounds", [3, pytest.param(40, marks=pytest.mark.deep)])
def test_a_process_may_fork_while_the_loop_thread_is_busy(shop, rounds):
    program = f"""
        faulthandler.cancel_dump_traceback_later()  # it would hang in the child
        sms = Client(sandbox=Sandbox(speed=0, success=0.0))
        for round in range({rounds}):
            ref = bought(sms)
            with sms.watch(ref, every=0.001) as watch:
                child = os.fork()
                if not child:
                    signal.alarm(30)
                    try:
                        sms.wait_code(ref, timeout=0.01, every=0.05)
                    except Exception as late:
                        sys.exit(0 if type(late).__name__ == "CodeTimeout" else 1)
                    sys.exit(2)
                _, status = os.waitpid(child, 0)
                assert status == 0, status
                sms.sandbox.send_sms(ref, "Your code is 01234")
                assert next(watch).code == "01234"
        print("fine")
        """
    printed, _ = run(program, "", *FORKING)
    assert printed.split() == ["fine"]


@pytest.mark.parametrize("order", ["before", "after"])
def test_it_works_where_loops_are_nested(shop, order):
    program = f"""
        import sms_notebook
        async def cell():
            if {order == "before"}:
                sms_notebook.allow_nested_loops()
            with Client(base_url=URL) as sms:
                ref = bought(sms)
                watch = sms.watch(ref, every=0.05).start()
                if {order == "after"}:
                    sms_notebook.allow_nested_loops()
                threading.Timer(0.3, say, (ref, "01234")).start()
                print(sms.wait_code(ref, every=0.05).loc[0, "code"], next(watch).code)
                watch.close()
        async def later():
            async with AsyncClient(base_url=URL) as sms:
                ref = (await sms.order("tg", 2)).loc[0, "activation_id"]
                threading.Timer(0.3, say, (ref, "43210")).start()
                return (await sms.wait_code(ref, every=0.05)).loc[0, "code"]
        async def nested():
            return asyncio.run(later())
        asyncio.run(cell())
        print(asyncio.run(nested()))
        """
    with serve(shop) as url:
        printed, complaints = run(program, url)
    assert printed.split() == ["01234", "01234", "43210"]
    assert complaints == ""


def test_a_loop_of_another_make_is_not_patched_and_that_is_said_in_one_line():
    program = """
import asyncio, sms_notebook

class Other(asyncio.AbstractEventLoop):
    def is_running(self):
        return False

before = asyncio.run
asyncio.set_event_loop(Other())
try:
    sms_notebook.allow_nested_loops()
except sms_notebook.UsageProblem as problem:
    print(asyncio.run is before, problem)
"""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False
    )
    assert run.stdout.startswith("True the event loop of this process is __main__'s"), run.stderr
    assert run.stdout.count("\n") == 1
