"""The catalogue's two tables are whole, tidy and true to the ISO and dialling registers."""

import re
from collections import Counter

import phonenumbers
import pytest

from sms_notebook.protocol.catalogue import countries, currency_text, iso_code, services

SOLD_TWICE = {"US"}
NO_USUAL_NAME = {12}  # USA (virtual)
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
HAN = re.compile(r"[\u4e00-\u9fff]")


def test_the_catalogue_is_about_as_large_as_the_protocols_own() -> None:
    assert 195 <= len(countries()) <= 205
    assert len(services()) >= 450


def test_country_ids_are_unique_and_in_order() -> None:
    ids = [country.id for country in countries()]
    assert ids == sorted(set(ids))


def test_the_first_country_id_is_zero_and_means_russia() -> None:
    first = countries()[0]
    assert (first.id, first.iso) == (0, "RU")


@pytest.mark.parametrize(
    ("number", "iso", "eng"),
    [
        (1, "UA", "Ukraine"),
        (2, "KZ", "Kazakhstan"),
        (6, "ID", "Indonesia"),
        (12, "US", "USA (virtual)"),
        (16, "GB", "United Kingdom"),
        (26, "HT", "Haiti"),
        (36, "CA", "Canada"),
        (43, "DE", "Germany"),
        (187, "US", "USA"),
        (196, "SG", "Singapore"),
        (201, "GI", "Gibraltar"),
        (203, "XK", "Kosovo"),
    ],
)
def test_a_well_known_country_id_means_what_providers_mean_by_it(
    number: int, iso: str, eng: str
) -> None:
    country = {country.id: country for country in countries()}[number]
    assert (country.iso, country.eng) == (iso, eng)


def test_every_country_is_known_by_its_iso_codes_and_its_english_name() -> None:
    assert [country for country in countries() if iso_code(country.iso) != country.iso] == []
    named = [country for country in countries() if country.id not in NO_USUAL_NAME]
    assert [country for country in named if iso_code(country.eng) != country.iso] == []


@pytest.mark.parametrize(
    ("name", "iso"),
    [
        ("Russian Federation", "RU"),
        ("Viet Nam", "VN"),
        ("Korea, Republic of", "KR"),
        ("republic of korea", "KR"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Turkiye", "TR"),
        ("Cote d'Ivoire", "CI"),
        ("Côte d\u2019Ivoire", "CI"),
        ("St. Kitts & Nevis", "KN"),
        ("Saint Kitts and Nevis", "KN"),
        ("swaziland", "SZ"),
        (" USA ", "US"),
        ("MMR", "MM"),
        ("XK", "XK"),
        ("Congo", "CG"),
        ("", None),
        ("DDR", None),
    ],
)
def test_a_country_is_known_by_what_people_call_it(name: str, iso: str | None) -> None:
    assert iso_code(name) == iso


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("840", "USD"),
        ("643", "RUB"),
        (" eur ", "EUR"),
        ("36", "AUD"),
        ("036", "AUD"),
        ("532", "XCG"),
        ("924", "ZWG"),
        ("DEM", None),
        ("000", None),
        ("", None),
        ("٣٦", None),
    ],
)
def test_a_currency_is_known_by_number_and_letters(code: str, text: str | None) -> None:
    assert currency_text(code) == text


def test_only_the_united_states_have_more_than_one_id() -> None:
    counts = Counter(country.iso for country in countries())
    assert {iso for iso, count in counts.items() if count > 1} == SOLD_TWICE


def test_dial_codes_are_the_country_calling_codes() -> None:
    wrong = [
        country
        for country in countries()
        if country.dial != str(phonenumbers.country_code_for_region(country.iso))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", ["eng", "rus", "chn"])
def test_no_two_countries_share_a_name(language: str) -> None:
    counts = Counter(getattr(country, language).casefold() for country in countries())
    assert [name for name, count in counts.items() if count > 1] == []


def test_names_are_in_the_language_of_their_column() -> None:
    wrong = [
        country
        for country in countries()
        if not (country.eng.isascii() and CYRILLIC.search(country.rus) and HAN.search(country.chn))
    ]
    assert wrong == []


def test_country_texts_have_no_stray_blanks() -> None:
    texts = [
        text
        for country in countries()
        for text in (country.iso, country.dial, country.eng, country.rus, country.chn)
    ]
    assert [text for text in texts if text != " ".join(text.split()) or not text] == []


def test_service_codes_are_unique_and_in_order() -> None:
    codes = [service.code for service in services()]
    assert codes == sorted(set(codes))


def test_service_codes_are_two_to_five_small_letters_or_digits() -> None:
    shape = re.compile(r"[a-z0-9]{2,5}")
    assert [service for service in services() if not shape.fullmatch(service.code)] == []


def test_service_names_have_no_stray_blanks() -> None:
    names = [service.name for service in services()]
    assert [name for name in names if name != " ".join(name.split()) or not name] == []


def test_a_service_name_leads_to_one_code() -> None:
    counts = Counter(service.name.casefold() for service in services())
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("acz", "Claude"),
        ("aoo", "Pegasus Airlines"),
        ("full", "Full rent"),
        ("go", "Google,youtube,Gmail"),
        ("ig", "Instagram+Threads"),
        ("ot", "Any other"),
        ("tg", "Telegram"),
        ("wa", "Whatsapp"),
    ],
)
def test_a_well_known_service_code_means_what_providers_mean_by_it(code: str, name: str) -> None:
    assert {service.code: service.name for service in services()}[code] == name
