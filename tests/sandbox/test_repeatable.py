"""The same seed, a standing clock and the same calls: the same bytes."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sms_notebook.sandbox.actions import ACTIONS
from sms_notebook.sandbox.provider import Sandbox


def story(seed=11):
    """Answers to a long sequence of calls, in one text."""
    sandbox = Sandbox(seed=seed, speed=0, start=datetime(2026, 3, 1, tzinfo=UTC), balance="500")
    answers = []

    def ask(action, **params):
        answers.append(sandbox.answer({"action": action, **params}).text)
        return answers[-1]

    for country in ("2", "6", "187"):
        ids = [ask("getNumber", service="tg", country=country).split(":")[1] for _ in range(4)]
        ask("getNumberV2", service="wa", country=country, operator="any")
        sandbox.step(20)
        for number in ids:
            ask("getStatus", id=number)
            ask("setStatus", id=number, status="3")
    ask("getRentNumber", service="full", rent_time="48")
    sandbox.step(40_000)
    rent = ask("getRentList").split('"id":"')[1].split('"')[0]
    ask("getRentStatus", id=rent)
    for action in ACTIONS:
        if action not in ("getPrices", "getPricesExtended", "getPricesVerification"):
            ask(action, service="tg", country="2", id=rent, productId="3")
    ask("getPrices", country="22")
    return "\n".join(answers)


def test_two_sandboxes_with_one_seed_answer_the_same():
    assert story() == story()


def test_another_seed_answers_otherwise():
    assert story(1) != story(2)


def test_other_threads_at_the_same_time_change_nothing():
    alone = story()
    with ThreadPoolExecutor(4) as pool:
        seeds = (11, 5, 11, 6)
        stories = list(pool.map(story, seeds))
    assert stories[0] == stories[2] == alone


def test_another_process_with_another_hash_seed_answers_the_same():
    program = (
        "import hashlib, sys, runpy; story = runpy.run_path(sys.argv[1])['story'];"
        "print(hashlib.sha256(story().encode()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, __file__],
        env={**os.environ, "PYTHONHASHSEED": "4321"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(story().encode()).hexdigest()
