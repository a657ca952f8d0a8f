"""The account: how much money is in it, and the partner's shop that takes some of it."""

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import Identifier
from sms_notebook.protocol.calls import Caller, Frame, Params, PurchaseKind, action
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers import market as read
from sms_notebook.protocol.readers.rent import partner_product


class Partner(Caller[Frame]):
    """Actions of the partner's shop."""

    @action(
        "buyPartnerProduct",
        tables.PARTNER_PRODUCT,
        partner_product,
        section="Buy partner software",
        buys=PurchaseKind.PRODUCT,
    )
    def buy_partner_product(self, product_id: Identifier) -> Params:
        """Buy partner software. This spends money.

        Its price is nowhere in the API: `ledger` and `budget` show its cost as unknown, unless a
        provider's reply names it, and a client with a budget refuses to buy it.

        Parameters
        ----------
        product_id : str or int
            The product.

        Raises
        ------
        BadValue
            If there is no such product (``BAD_DATA``).
        BadAction
            If the reseller is not verified.
        UsageProblem
            If the client has a budget. Nothing was sent.
        PurchaseUncertain
            If the outcome is open: it was sent once, and the product may have been bought.

        Examples
        --------
        >>> sms.buy_partner_product(1).columns.tolist()
        ['key', 'manual', 'product_id']
        """
        return {"productId": arg.required("product_id", arg.identifier("product_id", product_id))}


class Account(Caller[Frame]):
    """Actions on the account."""

    @action(
        "getBalance",
        tables.BALANCE,
        read.balance,
        section="Balance inquiry",
        answers=("ACCESS_BALANCE", *"-0123456789"),
    )
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

    @action(
        "getBalanceAndCashBack",
        tables.BALANCE,
        read.balance,
        section="Balance inquiry",
        answers=("ACCESS_BALANCE", *"-0123456789"),
    )
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
