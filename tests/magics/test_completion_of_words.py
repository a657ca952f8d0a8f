"""Tab in IPython before 8.6, which Colab has: words alone, which replace what was typed last."""

import pytest
from magics.typist import TELLS_MEANINGS

pytestmark = pytest.mark.skipif(TELLS_MEANINGS, reason="this IPython shows meanings too")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("%sms or", {"order"}),
        ("%sms order teleg", {"Telegram"}),
        ("n = %sms order tg --oper", {"--operator"}),
        ("%sms compare tg,whats", {"Whatsapp"}),
        ("%sms order tg 'Hong K", {"Kong'"}),
    ],
)
def test_it_offers_what_may_come_next(ip, typed, words):
    assert ip.tab(typed).keys() == words


def test_a_client_offers_its_verbs(ip):
    ip.run("from sms_notebook import Client\nsms = Client()")
    assert ip.tab("sms.wait_c").keys() == {"sms.wait_code"}
    ip.run("%unload_ext sms_notebook")
    assert "Telegram" not in ip.tab("%sms order teleg")
