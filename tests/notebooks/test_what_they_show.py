"""What each notebook shows hangs together: codes, costs, counts.

These read the committed outputs; `test_all_notebooks` proves that a run gives the same.
"""

import re
from math import sqrt

import pandas as pd

Row = dict[str, str]


def rows(html: str) -> list[Row]:
    """Read the table of a frame."""
    heads = re.findall(r"<th>(.*?)</th>", re.search(r"<thead>(.*?)</thead>", html, re.DOTALL)[1])
    body = re.search(r"<tbody>(.*?)</tbody>", html, re.DOTALL)[1]
    lines = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [
        dict(zip(heads, re.findall(r"<t[hd]>(.*?)</t[hd]>", one, re.DOTALL), strict=False))
        for one in lines
    ]


def test_the_market_is_explored_from_prices_to_a_choice(page):
    market = page("02")
    count, least = market.find(r"count +([\d.]+)\nmin +([\d.]+)", 'offers["cost"].describe()')
    assert float(count) > 100
    good = rows(market.html_after("%sms compare"))
    assert len(good) == 8
    costs = [float(row["price"]) / float(row["success"]) for row in good]
    assert costs == sorted(costs)
    assert all(int(row["stock"]) >= 1000 and float(row["success"]) >= 70 for row in good)
    assert all(float(row["price"]) >= float(least) for row in good)
    for chart in ("prices_by_country", "price_and_stock", "free_price_ladder"):
        assert re.match(r"<chart: .+, \d+ rows>", market.after(f"charts.{chart}"))


def test_the_price_that_reaches_nine_of_ten_is_one_of_the_tiers(page):
    market = page("02")
    tiers = rows(market.html_after("tiers = sms.get_price_tiers"))
    stock = {float(row["price"]): int(row["count"]) for row in tiers}
    price, share = market.find(r"max_price=([\d.]+) reaches (\d+)%", "max_price = steps.loc")
    below = sum(count for tier, count in stock.items() if tier <= float(price))
    assert round(100 * below / sum(stock.values())) == int(share) >= 90
    cheaper = sum(count for tier, count in stock.items() if tier < float(price))
    assert cheaper / sum(stock.values()) < 0.9
    (operator,) = market.find(r"--operator (\w+)", "words = [f'%sms order")
    assert f"--max-price {price}" in market.after("words = [f'%sms order")
    assert operator in market.after("stock[operator] =")


def test_the_codes_that_were_waited_for_are_those_of_the_ledger(page):
    order = page("03")
    (first,) = order.find(r"\d{10} +(\d+) +sms", "code = sms.wait_code(number)")
    assert first in order.after("%sms code $number --text")
    codes = order.find(r"(\d+) then (\d+)", "second = sms.wait_code")
    assert codes[0] == first != codes[1]
    (spoken,) = order.find(r"^(\d+)\n", "activation_type=")
    assert " ".join(spoken) in order.after("activation_type=")
    ledger = rows(order.html_after("ledger = sms.ledger()"))
    assert ledger[0]["codes"] == f"[{', '.join(codes)}]"
    assert ledger[1]["codes"] == f"[{spoken}]"
    assert [row["state"] for row in ledger] == ["finished", "active", "cancelled", "refused"]
    bought = rows(order.html_after("number = sms.order("))[0]
    assert {name: ledger[0][name] for name in ("activation_id", "phone_number", "cost")} == {
        name: bought[name] for name in ("activation_id", "phone_number", "cost")
    }


def test_a_number_is_given_back_only_when_that_is_allowed_and_with_its_money(page):
    order = page("03")
    early = order.after("sms.set_status(unwanted, 8)")
    assert early.startswith("EarlyCancelDenied: ")
    assert "in 120 seconds" in early
    assert "ACCESS_CANCEL" in order.after("sms.cancel(unwanted, when_allowed=True)")
    back, paid = order.find(r"([\d.]+) came back, ([\d.]+) were paid", "came back")
    given_back = rows(order.html_after("ledger = sms.ledger()"))[2]
    assert back == paid == f"{float(given_back['refunded']):.2f}"
    assert given_back["state"] == "cancelled"
    (second,) = order.find(r"then (\d+)", "second = sms.wait_code")
    kept = rows(order.html_after("%sms cancel $number"))[0]
    assert (kept["status"], kept["code"]) == ("STATUS_OK", second)


def test_each_mistake_is_told_by_its_own_class(page):
    told = page("03").after("mistakes = {")
    names = re.findall(r": (\w+)\n", told)
    assert names == ["UsageProblem", "WrongMaxPrice", "BudgetExceeded", "ActivationOver"]
    assert "Did you mean Telegram" in told
    assert "went well here" not in told
    assert page("03").after("len(sms.reconcile())") == "0"


def test_an_extended_rent_ends_a_day_later_for_the_price_that_was_told(page):
    rent = page("04")
    first = rows(rent.html_after('line = sms.rent("full", country, 24'))[0]
    longer = rows(rent.html_after("longer = sms.extend"))[0]
    told = rows(rent.html_after("sms.continue_rent_info(line, 24)"))[0]
    day = pd.Timestamp(longer["end_date"]) - pd.Timestamp(first["end_date"])
    assert day == pd.Timedelta(days=1)
    assert longer["phone_number"] == first["phone_number"]
    assert longer["cost"] == told["price"]
    message = rent.after("message = next(watch)").strip().partition(": ")[2]
    assert rows(rent.html_after("sms.get_rent_status(line)"))[0]["text"] == message
    assert "1296 hours at most" in rent.after("sms.continue_rent_info(line, 1344)")
    hours = re.findall(r"([\d.]+) an hour", rent.after("for hours in"))
    assert [float(one) for one in hours] == sorted(map(float, hours), reverse=True)
    ledger = rows(rent.html_after("sms.set_rent_status(line, 1)"))
    assert [row["state"] for row in ledger] == ["finished", "finished", "cancelled"]
    assert ledger[2]["refunded"] == ledger[2]["cost"]
    assert [first["cost"], longer["cost"]] == [row["cost"] for row in ledger[:2]]


def test_a_code_comes_by_webhook_without_anybody_asking(page):
    webhooks = page("05")
    code, seconds = webhooks.find(r"(\d+) came after ([\d.]+) seconds, unasked", "time.sleep")
    assert 1 <= float(seconds) <= 4
    waited = rows(webhooks.html_after("code = sms.wait_code"))[0]
    assert waited["code"] == code
    received = pd.Timestamp(waited["received_at"]) - pd.Timestamp("2026-01-01", tz="UTC")
    assert received.total_seconds() == float(seconds)
    assert webhooks.after("stranger = {") == "404"
    assert webhooks.after("sms.webhooks.counts") == "{'stored': 1, 'path': 1}"
    assert "http://" not in str(webhooks.notebook.cells[3].get("outputs"))


def test_counts_costs_and_shares_add_up(page):
    spending = page("06")
    n, codes, paid = spending.find(r"(\d+) numbers, (\d+) codes, ([\d.]+) paid", "numbers, {")
    shares = rows(spending.html_after('shares("eng")'))
    costs = rows(spending.html_after('table("eng", cost)'))
    times = rows(spending.html_after('table("eng", seconds)'))
    for table in (shares, costs, times):
        named = [row for row in table if row.get("n")]
        assert sum(int(row["n"]) for row in named) == int(n)
        assert sum(int(row["codes"]) for row in named) == int(codes)
    spent = sum(int(row["codes"]) * float(row["each"]) for row in costs if row.get("n"))
    assert abs(spent - float(paid)) < 0.01 * int(codes)
    assert spending.after("past = sms.get_history") == (
        f"{paid} by the history, {paid} by the ledger\n"
    )
    assert re.match(r"<chart: Spending, \d+ rows>", spending.after("charts.spending"))
    assert "by country" in spending.after("charts.time_to_code")


def test_the_ranges_are_those_of_wilson_and_hold_the_mean(page):
    spending = page("06")
    for row in rows(spending.html_after('shares("eng")')):
        if not row.get("n"):
            continue
        n, share = int(row["n"]), int(row["codes"]) / int(row["n"])
        z = 1.96
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        assert float(row["low"]) == round(middle - half, 2)
        assert float(row["high"]) == round(middle + half, 2)
    for row in rows(spending.html_after('table("operator", seconds)')):
        if row.get("n") and int(row["codes"]) >= 5:
            assert float(row["low"]) < float(row["each"]) < float(row["high"])
        elif row.get("n"):
            assert row["low"] == row["high"] == "NaN"


def test_the_snapshots_of_panels_name_the_numbers_and_their_codes(page):
    panels = page("07")
    alive = re.findall(r"^(\d+) STATUS_OK (\d+)$", panels.after("first = sms.order"), re.MULTILINE)
    snapshot = panels.after("WatchPanel(sms)")
    assert len(alive) == 2
    for number, code in alive:
        lines = [line.replace(" ", "") for line in snapshot.splitlines()]
        (line,) = [line for line in lines if line.startswith(f"+{number}|")]
        assert line.endswith(f"|active|{code}")
    assert panels.after("OrderPanel(sms)") == "Order a number: nothing as of 2026-01-01 00:00 UTC"
    (line,) = panels.find(r"(\+48[\d ]+) \| Full rent", "RentPanel(sms)")
    told = panels.after("Dashboard(sms)")
    assert line in told
    assert snapshot.splitlines()[2] in told
    assert told.splitlines()[2].split(" | ")[0] in panels.html_after("Dashboard(sms)")


def test_async_orders_at_once_and_a_script_does_the_same(page):
    several = page("08")
    codes = re.findall(r"'(\d{5})'", several.after("codes = await asyncio.gather"))
    assert len(set(codes)) == 3
    second = re.findall(r"'(\d{5})'", several.after("async for event"))
    assert len(second) == 3
    assert not set(second) & set(codes)
    assert re.fullmatch(r"\d{9,15} \d{5}\n", several.after("asyncio.run(main())\n'''"))
    assert "cannot be called from a running event loop" in several.after("coroutine.close()")
    (price,) = several.find(r"([\d.]+)$", "coroutine.close()")
    last = [cell for cell in several.notebook.cells if cell.source == "asyncio.run(main())"]
    assert last[0].outputs[0].data["text/plain"] == price
