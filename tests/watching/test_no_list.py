"""Watching at a provider that does not list what is active: the ledger knows it."""

import pytest

from sms_notebook import Client
from sms_notebook.sandbox import Sandbox

from .conftest import QUICK, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.mark.parametrize("dialect", ["smsbower", "sms-man", "vak-sms", "daisysms-io"])
def test_all_that_are_alive_are_those_of_the_ledger(dialect):
    shop = Sandbox(dialect=dialect, speed=0, success=0)
    with Client(sandbox=shop) as sms:
        before = str(sms.order("tg", "IS", max_price="1").loc[0, "activation_id"])
        with sms.watch(every=QUICK) as watch:
            until(lambda: list(watch.frame["activation_id"]) == [before])
            later = str(sms.order("tg", "IS", max_price="1").loc[0, "activation_id"])
            until(lambda: list(watch.frame["activation_id"]) == [before, later])
            shop.send_sms(later, "Your code is 01234")
            until(lambda: "01234" in set(watch.frame["code"].dropna()))
