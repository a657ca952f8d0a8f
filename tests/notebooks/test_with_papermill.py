"""Papermill runs notebooks with other parameters."""

import re
import warnings

import pytest

from .conftest import FOLDER, Page

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import papermill


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("SMS_PROVIDER", "sandbox")

    def with_parameters(name: str, **parameters: str) -> Page:
        (path,) = FOLDER.glob(f"{name}_*.ipynb")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            executed = papermill.execute_notebook(
                path, tmp_path / path.name, parameters, progress_bar=False, cwd=FOLDER
            )
        injected = [cell for cell in executed.cells if "injected-parameters" in cell.metadata.tags]
        assert len(injected) == 1
        return Page(executed)

    return with_parameters


def test_another_market_is_explored(run):
    market = run("02", service="WhatsApp", country="Colombia")
    assert "Cheapest countries for Whatsapp" in market.after("charts.prices_by_country")
    assert "FreePrice for Whatsapp in Colombia" in market.after("charts.free_price_ladder")
    assert re.search(
        r'%sms order wa "Colombia" --operator \w+', market.after("words = [f'%sms order")
    )


def test_another_number_is_ordered(run):
    order = run("03", service="WhatsApp", country="Colombia", run="papermill")
    number, code = order.find(r"(\d{10}) +(\d+) +sms", "code = sms.wait_code(number)")
    phone = order.find(rf"{number} +(57\d{{10}})", "number = sms.order(")[0]
    ledger = order.after("ledger = sms.ledger()")
    assert re.search(rf"{number} +{phone} +[\d.]+ +0\.00? +finished +\[{code}, \d+\]", ledger)
    names = re.findall(r": (\w+)\n", order.after("mistakes = {"))
    assert names[:3] == ["UsageProblem", "WrongMaxPrice", "BudgetExceeded"]
