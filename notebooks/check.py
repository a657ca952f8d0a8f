"""Checks that notebooks can be shared: no key, no real phone number, no path of a machine.

``python notebooks/check.py [FILE …]`` looks at these notebooks, or at all in this folder; it is
``sms-notebook check-notebook``.
"""

import sys
from pathlib import Path

from sms_notebook.__main__ import main
from sms_notebook.cli.check_notebook import check, is_sealed, seal

__all__ = ["check", "is_sealed", "seal"]

if __name__ == "__main__":
    files = sys.argv[1:] or [str(path) for path in sorted(Path(__file__).parent.glob("*.ipynb"))]
    sys.exit(main(["check-notebook", *files]))
