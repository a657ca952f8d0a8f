"""A frame of one row, or the row itself, stands for its number wherever an id is taken."""

import pytest

from sms_notebook import Client, UsageProblem
from sms_notebook.sandbox import Sandbox

SHAPES = {
    "frame": lambda frame: frame,
    "row": lambda frame: frame.iloc[0],
    "column": lambda frame: frame["activation_id"],
    "dict": lambda frame: frame.iloc[0].to_dict(),
    "tuple": lambda frame: next(frame.itertuples()),
    "id": lambda frame: frame.loc[0, "activation_id"],
}


@pytest.fixture
def sms():
    return Client(sandbox=Sandbox(speed=0))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_order_stands_for_its_number(sms, shape):
    order = sms.order("tg", "Kazakhstan")
    number = shape(order)
    sms.sandbox.step(5)
    assert sms.wait_code(number).loc[0, "activation_id"] == order.loc[0, "activation_id"]
    assert sms.get_status_v2(number).loc[0, "code"] == sms.get_status(number).loc[0, "code"]
    assert sms.again(number).loc[0, "status"] == "ACCESS_RETRY_GET"
    sms.sandbox.step(5)
    with sms.watch(number) as watch:
        assert next(watch).activation_id == order.loc[0, "activation_id"]
    assert sms.finish(number).loc[0, "status"] == "ACCESS_ACTIVATION"


def test_an_unwanted_order_is_cancelled(sms):
    order = sms.order("tg", "Kazakhstan", operator="silent")
    sms.sandbox.step(120)
    assert sms.cancel(order).loc[0, "status"] == "ACCESS_CANCEL"


def test_a_rent_stands_for_its_number(sms):
    rent = sms.rent("full", "Kazakhstan", 4)
    assert sms.extend(rent, 4).loc[0, "rent_id"] == rent.loc[0, "rent_id"]
    with sms.watch(rents=rent) as watch:
        sms.sandbox.send_sms(rent.loc[0, "rent_id"], "Hello")
        assert next(watch).text == "Hello"


def test_a_row_of_the_ledger_does_as_well(sms):
    sms.order("tg", "Kazakhstan")
    sms.sandbox.step(5)
    assert sms.wait_code(sms.ledger().iloc[-1]).loc[0, "code"]


def test_all_rows_of_a_frame_are_watched(sms):
    for _ in range(2):
        sms.order("tg", "Kazakhstan")
    sms.sandbox.step(5)
    active = sms.get_active_activations()
    with sms.watch(active) as watch:
        assert {next(watch).activation_id for _ in range(2)} == {*active["activation_id"]}


def test_several_rows_are_refused_in_one_line(sms):
    for _ in range(2):
        sms.order("tg", "Kazakhstan")
    with pytest.raises(UsageProblem, match="this frame has 2 rows") as refused:
        sms.finish(sms.get_active_activations())
    assert "\n" not in str(refused.value)
    assert "frame.iloc[[0]]" in str(refused.value)


def test_a_row_without_such_an_id_is_refused(sms):
    rent = sms.rent("full", "Kazakhstan", 4)
    with pytest.raises(UsageProblem, match="activation_id is not in this row, which has rent_id"):
        sms.wait_code(rent)
    with pytest.raises(UsageProblem, match="activation_id is not known in this row"):
        sms.wait_code(sms.ledger())
    with pytest.raises(UsageProblem, match="which has no id"):
        sms.wait_code(sms.get_balance())
