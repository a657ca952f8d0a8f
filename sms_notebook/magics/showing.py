"""How frames are shown as text."""

import shutil
from typing import Any

import pandas as pd

from sms_notebook.magics.saying import printable


def show_frame(frame: pd.DataFrame, printer: Any, _cycle: bool) -> None:
    """Show a frame as text; what strangers wrote controls no terminal."""
    printer.text(printable(_text(frame), keep="\n"))


def _text(frame: pd.DataFrame) -> str:
    """Write a frame: in a terminal an answer has all its columns, however narrow the window."""
    leaves_out_columns = pd.get_option("display.max_columns") == 0  # as pandas does in a terminal
    if not leaves_out_columns or "fetched_at" not in frame.attrs:
        return repr(frame)
    width = shutil.get_terminal_size().columns
    if len(frame) == 1:
        whole = frame.to_string()
        is_narrow = all(len(line) <= width for line in whole.splitlines())
        return whole if is_narrow else frame.T.to_string(header=False)
    with pd.option_context("display.max_columns", None, "display.width", width):
        return repr(frame)
