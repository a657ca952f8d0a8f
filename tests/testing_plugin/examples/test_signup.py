from signup import code_for


def test_the_code_is_returned_and_the_number_confirmed(sms, sms_sandbox):
    sms_sandbox.reply("Your code is 01234")
    assert code_for("tg", ["Kazakhstan"], sms) == "01234"
    assert sms.ledger().loc[0, "state"] == "finished"


def test_code_that_makes_its_own_client_gets_the_same_sandbox(sms_sandbox):
    sms_sandbox.reply("Your code is 01234")
    assert code_for("tg", ["Kazakhstan"]) == "01234"
    assert [purchase.country for purchase in sms_sandbox.purchases()] == [2]


def test_a_message_comes_when_the_test_says_so(sms, sms_sandbox):
    number = sms.order("tg", "Kazakhstan").loc[0, "activation_id"]
    assert sms.get_status(number).loc[0, "status"] == "STATUS_WAIT_CODE"
    sms_sandbox.send_sms(number, "Your code is 01234")
    assert sms.get_status(number).loc[0, "code"] == "01234"


def test_time_passes_when_the_test_says_so(sms, sms_sandbox):
    number = sms.order("tg", "Kazakhstan").loc[0, "activation_id"]
    sms_sandbox.step(120)  # seconds; a number cannot be cancelled before
    sms.cancel(number)
    (purchase,) = sms_sandbox.purchases()
    assert purchase.refunded == purchase.cost
