"""Orders in processes that end at some moment: ``storming.py URL LEDGER KEY SIGNAL COUNT SEED``.

Three at a time are forked from a process that has everything loaded. Each gets a signal within half
a second from when it writes its order down: before it is sent, meanwhile, or after the answer.
"""

import os
import random
import signal
import sys
import threading
import time

from sms_notebook import Client, SmsError
from sms_notebook.ledger import frame_schemas, fulfillment, gate, reconciliation
from sms_notebook.providers import settings
from sms_notebook.providers.row import WHOLE, Provider

AT_ONCE, WITHIN = 3, 0.5
LOADED = (frame_schemas, fulfillment, gate, reconciliation)
if "postgresql" in sys.argv[2]:
    from sms_notebook.ledger import server_database

    LOADED += (server_database,)


def order(sms: Client, name: str, number: int, seconds: float) -> None:
    ends = threading.Timer(seconds, os.kill, (os.getpid(), number))
    reserve = gate.reserve

    def begin(*args: object, **options: object) -> object:
        ends.start()
        return reserve(*args, **options)

    gate.reserve = begin
    try:
        sms.order("tg", 2, key=name)
    except SmsError as error:
        print(name, error, file=sys.stderr)
    while ends.is_alive():  # not signal.pause(): a signal that came just before it wakes nobody
        time.sleep(0.01)


def main(url: str, place: str, key: str, *storm: str) -> None:
    how, count, seed = storm
    shop = Provider("shop", "Shop", url, order_id=True, listing=WHOLE)
    settings.PROVIDERS = {**settings.PROVIDERS, shop.name: shop}  # its clock runs as ours
    draw, left = random.Random(seed), list(range(int(count)))
    while left:
        batch, left = left[:AT_ONCE], left[AT_ONCE:]
        moments = [(name, WITHIN * draw.random()) for name in batch]
        children = []
        for name, seconds in moments:
            child = os.fork()
            if not child:
                try:
                    sms = Client(key, base_url=url, ledger=place, retries=0)
                    order(sms, str(name), getattr(signal, how), seconds)
                finally:
                    os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)


main(*sys.argv[1:])
