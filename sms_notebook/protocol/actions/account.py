"""The account: how much money is in it."""

from sms_notebook.protocol.calls import Caller, Frame, Params, action
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers import market as read


class Account(Caller[Frame]):
    """Actions on the account."""

    @action("getBalance", tables.BALANCE, read.balance, answers=("ACCESS_BALANCE",))
    def get_balance(self) -> Params:
        """Money in the account.

        Raises
        ------
        BadKey, ServerError

        Examples
        --------
        >>> sms.get_balance()
           balance
        0     50.0
        """
        return {}

    @action("getBalanceAndCashBack", tables.BALANCE, read.balance, answers=("ACCESS_BALANCE",))
    def get_balance_and_cash_back(self) -> Params:
        """Money in the account together with the cashback.

        The cashback counts only if "Spend cashback on activation" is ticked in the provider's
        settings.

        Raises
        ------
        BadKey, ServerError

        Examples
        --------
        >>> float(sms.get_balance_and_cash_back().loc[0, "balance"])
        50.0
        """
        return {}
