import json
import subprocess
import sys
from pathlib import Path

import pytest

RATE = 200


@pytest.mark.parametrize("seconds", [4, pytest.param(30, marks=pytest.mark.deep)])
def test_two_hundred_a_second_are_all_stored_once(opened, seconds):
    post = opened()
    sender = Path(__file__).with_name("sender.py")
    ended = subprocess.run(
        [sys.executable, str(sender), post.url, str(RATE), str(seconds)],
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(ended.stdout)
    print(report)
    total = RATE * seconds
    again = total // 10 + (total - 100) // 10
    assert report["statuses"] == {"200": total + again}
    rows = post.messages()
    assert [row.ref for row in sorted(rows, key=lambda row: row.ref)] == [
        str(10**9 + number) for number in range(total)
    ]
    assert all(row.code == f"{int(row.ref) - 10**9:05}" for row in rows)
    counts = {name: count for name, count in post.receiver.counts.items() if count}
    assert counts == {"stored": total, "repeats": again}
