import json
import subprocess
import sys
from pathlib import Path

RATE, SECONDS = 200, 30


def test_two_hundred_a_second_for_thirty_seconds_are_all_stored_once(opened):
    post = opened()
    sender = Path(__file__).with_name("sender.py")
    ended = subprocess.run(
        [sys.executable, str(sender), post.url, str(RATE), str(SECONDS)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    report = json.loads(ended.stdout)
    print(report)
    total = RATE * SECONDS
    again = total // 10 + (total - 100) // 10
    assert report["statuses"] == {"200": total + again}
    assert report["took"] < SECONDS + 2, "the rate was not kept"
    rows = post.messages()
    assert [row.ref for row in sorted(rows, key=lambda row: row.ref)] == [
        str(10**9 + number) for number in range(total)
    ]
    assert all(row.code == f"{int(row.ref) - 10**9:05}" for row in rows)
    counts = {name: count for name, count in post.receiver.counts.items() if count}
    assert counts == {"stored": total, "repeats": again}
