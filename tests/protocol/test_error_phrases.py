"""An error says what happened and what to do as data, and each face writes it in its own words."""

import copy
import pickle
import re

import pytest

from sms_notebook import BadStatus, Client, CodeTimeout, SmsError, UsageProblem
from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.table import MagicSpeaker
from sms_notebook.panels.text import PanelSpeaker, plain
from sms_notebook.protocol.errors.codes import DOCUMENTED, IN_ACTION, UNDOCUMENTED
from sms_notebook.protocol.errors.sms_error import Advised, Hint, Parameter, Phrase, sentences
from sms_notebook.protocol.masking import HIDDEN, mask_error
from sms_notebook.sandbox import Sandbox

MAGIC, PANEL = MagicSpeaker(COMMANDS.values()), PanelSpeaker()
RENT = Parameter("rent_id")


@pytest.mark.parametrize(
    ("hint", "python", "magic", "panel"),
    [
        (Hint("{x}", x=("wait_code", "7")), "sms.wait_code('7')", "%sms wait 7", None),
        (Hint("{x}", x=("cancel", "7")), "sms.cancel('7')", "%sms cancel 7", "Cancel"),
        (Hint("{get_countries()}"), "sms.get_countries()", "%sms countries", None),
        (Hint("{get_status_v2()}"), "sms.get_status_v2()", "%sms code ID --text", None),
        (
            Hint("{x}", x=("set_rent_status", RENT, 1)),
            "sms.set_rent_status(rent_id, 1)",
            "%sms rent finish ID",
            "Finish",
        ),
        (
            Hint("{x}", x=("Client", {"provider": "sandbox"})),
            "Client(provider='sandbox')",
            "%sms provider sandbox",
            None,
        ),
        (
            Hint("{x}", x=("Client", {"budget": None})),
            "Client(budget=None)",
            "%sms budget none",
            None,
        ),
        (Hint("{x}", x=("set_budget", None)), "sms.set_budget(None)", "%sms budget none", None),
        (Hint("{x}", x=("get_tariff", 7)), "sms.get_tariff(7)", "sms.get_tariff(7)", None),
        (Hint("{max_price}"), "max_price", "--max-price", "the max price"),
        (Hint("{phone_exception}"), "phone_exception", "--exclude", "phone_exception"),
        (Hint("{n:.1f} {t!r}", n=2, t="a"), "2.0 'a'", "2.0 'a'", "2.0 'a'"),
        (Hint("{t}", t="{max_price}"), "{max_price}", "{max_price}", "{max_price}"),
    ],
)
def test_each_face_writes_a_call_in_its_own_words(hint, python, magic, panel):
    assert (hint.written(), hint.written(MAGIC), hint.written(PANEL)) == (python, magic, panel)


def problem() -> SmsError:
    error = BadStatus(
        Phrase("no code at {number}", number="+7 999 123 45 67"),
        hints=[Hint("{again} asks for {one} more", again=("again", "635468024"), one=1)],
        action="setStatus",
        provider="there",
        wire="BAD_STATUS:79991234567",
    )
    error.code = "BAD_STATUS"
    return error


def test_python_names_the_wire_and_a_panel_does_not():
    assert str(problem()) == (
        "setStatus at there: BAD_STATUS:79991234567: no code at +7 999 123 45 67. "
        "sms.again('635468024') asks for 1 more."
    )
    assert plain(problem()) == "No code at +7 999 123 45 67. Another code asks for 1 more."


def test_a_hint_that_a_face_has_no_call_for_is_left_out():
    error = UsageProblem(Phrase("wrong"), hints=[Hint("{ledger()} tells"), Hint("try again")])
    assert plain(error) == "Wrong. Try again."


def test_a_plain_text_stays_as_it_was_written():
    text = "no {braces} are read: here."
    assert str(UsageProblem(text, action="getX", provider="there")) == text


def repickled(error: SmsError) -> SmsError:
    return pickle.loads(pickle.dumps(error))  # noqa: S301 - our own


@pytest.mark.parametrize("copied", [copy.copy, repickled])
def test_copies_say_the_same_in_the_words_of_python(copied):
    error = problem()
    error.speaker = MAGIC
    again = copied(error)
    assert type(again) is BadStatus
    assert (again.what, again.hints, again.code) == (error.what, error.hints, error.code)
    assert str(again) == str(problem())


def test_a_mask_hides_values_and_leaves_ids_to_go_on_with():
    error = problem()
    mask_error(error)
    assert "999" not in str(error)
    assert HIDDEN in error.what.parts["number"]
    assert error.hints[0].parts["again"] == ("again", "635468024")


def test_a_notebook_shows_one_line_without_colours_of_its_own():
    assert problem()._render_traceback_() == [f"BadStatus: {problem()}"]
    assert Advised.emphasis("line") == "line"


def test_a_time_out_carries_its_next_steps():
    with Client(sandbox=Sandbox(speed=0, success=0)) as sms:
        ref = str(sms.order("tg", "KZ").loc[0, "activation_id"])
        with pytest.raises(CodeTimeout) as late:
            sms.wait_code(ref, 0.01, every=0.05)
    calls = [next(iter(hint.parts.values())) for hint in late.value.hints]
    assert calls == [("wait_code", ref), ("cancel", ref)]


@pytest.mark.parametrize("speaker", [MAGIC, PANEL])
def test_no_code_is_explained_in_python_elsewhere(speaker):
    for meaning in (*DOCUMENTED.values(), *UNDOCUMENTED.values(), *IN_ACTION.values()):
        text = sentences((meaning.what, *meaning.hints), speaker)
        assert not re.search(r"sms\.|[gs]et_|max_price|rent_time|Client\(", text), text
