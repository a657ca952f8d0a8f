"""``sms-notebook``, or ``python -m sms_notebook``: the commands for a terminal."""

import sys
from collections.abc import Sequence

from sms_notebook import __version__
from sms_notebook.cli import run


def main(arguments: Sequence[str], program: str = "python -m sms_notebook") -> int:
    """Run a command and return the exit code."""
    return run(arguments, __version__, program)


def script() -> int:
    """Run what ``sms-notebook`` was given."""
    return main(sys.argv[1:], "sms-notebook")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
