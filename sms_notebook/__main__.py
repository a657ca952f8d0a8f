"""``sms-notebook``, or ``python -m sms_notebook``: the commands for a terminal."""

import io
import os
import sys
from collections.abc import Sequence

from sms_notebook import __version__
from sms_notebook.cli import run

_INTERRUPTED = 130  # as a shell says it of a program that ends by Ctrl-C


def main(arguments: Sequence[str], program: str = "python -m sms_notebook") -> int:
    """Run a command and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # it may know ASCII alone
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run(arguments, __version__, program)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # whoever reads it has seen enough, such as head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def script() -> int:
    """Run what ``sms-notebook`` was given."""
    return main(sys.argv[1:], "sms-notebook")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
