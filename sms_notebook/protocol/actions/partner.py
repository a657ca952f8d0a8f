"""The partner's shop: software sold through the API."""

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import Identifier
from sms_notebook.protocol.calls import Buys, Caller, Frame, Params, action
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers import rent as read


class Partner(Caller[Frame]):
    """Actions of the partner's shop."""

    @action("buyPartnerProduct", tables.PARTNER_PRODUCT, read.partner_product, buys=Buys.PRODUCT)
    def buy_partner_product(self, product_id: Identifier) -> Params:
        """Buy partner software. This spends money.

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
        PurchaseUncertain
            If the outcome is open: it was sent once, and the product may have been bought.

        Examples
        --------
        >>> sms.buy_partner_product(1).columns.tolist()
        ['product_id', 'key', 'manual']
        """
        return {"productId": arg.required("product_id", arg.identifier("product_id", product_id))}
