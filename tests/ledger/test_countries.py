"""One order in several countries: the first that has a number, and never a second purchase."""

import asyncio
import os
import signal
import threading
import time

import pytest

from sms_notebook import (
    AsyncClient,
    BadKey,
    BudgetExceeded,
    Client,
    NoBalance,
    NoNumbers,
    PurchaseUncertain,
    RateLimited,
    ServerError,
    UsageProblem,
    WrongMaxPrice,
)
from sms_notebook.ledger import gate
from sms_notebook.sandbox import Faults, Gateway, Sandbox
from sms_notebook.sandbox.wire import Answer
from sms_notebook.transport import Sender

from .conftest import KEY, START, Shop, with_our_clock

KZ, UZ, DE = 2, 40, 43  # Telegram costs 0.86, 0.27 and 0.93 there


class Countries(Shop):
    """A shop in which a test says what an order in a country comes to.

    ``answers`` has texts that are answered without selling; what is in ``when`` is called before an
    order in a country is looked at.
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.answers: dict[int, str] = {}
        self.when: dict[int, object] = {}
        self.asked: list[int] = []

    def answer(self, params):
        if params.get("action") in ("getNumber", "getNumberV2"):
            country = int(params["country"])
            self.asked.append(country)
            if country in self.when:
                self.when[country]()
            if country in self.answers:
                return Answer(self.answers[country])
        return super().answer(params)


@pytest.fixture
def shop() -> Countries:
    return Countries()


@pytest.fixture
def sms(url):
    with Client(KEY, base_url=url) as sms:
        yield sms


def bought_in(shop) -> list[int]:
    return [int(bought.country) for bought in shop.purchases()]


@pytest.mark.parametrize(
    "countries",
    [["KZ", "Uzbekistan"], "KZ,UZ", "Kazakhstan, 40", (2, 40), iter([2, "UZ"]), [2, "KZ", 40]],
)
def test_the_first_that_has_a_number_is_taken_in_the_order_given(countries, sms, shop):
    shop.answers[KZ] = "NO_NUMBERS"
    order = sms.order("tg", countries)
    assert order.loc[0, "country"] == UZ
    assert order.loc[0, "is_new"]
    assert shop.asked == [KZ, UZ]
    assert len(shop.purchases()) == 1
    assert sms.ledger()[["country", "state"]].values.tolist() == [[2, "refused"], [40, "active"]]


def test_where_the_first_has_one_no_other_is_asked(sms, shop):
    assert sms.order("tg", ["KZ", "UZ"]).loc[0, "country"] == KZ
    assert shop.asked == [KZ]


def test_both_clients_take_several_countries(opened):
    sandbox = Sandbox(speed=0, start=START)
    sms = opened(sandbox=sandbox)
    first = sms.order("tg", ["KZ", "UZ"], max_price="0.50", key="mine")
    again = sms.order("tg", ["KZ", "UZ"], max_price="0.50", key="mine")
    assert first.loc[0, "country"] == UZ
    assert first["activation_id"].equals(again["activation_id"])
    assert not again.loc[0, "is_new"]
    assert len(sandbox.purchases()) == 1


def test_a_frame_says_in_which_countries(sms, shop):
    sms.order("tg", sms.compare("tg", ["DE", "KZ", "UZ"]))
    assert bought_in(shop) == [UZ]  # the best first


def test_too_dear_goes_on_to_the_next_country(sms, shop):
    order = sms.order("tg", ["DE", "KZ", "UZ"], max_price="0.50")
    assert order.loc[0, "country"] == UZ
    assert order.loc[0, "cost"] <= 0.5


def test_too_little_money_for_one_country_goes_on_to_a_cheaper_one():
    with Client(sandbox=Sandbox(speed=0, balance="0.50")) as sms:
        assert sms.order("tg", ["KZ", "UZ"]).loc[0, "country"] == UZ
        with pytest.raises(NoBalance, match="Kazakhstan, Uzbekistan: NO_BALANCE"):
            sms.order("tg", ["KZ", "UZ"])


def test_a_budget_counts_in_each_country_and_is_never_exceeded():
    sandbox = Sandbox(speed=0)
    with Client(sandbox=sandbox, budget="0.50") as sms:
        assert sms.order("tg", ["KZ", "UZ"]).loc[0, "country"] == UZ
        with pytest.raises(BudgetExceeded, match=r"Kazakhstan: .* Uzbekistan: ") as refused:
            sms.order("tg", ["KZ", "UZ"])
        assert float(refused.value.asked) == 0.27
        assert float(sms.budget().loc[0, "spent_today"]) == 0.27
    assert len(sandbox.purchases()) == 1


def test_where_all_refuse_one_error_says_why_of_each(sms, shop):
    shop.answers = {KZ: "NO_NUMBERS", UZ: "WRONG_MAX_PRICE:0.27", DE: "NO_NUMBERS"}
    with pytest.raises(NoNumbers) as refused:
        sms.order("tg", ["KZ", "UZ", "DE"], key="mine", max_price="0.20")
    text = str(refused.value)
    assert "nothing was bought in any of the countries" in text
    assert "Kazakhstan, Germany: NO_NUMBERS" in text
    assert "Uzbekistan: WRONG_MAX_PRICE" in text
    assert "0.27" in text
    assert "sms.compare('tg')" in text
    assert not shop.purchases()
    shop.answers.clear()
    assert sms.order("tg", ["KZ", "UZ"], key="mine").loc[0, "is_new"]


def test_where_all_refuse_for_the_price_the_least_of_all_is_told(sms):
    with pytest.raises(WrongMaxPrice) as refused:
        sms.order("tg", ["KZ", "UZ"], max_price="0.10")
    assert refused.value.minimum == 0.27


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("ERROR_SQL", PurchaseUncertain),
        ("<html>", PurchaseUncertain),
        ("BAD_KEY", BadKey),
        ("BOUGHT_PERHAPS:12345678", PurchaseUncertain),
        ("NO_NUMBERS:6:77011234567", NoNumbers),  # a refusal that names a number
    ],
)
def test_whatever_is_no_clear_refusal_of_that_country_stops_at_once(answer, error, sms, shop):
    shop.answers[KZ] = answer
    with pytest.raises(error):
        sms.order("tg", ["KZ", "UZ"])
    assert shop.asked == [KZ]
    assert not shop.purchases()


def test_too_many_requests_stop_it(sms, shop, faults):
    faults.set(["429@getNumberV2:1"])
    with pytest.raises(RateLimited):
        sms.order("tg", ["KZ", "UZ"])
    assert not shop.purchases()


@pytest.mark.usefixtures("hasty")
def test_a_lost_answer_in_the_first_country_is_looked_up_and_buys_nowhere_else(sms, shop, faults):
    faults.set(["drop-after@getNumberV2:1"])
    order = sms.order("tg", ["KZ", "UZ"], key="mine")
    assert order.loc[0, "country"] == KZ
    faults.clear()
    again = sms.order("tg", ["UZ", "KZ"], key="mine")
    assert again["activation_id"].equals(order["activation_id"])
    assert bought_in(shop) == [KZ]


@pytest.mark.usefixtures("hasty")
def test_an_answer_that_stays_lost_stops_and_the_key_buys_nowhere_until_it_is_settled(
    sms, shop, faults
):
    lost = ["drop-after@getNumberV2:1"]
    faults.set(lost)
    shop.when[KZ] = lambda: faults.set([*lost, "503-before@getActiveActivations:1"])
    with pytest.raises(PurchaseUncertain):
        sms.order("tg", ["KZ", "UZ"], key="mine")
    with pytest.raises(ServerError):  # of the list: what became of it cannot be found out
        sms.order("tg", ["KZ", "UZ"], key="mine")
    assert shop.asked == [KZ]
    faults.clear()
    found = sms.order("tg", ["KZ", "UZ"], key="mine")
    assert found.loc[0, "country"] == KZ
    assert bought_in(shop) == [KZ]


@pytest.mark.usefixtures("hasty")
def test_an_order_that_was_never_made_is_made_where_there_is_one(sms, shop, faults):
    faults.set(["drop-before@getNumberV2:1"])
    with pytest.raises(PurchaseUncertain):
        sms.order("tg", ["KZ", "UZ"], key="mine")
    faults.clear()
    shop.answers[KZ] = "NO_NUMBERS"
    assert sms.order("tg", ["KZ", "UZ"], key="mine").loc[0, "country"] == UZ
    assert bought_in(shop) == [UZ]


def test_a_key_is_the_same_purchase_in_whichever_country_it_was(sms, shop):
    shop.answers[KZ] = "NO_NUMBERS"
    first = sms.order("tg", ["KZ", "UZ"], key="mine")
    shop.answers.clear()
    for countries in (["KZ", "UZ"], "UZ", ["DE", 40]):
        again = sms.order("tg", countries, key="mine")
        assert again["activation_id"].equals(first["activation_id"])
        assert not again.loc[0, "is_new"]
    with pytest.raises(UsageProblem, match="tg in country 40 already, not of tg in country 2 or"):
        sms.order("tg", ["KZ", "DE"], key="mine")
    assert bought_in(shop) == [UZ]


@pytest.mark.parametrize(
    ("countries", "words"),
    [
        ([], "country is an empty list"),
        (["KZ", "Atlantis"], "unknown country 'Atlantis'"),
        (["KZ", None], "country is missing"),
        ("KZ,,UZ", "country is empty"),
        ({"KZ": 1}, "country takes one or a list"),
        ({"KZ", "UZ"}, "a set has no order"),
        ([["KZ"]], "country takes one value"),
        (2.5, "country takes a whole number"),
        (b"KZ", "country takes text, not bytes. Decode it first"),
        (bytearray(b"KZ"), "country takes text, not bytearray"),
    ],
)
def test_a_wrong_list_of_countries_buys_nothing(countries, words, sms, shop):
    with pytest.raises(UsageProblem, match=words):
        sms.order("tg", countries)
    assert not shop.asked


def test_a_block_takes_several_countries(sms, shop):
    shop.answers[KZ] = "NO_NUMBERS"
    with sms.activation("tg", ["KZ", "UZ"]) as number:
        shop.send_sms(number.activation_id, "Your code is 01234")
        assert number.wait_code(timeout=20).loc[0, "code"] == "01234"
    assert bought_in(shop) == [UZ]


@pytest.mark.parametrize("refusing", [[], [KZ], [KZ, UZ]])
def test_kernels_that_race_with_one_key_buy_once(refusing, url, shop):
    """Each goes its own way through the countries; what one has bought the others get."""
    shop.answers = dict.fromkeys(refusing, "NO_NUMBERS")
    shop.when = dict.fromkeys((KZ, UZ, DE), lambda: time.sleep(0.03))
    results, start = [], threading.Barrier(4)

    def one(countries):
        with Client(KEY, base_url=url) as sms:
            start.wait()
            results.append(sms.order("tg", countries, key="mine").loc[0, "activation_id"])

    ways = [["KZ", "UZ", "DE"], ["UZ", "KZ", "DE"], ["KZ", "UZ", "DE"], ["DE", "UZ", "KZ"]]
    threads = [threading.Thread(target=one, args=[way]) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert set(results) == {bought.id for bought in shop.purchases()}
    assert len(shop.purchases()) == 1


def test_tasks_that_race_with_one_key_buy_once(url, shop):
    shop.answers = {KZ: "NO_NUMBERS"}

    async def race():
        async with AsyncClient(KEY, base_url=url) as sms:
            ways = [["KZ", "UZ"], ["UZ", "KZ"], ["KZ", "UZ"]]
            return await asyncio.gather(*(sms.order("tg", way, key="mine") for way in ways))

    frames = asyncio.run(race())
    assert {frame.loc[0, "activation_id"] for frame in frames} == {shop.purchases()[0].id}
    assert len(shop.purchases()) == 1


@pytest.mark.usefixtures("hasty")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # newer Pythons warn of forks
@pytest.mark.parametrize("step", ["before it is sent", "while it is sent", "after the refusal"])
def test_a_process_that_dies_between_countries_leaves_nothing_to_buy_twice(
    step, url, shop, monkeypatch
):
    monkeypatch.setattr("sms_notebook.providers.settings.PROVIDERS", with_our_clock(url))
    shop.answers[KZ] = "NO_NUMBERS"
    child = os.fork()
    if not child:
        try:
            _die(step)
            Client(KEY, base_url=url, timeout=1).order("tg", ["KZ", "UZ"], key="mine")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    before = shop.purchases()
    with Client(KEY, base_url=url, timeout=1) as sms:
        order = sms.order("tg", ["KZ", "UZ"], key="mine")
        assert order.loc[0, "country"] == UZ
        assert [order.loc[0, "activation_id"]] == [bought.id for bought in shop.purchases()]
        assert len(before) <= len(shop.purchases()) == 1


def _die(step: str) -> None:
    """Die in the second country, or between the two."""
    seen = []

    def dying(method, *, before):
        def call(*args, **kwargs):
            seen.append(1)
            if len(seen) == 2 and before:
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*args, **kwargs)
            if len(seen) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    if step == "before it is sent":
        gate.reserve = dying(gate.reserve, before=False)
    elif step == "after the refusal":
        gate.reserve = dying(gate.reserve, before=True)
    else:
        sent = Sender.send

        def send(self, request):
            result = sent(self, request)
            if request.on_fresh_connection and request.params.get("country") == "40":
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        Sender.send = send


def test_each_country_is_asked_with_an_order_id_of_its_own(url, shop):
    """A provider that fills an order id once would else answer for the other country."""
    ids = []
    answer = shop.answer
    shop.answer = lambda params: ids.append(params.get("orderId")) or answer(params)
    shop.answers[KZ] = "NO_NUMBERS"
    with Client(KEY, base_url=url) as sms:
        sms.order("tg", ["KZ", "UZ"], key="mine")
    sent = [order_id for order_id in ids if order_id]
    assert len(sent) == len(set(sent)) == 2


def test_without_a_network_nothing_is_said_to_be_bought(sms, faults, shop):
    faults.set(["drop-before@getNumberV2:1"])
    with pytest.raises(PurchaseUncertain):
        sms.order("tg", ["KZ", "UZ"])
    assert not shop.purchases()


def test_an_ignored_parameter_is_named_once(shop):
    gateway = Gateway(Sandbox(speed=0, dialect="smsbower"), Faults())
    with Client(sandbox=gateway) as sms, pytest.warns(UserWarning, match="operator") as said:
        sms.order("tg", ["KZ", "UZ"], operator="beeline", max_price="0.50")
    assert len(said) == 1
