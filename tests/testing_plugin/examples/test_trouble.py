import pytest
from signup import code_for

from sms_notebook import NoBalance


def test_where_there_is_no_number_the_next_country_is_asked(sms, sms_sandbox):
    sms_sandbox.faults.set(["NO_NUMBERS@getNumberV2:1"])
    assert code_for("tg", ["Kazakhstan", "Indonesia"], sms) is None
    assert sms_sandbox.faults.fired() == {"NO_NUMBERS@getNumberV2": 2}


def test_a_reply_that_is_lost_does_not_buy_twice(sms, sms_sandbox):
    sms_sandbox.reply("Your code is 01234")
    sms_sandbox.faults.set(["drop-after@getNumberV2:1"])
    assert code_for("tg", ["Kazakhstan"], sms) == "01234"
    assert len(sms_sandbox.purchases()) == 1


@pytest.mark.sms_sandbox(balance="0.10")
def test_without_money_it_says_so(sms):
    with pytest.raises(NoBalance):
        code_for("tg", ["Kazakhstan"], sms)
