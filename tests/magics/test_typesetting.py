"""Texts of strangers are shown as they are: MathJax leaves the frames of this package alone."""

import pandas as pd
import pytest

TEXT = r"$\href{https://example.com}{Finish}$ \rule{9em}{9em} $\phantom{12345}\llap{99999}$"


@pytest.fixture
def shown(make_shell):
    """Run cells; return the HTML of what they show."""
    shell = make_shell()
    shell.run_line_magic("load_ext", "sms_notebook")

    def run(cell: str) -> str:
        result = shell.run_cell(cell, store_history=False)
        result.raise_error()
        data, _ = shell.display_formatter.format(result.result)
        return str(data["text/html"])

    shell.run_cell("from sms_notebook import Client\nimport pandas as pd\nsms = Client()")
    shell.run_cell("order = sms.order('tg', 2)\nref = order.activation_id[0]")
    shell.user_ns["words"] = TEXT
    shell.run_cell("sms.sandbox.send_sms(ref, words)\ncode = sms.wait_code(ref)")
    return run


FRAMES = [
    *("order", "sms.get_active_activations()", "sms.get_status_v2(ref)", "sms.ledger()", "code"),
    *("code.copy()", "code[['text']]", "code.rename(columns={'text': 'x'}).head(1)", "code.T"),
    *("pd.concat([sms.get_status_v2(ref), sms.get_status_v2(ref)])", "code.set_index('text')"),
    *("code.groupby('text')[['code']].first()", "code.merge(code)", "code.query('code == code')"),
]


@pytest.mark.parametrize("frame", FRAMES)
def test_our_frames_are_not_typeset(shown, frame):
    html = shown(frame)
    assert "tex2jax_ignore" in html
    assert "mathjax_ignore" in html


def test_other_frames_and_the_settings_of_a_person_stay(shown):
    other = pd.DataFrame({"text": [TEXT], "code": ["1"]})
    assert shown("pd.DataFrame({'text': [words], 'code': ['1']})") == other._repr_html_()
    assert shown("order") != shown("pd.DataFrame(order.to_dict('list'))[['cost']]")
    assert pd.get_option("display.html.use_mathjax") is True


def test_what_was_registered_for_frames_goes_on(make_shell):
    shell = make_shell()
    html = shell.display_formatter.formatters["text/html"]
    html.for_type(
        pd.DataFrame, lambda frame: f"{len(frame)}, {pd.options.display.html.use_mathjax}"
    )
    shell.run_line_magic("load_ext", "sms_notebook")
    shell.run_cell("from sms_notebook import Client\nsms = Client()\nsms2 = Client()")
    assert html(pd.DataFrame({"a": [1, 2]})) == "2, True"
    assert html(shell.ev("sms.get_balance()")) == "1, False"
