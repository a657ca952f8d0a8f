"""Recordings of a provider where rents are activations, and actions take several requests."""

import pytest

from sms_notebook import Client, UsageProblem
from sms_notebook.sandbox import Sandbox

CODE = "918273"


def use(sms, sandbox=None):
    """Rent, read, extend and end; return what each gave."""
    ref = sms.rent("full", "Indonesia", 24, key="line").loc[0, "rent_id"]
    if sandbox is not None:
        sandbox.send_sms(ref, f"Your code is {CODE}", CODE)
    frames = [
        sms.get_rent_status(ref),
        sms.continue_rent_info(ref, 24, need_history=True),
        sms.extend(ref, 24),
        sms.get_rent_list(),
    ]
    number = sms.order("tg", "Indonesia").loc[0, "activation_id"]
    if sandbox is not None:
        sandbox.send_sms(number, f"Your code is {CODE}", CODE)
    return [
        *frames,
        sms.get_all_sms(number),
        sms.get_price_tiers("tg", 6),
        sms.set_rent_status(ref, 1),
    ]


@pytest.fixture
def hero():
    return Sandbox(dialect="herosms", speed=0, success=0.0, balance="1000")


def test_rents_that_are_activations_play_as_they_were_recorded(hero, tmp_path):
    path = tmp_path / "rents.jsonl"
    with Client(sandbox=hero, record=path) as sms:
        recorded = use(sms, hero)
    with Client(replay=path) as sms:
        played = use(sms)
    for before, after in zip(recorded, played, strict=True):
        assert after.equals(before), (before, after)


def test_a_masked_recording_has_no_number_and_no_code_of_them(hero, tmp_path):
    path = tmp_path / "masked.jsonl"
    with Client(sandbox=hero, record=path, record_masked=True) as sms:
        use(sms, hero)
        numbers = sms.ledger()["phone_number"].dropna().tolist()
        senders = sms.get_rent_status(sms.ledger().loc[0, "rent_id"])["phone_from"].tolist()
    text = path.read_text(encoding="utf-8")
    assert not [secret for secret in (CODE, *numbers, *senders) if secret in text]
    with Client(replay=path) as sms:
        assert len(use(sms)[0]) == 1


def test_a_file_that_names_unknown_steps_is_damaged(hero, tmp_path):
    path = tmp_path / "rents.jsonl"
    with Client(sandbox=hero, record=path) as sms:
        sms.get_balance()
    text = path.read_text(encoding="utf-8").replace('"rent_messages"', '"system"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageProblem, match="is damaged"):
        Client(replay=path)
