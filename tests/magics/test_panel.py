"""``%sms panel`` opens the panels, on the client that the other commands use."""

import subprocess
import sys

import pytest

from sms_notebook import Dashboard, OrderPanel, RentPanel, WatchPanel

PANELS = {"": Dashboard, " order": OrderPanel, " watch": WatchPanel, " rent": RentPanel}

CLICK = (
    "Panels are for JupyterLab; here nothing can be clicked. "
    "%sms order, %sms watch and %sms rent do the same."
)


@pytest.fixture
def opened(ip):
    """Open a panel; it is closed at the end."""
    panels = []

    def open_one(line: str):
        panels.append(ip.run(line))
        return panels[-1]

    yield open_one
    for panel in panels:
        panel.close()


@pytest.mark.parametrize("word", PANELS)
def test_each_panel_opens(opened, word):
    assert type(opened(f"%sms panel{word}")) is PANELS[word]


def test_it_shows_what_was_ordered_by_other_lines(ip, opened):
    order = ip.run("%sms order tg KZ")
    ip.run("%sms panel watch -o live")
    shown = opened("live")._repr_mimebundle_()
    assert order.loc[0, "phone_number"] in shown["text/plain"].replace(" ", "")


@pytest.mark.parametrize("in_notebook", [False, True])
def test_in_a_terminal_it_says_that_nothing_can_be_clicked(
    in_notebook, ip, opened, capsys, monkeypatch
):
    if in_notebook:
        monkeypatch.setattr(ip.shell, "kernel", object(), raising=False)
    opened("%sms panel order")
    said = capsys.readouterr().err
    assert said == ("" if in_notebook else f"{CLICK}\n")


def test_no_other_panel_is_there(ip):
    assert ip.fails("%sms panel orders") == (
        "UsageProblem: %sms panel: it takes order, watch or rent, not 'orders'. Did you mean order?"
    )


def test_its_words_are_completed(ip):
    assert set(ip.tab("%sms panel ")) >= {"order", "watch", "rent"}


def test_widgets_load_with_the_first_panel_only():
    code = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell()\n"
        "shell.run_line_magic('load_ext', 'sms_notebook')\n"
        "shell.run_line_magic('sms', 'help')\n"
        "assert 'ipywidgets' not in sys.modules and 'sms_notebook.panels' not in sys.modules\n"
        "shell.run_line_magic('sms', 'panel order')\n"
        "assert 'ipywidgets' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=240)
