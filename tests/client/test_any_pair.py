"""Whatever a person orders first on the default sandbox delivers: a code, and another one."""

import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from sms_notebook import Client
from sms_notebook.sandbox import Sandbox

LONGEST = 20  # seconds from the order to its end
JOB = """
import sys
from sms_notebook import Client

service, country = sys.argv[1:]
with Client() as sms:
    order = sms.order(service, int(country))
    first = sms.wait_code(order).loc[0, "code"]
    sms.again(order)
    second = sms.wait_code(order).loc[0, "code"]
    sms.finish(order)
    ledger = sms.ledger().iloc[-1]
    print(first, second, ledger["state"], len(ledger["codes"]), ledger["seconds_to_code"])
"""


def pairs(count: int) -> list[tuple[str, int]]:
    """Draw services, and for each a country where it can be bought."""
    drawn: list[tuple[str, int]] = []
    with Client(sandbox=Sandbox(speed=0)) as sms:
        services = sms.get_services_list()["service"].tolist()
        while len(drawn) < count:
            listed = sms.get_prices(service := random.choice(services))
            if len(listed):  # one of them is for rents alone
                drawn.append((service, int(random.choice(listed["country"]))))
    return drawn


def test_forty_pairs_drawn_at_random_deliver_twice_within_twenty_seconds_of_the_sandbox():
    sandbox = Sandbox(speed=0, tick=0.5, start=datetime(2026, 3, 1, tzinfo=UTC), balance="1000")
    with Client(sandbox=sandbox) as sms:
        for service, country in pairs(40):
            begun = sandbox.clock.now()
            order = sms.order(service, country)
            first = sms.wait_code(order, every=0.01).loc[0, "code"]
            sms.again(order)
            second = sms.wait_code(order, every=0.01).loc[0, "code"]
            sms.finish(order)
            assert first != second
            took = (sandbox.clock.now() - begun).total_seconds()
            assert took <= LONGEST, (service, country)
        assert (sms.ledger()["state"] == "finished").all()


def in_a_fresh_process(pair: tuple[str, int]) -> tuple[list[str], float]:
    """Do it as a newcomer's script would; return what it printed, and the seconds that it took."""
    begun = time.perf_counter()
    command = [sys.executable, "-c", JOB, *map(str, pair)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert not done.returncode, (pair, done.stderr)
    return done.stdout.split(), time.perf_counter() - begun


def test_a_pair_delivers_in_a_fresh_process():
    [pair] = pairs(1)
    (first, second, state, codes, seconds), _ = in_a_fresh_process(pair)
    assert first != second
    assert (state, codes) == ("finished", "2")
    assert 0 < float(seconds) <= LONGEST / 4


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_forty_pairs_deliver_within_twenty_seconds_each_in_a_fresh_process():
    with ThreadPoolExecutor(2) as two:
        done = list(two.map(in_a_fresh_process, pairs(40)))
    assert {(state, codes) for (_, _, state, codes, _), _ in done} == {("finished", "2")}
    longest = max(seconds for _, seconds in done)
    print(f"40 pairs: {longest:.1f} s at most, {sum(s for _, s in done) / 40:.1f} s on average")
    assert longest < LONGEST
