"""Runs the blocks of pages in their order, as a person would in one new IPython process.

``python blocks.py PAGE…`` prints one JSON line a block: its first line, its seconds of CPU, and
what it printed.
"""

import json
import re
import sys
import time
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

_BLOCK = re.compile(r"^```(python|ipython)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)


def run(page: Path) -> None:
    """Run all blocks for Python and IPython; the first that fails ends it."""
    shell = InteractiveShell.instance()
    shell.run_line_magic("colors", "NoColor")
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        begun = time.process_time()
        with capture_output() as captured:
            ran = shell.run_cell(match[2])
        if not ran.success:
            sys.exit(f"{match[2]}\n{captured.stdout}\n{captured.stderr}")
        line = {
            "block": match[2].splitlines()[0],
            "cpu": time.process_time() - begun,
            "printed": captured.stdout,
        }
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    for page in sys.argv[1:]:
        run(Path(page))
