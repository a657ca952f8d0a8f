"""What a client shows to people: times in whole seconds, names beside ids, no endless look-ups."""

import pandas as pd
import pytest

from sms_notebook import Client, UsageProblem
from sms_notebook.protocol.frames.kinds import TIME_DTYPE
from sms_notebook.sandbox import Sandbox


def times(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[name for name, dtype in frame.dtypes.items() if dtype == TIME_DTYPE]]


def test_every_time_that_a_client_shows_is_a_whole_second(opened):
    shop = Sandbox(speed=0, success=0)
    sms = opened(sandbox=shop)
    shop.step(0.25)
    order = sms.order("tg", "KZ")
    ref = order.loc[0, "activation_id"]
    shop.step(1.5)
    shop.send_sms(ref, "Your code is 01234")
    code = sms.wait_code(order, every=0.01)
    frames = [order, code, sms.ledger(), sms.get_active_activations(), sms.get_status_v2(ref)]
    frames.append(sms.rent("full", "KZ", 4))
    for frame in frames:
        shown = times(frame)
        assert len(shown.columns)
        assert all((shown[name].dt.microsecond.dropna() == 0).all() for name in shown)
    assert order.loc[0, "bought_at"] == sms.ledger().loc[0, "bought_at"]
    assert {"extra", "fetched_at"} <= order.attrs.keys()


def test_what_lasts_is_counted_before_times_are_cut(opened):
    sms = opened(sandbox=Sandbox(speed=0))
    sms.order("tg", "KZ")
    assert (pd.Timestamp.now("UTC") - sms.ledger().loc[0, "bought_at"]).total_seconds() < 60


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (pd.DataFrame({"cost": [1]}), "neither a column service nor country"),
        (pd.DataFrame([[1, 2]], columns=["country", "country"]), "two columns of one name"),
        ([2, 40], "takes a frame, not list"),
    ],
)
def test_what_has_nothing_to_name_is_refused(opened, frame, problem):
    sms = opened(sandbox=Sandbox(speed=0))
    with pytest.raises(UsageProblem, match=problem):
        sms.with_names(frame)


def test_a_named_frame_is_masked_as_before(opened):
    sms = opened(sandbox=Sandbox(speed=0))
    order = sms.order("tg", "KZ")
    sms.mask()
    assert "•••" in sms.with_names(order).loc[0, "phone_number"]


def test_look_ups_show_themselves_shortly():
    with Client(sandbox=Sandbox(speed=0)) as sms:
        sms.get_services_list()
        names = sms.names
    assert repr(names).startswith(f"<{len(names.services):,} services and ")
    assert len(repr(names)) < 100
    assert f"{len(names.services):,} in all" in repr(names.services)
    assert max(len(repr(names.services)), len(repr(names.countries))) < 120
    assert dict(names.countries)[2] == "Kazakhstan"
