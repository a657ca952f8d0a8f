"""The balance."""

from sms_notebook.sandbox.answers import Answer
from sms_notebook.sandbox.params import Params
from sms_notebook.sandbox.state import State


def get_balance(state: State, _params: Params) -> Answer:
    """Answer getBalance."""
    return Answer(f"ACCESS_BALANCE:{state.account.balance}")


def get_balance_and_cash_back(state: State, _params: Params) -> Answer:
    """Answer getBalanceAndCashBack: cashback counts once the setting to spend it is on."""
    account = state.account
    cashback = account.cashback if account.spends_cashback else 0
    return Answer(f"ACCESS_BALANCE:{account.balance + cashback}")
