"""A check of a provider only reads, and its report can be shown to anybody."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ports import free_port

from sms_notebook import BadKey, Client, UsageProblem
from sms_notebook.client.report import shape_of
from sms_notebook.sandbox import Sandbox

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
BUYS = ("getNumber", "getNumberV2", "getRentNumber", "getExtraActivation", "setStatus")


def row(frame, action):
    return frame[frame["action"] == action].iloc[0]


def test_the_reference_is_read_as_expected_and_nothing_is_spent(opened):
    sandbox = Sandbox(speed=0)
    frame = opened(sandbox=sandbox).check()
    assert frame["as_expected"].all()
    assert frame["answered"].all()
    assert not sandbox.purchases()
    assert "it has bought nothing, and the balance is what it was" in frame["what_to_know"].iloc[0]
    assert frame["skipped"].sum() == 0


def test_it_asks_for_nothing_that_buys_or_changes(wire):
    wire.says("BAD_ACTION")
    with Client(KEY, base_url=wire.url, retries=0) as sms:
        frame = sms.check()
    assert set(wire.actions()).isdisjoint(BUYS)
    assert not frame["as_expected"].any()
    assert frame["answered"].all()


def test_one_reply_that_cannot_be_read_leaves_the_others(wire):
    page = "<html><title>Just a moment</title></html>"

    def answer(asked):
        return wire.http(page if asked.params["action"] == "getPrices" else "ACCESS_BALANCE:1.5")

    wire.answer = answer
    with Client(KEY, base_url=wire.url, retries=0) as sms:
        frame = sms.check()
    prices = row(frame, "getPrices")
    assert not prices["as_expected"]
    assert "cannot be read" in prices["what_to_know"]
    assert row(frame, "getBalance")["as_expected"]


def test_a_provider_that_does_not_answer_is_a_row_each():
    with Client(KEY, base_url=f"http://127.0.0.1:{free_port()}", retries=0) as sms:
        frame = sms.check()
    assert not frame["answered"].any()
    assert frame["what_to_know"].str.contains("no answer").all()


def test_a_wrong_key_ends_it(wire):
    wire.says("BAD_KEY")
    with Client(KEY, base_url=wire.url, retries=0) as sms, pytest.raises(BadKey):
        sms.check()
    assert wire.actions() == ["getBalance"]


def test_a_report_holds_neither_key_nor_number_nor_code_nor_text(tmp_path):
    sandbox = Sandbox(speed=0, api_key=KEY)
    with Client(sandbox=sandbox) as buyer, pytest.raises(BadKey):
        buyer.check()
    sandbox = Sandbox(speed=0)
    with Client(sandbox=sandbox) as sms:
        number = sms.order("tg", "Kazakhstan").iloc[0]
        sandbox.send_sms(number["activation_id"], "Secret words 483920", "483920")
        sms.check(save=tmp_path / "report.json")
    report = (tmp_path / "report.json").read_text(encoding="utf-8")
    for secret in (KEY, number["phone_number"], number["activation_id"], "483920", "Secret"):
        assert secret not in report
    assert {entry["action"] for entry in json.loads(report)["actions"]} >= {
        "getBalance",
        "getActiveActivations",
    }
    assert not re.search(r"\d{5}", report)


def test_a_report_that_cannot_be_written_is_one_line(tmp_path):
    with Client(sandbox=Sandbox(speed=0)) as sms, pytest.raises(UsageProblem, match="be written"):
        sms.check(save=tmp_path / "no" / "such" / "folder.json")


values = st.recursive(
    st.text("0123456789abcXYZ _-", min_size=5) | st.integers(10**5, 10**12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "id", "text", "79991234567"]), inner, max_size=3
        )
    ),
)


def texts_in(value):
    """Return all texts and numbers of a value, as texts."""
    if isinstance(value, dict):
        return [text for name, item in value.items() for text in (name, *texts_in(item))]
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    return [str(value)]


@given(values)
def test_no_value_of_a_reply_is_in_its_shape(value):
    shape = json.dumps(shape_of(json.dumps(value).encode()))
    for text in texts_in(value):
        assert text in ("status", "id", "text") or not text.strip() or text not in shape


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        (b"", "nothing"),
        (b"NO_NUMBERS", "NO_NUMBERS"),
        (b"STATUS_OK:48213", "STATUS_OK:\u2026"),
        (b"SECRETWORD", "text"),
        (b'{"status":"success","data":[', "broken JSON"),
        (
            b'{"":{"id":null},"6":{"id":6}}',
            {"key, 2 times": [{"id": "null"}, {"id": "number"}], "blank key": True},
        ),
        (b"[]", "empty list"),
    ],
)
def test_shapes(body, shape):
    assert shape_of(body) == shape
