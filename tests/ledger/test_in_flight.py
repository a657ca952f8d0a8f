"""Who made an order: whether that process may still run, also where nobody can tell."""

import os
import socket
import subprocess
import sys

import psutil
import pytest

from sms_notebook.ledger.in_flight import may_be_alive, this_process

HOST = socket.gethostname()


@pytest.fixture
def dead() -> str:
    """Return the name of a process that has ended."""
    program = "from sms_notebook.ledger.in_flight import this_process; print(this_process())"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_a_process_that_runs_is_alive_and_one_that_ended_is_not(dead):
    assert dead.split("|")[0] == HOST
    assert may_be_alive(this_process())
    assert not may_be_alive(dead)


def test_it_is_told_from_another_by_its_start_to_the_second():
    started = float(this_process().split("|")[2])
    assert started == pytest.approx(psutil.Process().create_time(), abs=1)


def test_a_number_of_a_process_that_was_given_anew_is_another_process():
    assert not may_be_alive(f"{HOST}|{os.getpid()}|1.00")


def test_of_another_machine_and_of_an_unknown_start_nobody_knows(dead):
    assert may_be_alive("elsewhere|1|1.00")
    assert may_be_alive(f"{HOST}|{dead.split('|')[1]}|nan")


def test_without_psutil_an_order_is_left_to_whoever_may_be_making_it(dead, monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert may_be_alive(dead)
    assert may_be_alive(this_process())
