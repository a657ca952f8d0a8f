"""Makes orders in processes that die in the middle: ``dying.py URL LEDGER KEY COUNT STEP …``.

Each order is made by a child of its own, which kills itself (SIGKILL) at one step. The children are
forked from a process that has everything loaded, so that hundreds of them are quick.
"""

import os
import signal
import sys
import threading
from itertools import product

from sms_notebook import Client, SmsError
from sms_notebook.ledger import dispatch, frame_schemas, fulfillment, gate, outcomes, reconciliation
from sms_notebook.providers import settings
from sms_notebook.providers.row import WHOLE, Provider
from sms_notebook.transport import Sender

LOADED = (frame_schemas, fulfillment, gate, outcomes, reconciliation)


def die(*_args: object, **_kwargs: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(thing: object, name: str, *, of_purchase: bool = False) -> None:
    """Die when a method has returned; if so wanted, only when a purchase was sent."""
    method = getattr(thing, name)

    def dying(*args: object, **kwargs: object) -> object:
        result = method(*args, **kwargs)
        if not of_purchase or args[1].on_fresh_connection:
            die()
        return result

    setattr(thing, name, dying)


def arm(step: str) -> None:
    """Arrange the death."""
    if step == "after the intent":
        after(gate, "reserve")
    elif step == "before the reply":
        threading.Timer(0.15, die).start()  # the shop is slow then
    elif step == "after the reply":
        after(Sender, "send", of_purchase=True)
    elif step == "in the outcome":
        outcomes._values = die
    elif step == "after the outcome":
        after(dispatch, "save_purchase")


def buy(url: str, place: str, key: str, step: str, number: int) -> None:
    sms = Client(key, base_url=url, ledger=place)
    arm(step)
    name = f"{step} {number}" if number % 2 else None
    try:
        if number % 5 == 4 and step != "after the reply":
            sms.rent("full", 2, 4, key=name)
        else:
            sms.order(("tg", "wa", "ig")[number % 3], (2, 6)[number % 2], key=name)
    except SmsError as error:
        print(step, number, error, file=sys.stderr)


def main(url: str, place: str, key: str, count: str, *steps: str) -> None:
    shop = Provider("shop", "Shop", url, order_id=True, listing=WHOLE)
    settings.PROVIDERS = {**settings.PROVIDERS, shop.name: shop}  # its clock runs as ours
    for step, number in product(steps, range(int(count))):
        child = os.fork()
        if not child:
            buy(url, place, key, step, number)
            os._exit(0)
        os.waitpid(child, 0)


main(*sys.argv[1:])
