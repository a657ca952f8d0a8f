"""Partner software."""

import string

from sms_notebook.sandbox.answers import Answer, dollars, in_json, refused
from sms_notebook.sandbox.books import Purchase
from sms_notebook.sandbox.buying import pay
from sms_notebook.sandbox.dice import random_for
from sms_notebook.sandbox.params import Params, integer
from sms_notebook.sandbox.state import State

PRODUCTS = {1: 490, 2: 990, 3: 1500, 4: 2500, 5: 150}
"""Id and price in cents."""

_KEY_LENGTH = 25


def buy_partner_product(state: State, params: Params) -> Answer:
    """Answer buyPartnerProduct."""
    if state.account.state == "unverified":
        raise refused("BAD_ACTION")
    product = integer(params, "productId")
    if product not in PRODUCTS:
        raise refused("BAD_DATA")
    purchase = Purchase(
        id=str(product),
        action="buyPartnerProduct",
        order_id=None,
        service="",
        country=None,
        phone_number="",
        cost=dollars(PRODUCTS[product]),
        at=state.now,
    )
    entry = pay(state, purchase, refused("NO_BALANCE"))
    chance = random_for(state.seed, f"key:{product}:{entry}")
    return in_json(
        {
            "status": "success",
            "key": "".join(chance.choices(string.ascii_letters + string.digits, k=_KEY_LENGTH)),
            "manual": f"Software download link: https://sandbox.example/software/{product}",
        }
    )
