from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sms_notebook.sandbox.provider import Sandbox

numbers = st.tuples(
    st.sampled_from(["getNumber", "getNumberV2"]),
    st.sampled_from(["tg", "wa", "vk", "aaa", "nonsense"]),
    st.sampled_from(["2", "6", "187", "999"]),
    st.sampled_from(["", "0.05", "3"]),
    st.sampled_from(["", "true"]),
)
steps = st.one_of(
    numbers,
    st.tuples(st.just("getMultiServiceNumber"), st.sampled_from(["tg,wa", "vk,go,fb"])),
    st.tuples(st.just("getRentNumber"), st.sampled_from(["full", "tg"]), st.integers(1, 30)),
    st.tuples(st.just("setStatus"), st.integers(0, 20), st.sampled_from("1368")),
    st.tuples(st.just("getExtraActivation"), st.integers(0, 20)),
    st.tuples(st.just("setRentStatus"), st.integers(0, 20), st.sampled_from("12")),
    st.tuples(st.just("continueRentNumber"), st.integers(0, 20), st.integers(1, 50)),
    st.tuples(st.just("revoke"), st.integers(0, 20)),
    st.tuples(st.just("buyPartnerProduct"), st.integers(0, 6)),
    st.tuples(st.just("step"), st.sampled_from([1, 30, 121, 1201, 90_000])),
)


def play(sandbox, step):
    action, *rest = step
    bought = [p.id for p in sandbox.purchases() if p.action != "buyPartnerProduct"]
    one = bought[rest[0] % len(bought)] if bought and isinstance(rest[0], int) else "1"
    match action:
        case "step":
            sandbox.step(rest[0])
            return
        case "revoke":
            with suppress(LookupError, ValueError):
                sandbox.revoke(one)
            return
        case "getNumber" | "getNumberV2":
            names = ("service", "country", "maxPrice", "useCashBack")
            params = dict(zip(names, rest, strict=True))
        case "getMultiServiceNumber":
            params = {"multiService": rest[0], "country": "2"}
        case "getRentNumber":
            params = {"service": rest[0], "rent_time": str(rest[1])}
        case "setStatus" | "setRentStatus":
            params = {"id": one, "status": rest[1]}
        case "getExtraActivation":
            params = {"activationId": one}
        case "continueRentNumber":
            params = {"id": one, "rent_time": str(rest[1])}
        case _:
            params = {"productId": str(rest[0])}
    sandbox.answer({"action": action, **params})


def assert_adds_up(sandbox, begin):
    account, purchases = sandbox.account, sandbox.purchases()
    spent = sum((p.cost - p.refunded for p in purchases), Decimal(0))
    # Cashback that was earned is money nobody paid in; it is what is more than began.
    earned = account.balance + account.cashback + spent - begin
    assert earned >= 0
    assert earned <= sum((p.cost for p in purchases if not p.refunded), Decimal(0)) / 10
    assert all(p.refunded in (0, p.cost) for p in purchases)
    assert account.balance >= 0
    assert account.cashback >= 0
    assert account.balance == account.balance.quantize(Decimal("0.01"))


@given(st.lists(steps, max_size=25), st.sampled_from(["0", "1.00"]))
def test_start_equals_balance_plus_net_spending(played, cashback):
    sandbox = Sandbox(
        seed=3,
        speed=0,
        start=datetime(2026, 3, 1, tzinfo=UTC),
        balance="20.00",
        cashback=cashback,
        success=0.5,
    )
    begin = Decimal("20.00") + Decimal(cashback)
    for step in played:
        play(sandbox, step)
        assert_adds_up(sandbox, begin)
    # Whatever is still open ends: every penny is either kept for a code or given back.
    sandbox.step(100 * 24 * 3600)
    assert_adds_up(sandbox, begin)
    assert sandbox.answer({"action": "getActiveActivations"}).text == "NO_ACTIVATIONS"


def test_without_cashback_earned_the_sum_is_exact():
    sandbox = Sandbox(speed=0, start=datetime(2026, 3, 1, tzinfo=UTC), success=0.0)
    for country in ("2", "6", "187", "16"):
        sandbox.answer({"action": "getNumber", "service": "tg", "country": country})
    spent = sum(p.cost for p in sandbox.purchases())
    assert sandbox.account.balance + spent == 50
    sandbox.step(1200)
    assert sandbox.account.balance == 50
