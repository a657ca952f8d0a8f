"""The account: what there is to spend, what was spent, and what waits to be settled."""

from panels.conftest import until

from sms_notebook import Dashboard


def account(panel):
    return panel.widget.account


def test_many_wishes_to_know_the_balance_are_one_question(sms):
    panel = Dashboard(sms)
    asked = []
    ask = sms.get_balance
    sms.get_balance = lambda: asked.append(1) or ask()
    try:
        until(lambda: account(panel).get("balance") == 50.0)
        before = len(asked)
        sms.order("tg", "KZ")
        for _ in range(30):
            panel.money_moved()
        until(lambda: account(panel)["balance"] == 49.14)
        assert len(asked) - before <= 2
    finally:
        panel.close()
