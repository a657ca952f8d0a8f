"""Names in place of ids and codes: what is found, what is refused, and what it costs."""

import json

import pandas as pd
import pytest

from sms_notebook import ApiError, BadAction, Client, ConnectionFailed, NoNumbers, UsageProblem
from sms_notebook.protocol.catalogue import countries, services
from sms_notebook.sandbox import Faults, Sandbox, serve

pytestmark = pytest.mark.alike


class Provider:
    """A provider with a catalogue of its own; counts what it is asked."""

    def __init__(self, wire) -> None:
        self.wire = wire
        self.countries = {c.id: c.eng for c in countries()}
        self.services = {s.code: s.name for s in services()}
        self.lacks = set()
        wire.answer = self.answer

    def answer(self, asked):
        action = asked.action
        if action in self.lacks:
            return self.wire.http("BAD_ACTION")
        if action == "getCountries":
            rows = {str(k): {"id": k, "eng": name} for k, name in self.countries.items()}
            return self.wire.http(json.dumps(rows))
        if action == "getServicesList":
            rows = [{"code": code, "name": name} for code, name in self.services.items()]
            return self.wire.http(json.dumps({"status": "success", "services": rows}))
        if action == "getMultiServiceNumber":
            return self.wire.http("NO_NUMBERS")
        return self.wire.http("{}")

    def counted(self, action: str) -> int:
        return self.wire.actions().count(action)

    @property
    def last(self) -> dict[str, str]:
        return self.wire.asked[-1].params


@pytest.fixture
def provider(wire) -> Provider:
    return Provider(wire)


@pytest.fixture
def sms(opened, provider, wire):
    return opened(base_url=wire.url, retries=0)


@pytest.mark.parametrize(
    "country",
    [2, "2", "KZ", "kz", "Kazakhstan", "kazakhstan", "KAZAKHSTAN", " Kazakhstan ", "Казахстан"],
)
def test_a_country_is_found_by_id_iso_code_or_name(country, sms, provider):
    sms.get_prices("tg", country)
    assert provider.last["country"] == "2"
    assert provider.last["action"] == "getPrices"


def test_country_zero_is_a_country(sms, provider):
    sms.get_prices("tg", 0)
    assert provider.last["country"] == "0"


@pytest.mark.parametrize("service", ["tg", "Telegram", "telegram", "TELEGRAM", " tg ", "TG"])
def test_a_service_is_found_by_code_or_name(service, sms, provider):
    sms.get_prices(service, 2)
    assert provider.last["service"] == "tg"


def test_one_of_several_names_of_a_service_is_enough(sms, provider):
    provider.services = {"ds": "Discord", "zz": "Alpha, Beta+Gamma"}
    for name in ("alpha", "Beta", "gamma"):
        sms.get_prices(name)
        assert provider.last["service"] == "zz"


def test_the_mark_of_forwarding_is_kept(sms, provider):
    sms.get_prices("tg_1", 2)
    assert provider.last["service"] == "tg_1"
    assert provider.wire.actions() == ["getPrices"]


def test_known_ids_and_codes_cost_no_question(sms, provider):
    sms.get_prices("tg", 2)
    sms.get_operators(country=0)
    sms.call("getPrices", service="Telegram", country="Kazakhstan")
    assert set(provider.wire.actions()) == {"getPrices", "getOperators"}


def test_raw_calls_are_sent_as_they_are(sms, provider):
    sms.call("getPrices", service="Telegram", country="Kazakhstan")
    assert provider.last["service"] == "Telegram"
    assert provider.last["country"] == "Kazakhstan"


def test_each_catalogue_is_asked_once(sms, provider):
    for country in ("KZ", "Kazakhstan", "Ukraine", "UA"):
        for service in ("Telegram", "WhatsApp", "Discord"):
            sms.get_prices(service, country)
    assert provider.counted("getCountries") == 1
    assert provider.counted("getServicesList") == 1
    assert provider.counted("getPrices") == 12


def test_a_catalogue_somebody_asked_for_is_remembered(sms, provider):
    sms.get_countries()
    sms.get_services_list()
    sms.get_prices("Telegram", "Kazakhstan")
    assert provider.counted("getCountries") == 1
    assert provider.counted("getServicesList") == 1


def test_the_services_of_one_country_are_no_catalogue(sms, provider):
    sms.get_services_list(country=2)
    sms.get_services_list(lang="ru")
    sms.get_prices("Telegram")
    assert provider.counted("getServicesList") == 3


def test_a_country_that_only_the_provider_has_is_found(sms, provider):
    provider.countries[900] = "Atlantis"
    sms.get_prices("tg", "atlantis")
    assert provider.last["country"] == "900"
    sms.get_prices("tg", 900)
    assert provider.last["country"] == "900"


def test_a_service_that_only_the_provider_has_is_found(sms, provider):
    provider.services["qqq"] = "Quagga"
    sms.get_prices("quagga")
    assert provider.last["service"] == "qqq"
    sms.get_prices("qqq")
    assert provider.last["service"] == "qqq"


def test_an_id_the_protocol_lacks_is_asked_for_once(sms, provider):
    provider.countries[900] = "Atlantis"
    for _ in range(3):
        sms.get_prices("tg", 900)
    assert provider.counted("getCountries") == 1


@pytest.mark.parametrize("dial", [380, "380", "+380", 998, 971])
def test_a_dial_code_is_refused(dial, sms, provider):
    with pytest.raises(UsageProblem, match="unknown country"):
        sms.get_prices("tg", dial)
    assert provider.counted("getPrices") == 0


def test_the_refusal_of_a_number_says_that_dial_codes_are_none(sms):
    with pytest.raises(UsageProblem, match=r"not dial codes\. Did you mean 1 \(Ukraine\)\?"):
        sms.get_number("tg", 380)


@pytest.mark.parametrize(
    ("country", "guess"),
    [
        ("Kazakstan", "Kazakhstan"),
        ("Ukrain", "Ukraine"),
        ("Germny", "Germany"),
        ("Viet", "Vietnam"),
    ],
)
def test_a_misspelt_country_is_refused_with_a_guess(country, guess, sms, provider):
    with pytest.raises(UsageProblem, match=rf"unknown country.*Did you mean .*{guess}"):
        sms.get_number("tg", country)
    assert provider.counted("getNumber") == 0


@pytest.mark.parametrize(
    ("service", "guess"),
    [("Telegramm", "Telegram"), ("Watsapp", "Whatsapp"), ("Discrd", "Discord")],
)
def test_a_misspelt_service_is_refused_with_a_guess(service, guess, sms, provider):
    with pytest.raises(UsageProblem, match=rf"(?i)unknown service.*Did you mean .*{guess}"):
        sms.get_number(service, 2)
    assert provider.counted("getNumber") == 0


def test_a_name_like_nothing_is_refused_without_a_guess(sms):
    with pytest.raises(UsageProblem) as refused:
        sms.get_prices("#####", 2)
    assert str(refused.value) == "unknown service '#####'. sms.get_services_list() lists them."


@pytest.mark.parametrize("iso", ["XX", "ZZ"])
def test_an_iso_code_nobody_has_is_refused(iso, sms):
    with pytest.raises(UsageProblem, match="unknown country"):
        sms.get_prices("tg", iso)


def test_a_name_with_two_meanings_names_both(sms, provider):
    provider.services = {"aa": "Rambler", "bb": "rambler", "cc": "Other"}
    with pytest.raises(UsageProblem) as refused:
        sms.get_number("Rambler", 2)
    assert str(refused.value) == (
        "service 'Rambler' is ambiguous: aa (Rambler), bb (rambler). Pass one of these ids."
    )
    assert provider.counted("getNumber") == 0


def test_a_country_with_two_ids_names_both(sms, provider):
    provider.countries = {2: "Kazakhstan", 950: "Kazakhstan"}
    with pytest.raises(UsageProblem, match=r"ambiguous: 2 \(Kazakhstan\), 950 \(Kazakhstan\)"):
        sms.get_number("tg", "kazakhstan")


def test_a_provider_without_a_catalogue_gets_the_ids_of_the_protocol(sms, provider):
    provider.lacks = {"getCountries", "getServicesList"}
    sms.get_prices("Telegram", "Kazakhstan")
    assert provider.last["service"] == "tg"
    assert provider.last["country"] == "2"
    sms.get_prices("tg", 900)
    assert provider.last["country"] == "900"
    with pytest.raises(BadAction):
        sms.get_countries()


def test_a_catalogue_that_makes_no_sense_is_no_catalogue_for_a_service(sms, provider, wire):
    honest = provider.answer
    wire.answer = lambda asked: (
        wire.http("<html>") if asked.action == "getServicesList" else honest(asked)
    )
    sms.get_prices("Telegram")
    assert provider.last["service"] == "tg"


def test_a_country_by_name_is_not_guessed_where_the_provider_does_not_answer(sms, wire):
    wire.answer = lambda _asked: b""
    with pytest.raises(ConnectionFailed):
        sms.get_number("tg", "Kazakhstan")
    assert wire.actions() == ["getCountries"]


def test_a_name_means_the_id_that_this_provider_gives_it(sms, provider):
    provider.countries = {1: "Kazakhstan", 2: "Ukraine"}
    sms.get_prices("tg", "Kazakhstan")
    assert provider.last["country"] == "1"


@pytest.mark.parametrize("country", ["KZ", "Казахстан", "哈萨克斯坦"])
def test_an_id_that_means_another_country_here_is_not_used(country, sms, provider):
    provider.countries = {1: "Kazakhstan", 2: "Ukraine"}
    try:
        sms.get_prices("tg", country)
    except UsageProblem:
        assert provider.counted("getPrices") == 0
    else:
        assert provider.last["country"] == "1"


def test_a_country_under_another_name_keeps_its_id(sms, provider):
    provider.countries[2] = "Republic of Kazakhstan"
    for country in ("KZ", "Kazakhstan"):
        sms.get_prices("tg", country)
        assert provider.last["country"] == "2"


@pytest.mark.parametrize("several", [["Telegram", "wa"], "Telegram,wa", ("tg", "WhatsApp")])
def test_a_list_of_services_is_looked_up_one_by_one(several, sms, provider):
    with pytest.raises(Exception, match="NO_NUMBERS"):
        sms.get_multi_service_number(several, "KZ")
    assert provider.last["multiService"] == "tg,wa"
    assert provider.last["country"] == "2"


def test_one_unknown_service_of_a_list_refuses_all(sms, provider):
    with pytest.raises(UsageProblem, match="unknown service 'Telegrm'"):
        sms.get_multi_service_number(["wa", "Telegrm"], 2)
    assert provider.counted("getMultiServiceNumber") == 0


def test_all_countries_and_services_of_the_sandbox_are_found_by_name():
    faults = Faults()
    with serve(Sandbox(), faults) as url, Client(base_url=url) as sms:
        named = sms.get_countries()
        for row in named.sample(20, random_state=1).itertuples():
            frame = sms.get_prices("tg", row.eng)
            assert set(frame["country"]) <= {row.country}
        assert faults.requests() == 21


def test_names_are_refused_the_same_way_by_the_embedded_sandbox(opened):
    with pytest.raises(UsageProblem, match="Did you mean Kazakhstan"):
        opened().get_number("tg", "Kazakstan")


@pytest.mark.parametrize("trouble", ["ERROR_SQL", "BAD_KEY", "SOMETHING_NEW"])
def test_a_country_by_name_is_not_guessed_where_the_catalogue_was_refused(trouble, sms, wire):
    wire.says(trouble)
    with pytest.raises(ApiError, match=f"getCountries .*{trouble}"):
        sms.get_number("tg", "Kazakhstan")
    assert wire.actions() == ["getCountries"]  # nothing was bought by an id that was guessed


@pytest.mark.parametrize("trouble", ["BAD_ACTION", "ERROR_SQL"])
def test_a_code_of_ones_own_goes_out_where_there_is_no_list_of_services(
    trouble, sms, provider, wire
):
    honest = provider.answer
    wire.answer = lambda asked: (
        wire.http(trouble) if asked.action == "getServicesList" else honest(asked)
    )
    sms.get_prices("zz9q")
    assert provider.last["service"] == "zz9q"
    with pytest.raises(UsageProblem, match="Did you mean Telegram"):
        sms.get_prices("Telegrm")


def test_ids_of_a_providers_own_are_looked_up_and_never_the_protocols(wire):
    def answer(asked):
        if asked.params["action"] == "getCountries":
            return wire.http('[{"id":"4","title":"Indonesia"},{"id":"6","title":"India"}]')
        return wire.http("NO_NUMBERS")

    wire.answer = answer
    with Client("f" * 32, provider="sms-man", base_url=wire.url, retries=0) as sms:
        for country in ("Indonesia", "ID", 4):
            with pytest.raises(NoNumbers):
                sms.get_number("tg", country)
            assert wire.asked[-1].params["country"] == "4"
        with pytest.raises(UsageProblem, match="unknown country"):
            sms.get_number("tg", 52)
        assert sms.names.countries == {4: "Indonesia", 6: "India"}


# Names beside ids ---------------------------------------------------------------------------------


@pytest.fixture
def offers() -> pd.DataFrame:
    frame = pd.DataFrame(
        {"cost": [0.5, 1.0, 1.5], "service": ["tg", "wa_1", "zzzz9"], "country": [2, 40, 2]},
        index=[7, 8, 9],
    )
    frame.attrs = {"action": "getPrices"}
    return frame.astype({"service": "string", "country": "Int64"})


def test_names_stand_beside_ids_and_are_asked_for_once(sms, provider, offers):
    named = sms.with_names(offers)
    assert [*named] == ["cost", "service", "service_name", "country", "country_name"]
    assert named["service_name"].fillna("?").tolist() == ["Telegram", "Whatsapp", "?"]
    assert named["country_name"].tolist() == ["Kazakhstan", "Uzbekistan", "Kazakhstan"]
    assert {*map(str, named.dtypes[["service_name", "country_name"]])} == {"string"}
    assert named.index.tolist() == [7, 8, 9]
    assert named.attrs == {"action": "getPrices"}
    assert [*offers] == ["cost", "service", "country"]
    pd.testing.assert_frame_equal(sms.with_names(named), named)
    assert [*sms.with_names(offers.iloc[:0])] == [*named]
    assert sms.with_names(offers.iloc[:0]).dtypes.equals(named.dtypes)
    assert (provider.counted("getCountries"), provider.counted("getServicesList")) == (1, 1)


def test_what_the_provider_calls_it_is_its_name_and_what_it_does_not_know_has_none(
    sms, provider, offers
):
    provider.services["tg"] = "Telegram Messenger"
    del provider.countries[40]
    named = sms.with_names(offers)
    assert named["service_name"].fillna("?").tolist() == ["Telegram Messenger", "Whatsapp", "?"]
    assert named["country_name"].tolist() == ["Kazakhstan", pd.NA, "Kazakhstan"]


def test_where_a_provider_has_no_such_list_the_protocols_names_hold(sms, provider, offers):
    provider.lacks = {"getCountries", "getServicesList"}
    assert sms.with_names(offers)["country_name"].tolist()[:2] == ["Kazakhstan", "Uzbekistan"]
    assert sms.with_names(offers)["service_name"].fillna("?").tolist()[1:] == ["Whatsapp", "?"]


def test_no_name_is_guessed_where_the_provider_does_not_answer(sms, wire, offers):
    wire.answer = lambda _: wire.http("NO_CONNECTION")
    with pytest.raises(ApiError, match="NO_CONNECTION"):
        sms.with_names(offers)


def test_ids_that_lost_their_dtype_are_named_and_names_that_are_there_stay(sms):
    frame = pd.DataFrame({"country": [2.0, None, "40", "x"]}, dtype=object)
    named = sms.with_names(frame)["country_name"]
    assert named.tolist() == ["Kazakhstan", pd.NA, "Uzbekistan", pd.NA]
    frame["country_name"] = pd.array(["Qazaqstan", "Nowhere", pd.NA, pd.NA], dtype="string")
    named = sms.with_names(frame)["country_name"]
    assert named.tolist() == ["Qazaqstan", "Nowhere", "Uzbekistan", pd.NA]
    land = sms.get_countries()
    assert [*sms.with_names(land)] == [*land]  # it says so itself
