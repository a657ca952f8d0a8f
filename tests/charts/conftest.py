"""Frames of a real market, and eyes for charts: what they say, and what is drawn."""

import base64
import itertools
import json
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from sms_notebook import Client, SmsError
from sms_notebook.sandbox import Sandbox

VEGA_LITE = "application/vnd.vegalite.v5+json"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def sms(tmp_path_factory) -> Iterator[Client]:
    """A client that shopped for three days: codes, refunds, refusals, a rent."""
    sandbox = Sandbox(seed=1, speed=0, start=START, balance="1000", success=None)
    ledger = f"sqlite:///{tmp_path_factory.mktemp('charts') / 'ledger.sqlite'}"
    with Client(sandbox=sandbox, ledger=ledger) as sms:
        for _ in range(3):
            for service, country in itertools.product(("tg", "wa"), ("KZ", "ID", "PH", "UZ")):
                with_refusals(sms, service, country)
                sandbox.step(5)
            sandbox.step(300)
            for number in alive(sms, without_code=False):
                sms.get_status_v2(number)
            for number in alive(sms, without_code=True):
                sms.cancel(number)
            sandbox.step(86_400)
        sms.order("tg", "KZ")
        sms.rent("full", "KZ", 4)
        yield sms


def with_refusals(sms: Client, service: str, country: str) -> None:
    try:
        sms.order(service, country)
    except SmsError as refusal:
        assert "NO_NUMBERS" in str(refusal)  # noqa: PT017 - Uzbekistan has none in this market


def alive(sms: Client, *, without_code: bool) -> list[str]:
    ledger = sms.ledger()
    is_alive = (ledger["state"] == "active") & ledger["activation_id"].notna()
    if without_code:
        is_alive &= ledger["seconds_to_code"].isna()
    return list(ledger.loc[is_alive, "activation_id"])


@pytest.fixture(scope="session")
def frames(sms) -> SimpleNamespace:
    """Frames as they come."""
    return SimpleNamespace(
        prices=sms.get_prices("tg"),
        all_prices=(prices := sms.get_prices()),
        many_prices=prices[prices["service"].isin(prices["service"].unique()[:8])],
        extended=sms.get_prices_extended("tg"),
        tiers=sms.get_prices_extended("tg", "ID", free_price=True),
        verification=sms.get_prices_verification("tg"),
        top=sms.get_top_countries_by_service("tg"),
        top_tiers=sms.get_top_countries_by_service("tg", free_price=True),
        rank_tiers=sms.get_top_countries_by_service_rank("tg", free_price=True),
        countries=sms.get_countries(),
        services=sms.get_services_list(),
        balance=sms.get_balance(),
        share=sms.get_list_of_top_countries_by_service("tg"),
        status=sms.get_numbers_status(country="KZ"),
        history=sms.get_history(),
        ledger=sms.ledger(),
    )


_specs: dict[int, tuple[Any, dict[str, Any]]] = {}


def spec_of(chart: Any) -> dict[str, Any]:
    """The specification of a chart, which altair has found valid: that takes long, so once."""
    if id(chart) not in _specs:
        _specs[id(chart)] = chart, chart.to_dict()  # who is kept shares its id with nobody
    return _specs[id(chart)][1]


def written(chart: Any) -> str:
    """All of a chart as JSON: the same chart is the same text."""
    return json.dumps(chart.to_dict(validate=False), sort_keys=True)


def rows(chart: Any) -> list[dict[str, Any]]:
    """All rows that a chart draws."""
    return [row for data in spec_of(chart).get("datasets", {}).values() for row in data if row]


def title(chart: Any) -> str:
    return spec_of(chart)["title"]["text"]


def notes(chart: Any) -> str:
    """What is said below the title."""
    return "\n".join(spec_of(chart)["title"]["subtitle"])


def parts(within: Any) -> Iterator[dict[str, Any]]:
    """Yield every object within a specification."""
    if isinstance(within, dict):
        yield within
        within = list(within.values())
    if isinstance(within, list):
        for one in within:
            yield from parts(one)


def channels(chart: Any, name: str) -> list[dict[str, Any]]:
    """Every encoding of one channel that has a field."""
    spec = {key: value for key, value in spec_of(chart).items() if key != "datasets"}
    found = [part["encoding"][name] for part in parts(spec) if name in part.get("encoding", {})]
    return [one for one in found if isinstance(one, list) or "field" in one]


_rendered: dict[str, bytes] = {}


def png(chart: Any) -> bytes:
    """The picture of a chart; the same chart is drawn once."""
    spec = written(chart)
    if spec not in _rendered:
        _rendered[spec] = base64.b64decode(chart._repr_png_()[0])
    return _rendered[spec]


def shown(chart: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a kernel sends of a chart, and with which facts."""
    data, metadata = DisplayFormatter().format(chart)
    _rendered.setdefault(written(chart), base64.b64decode(data["image/png"]))
    return data, metadata


@cache
def decoded(image: bytes) -> tuple[int, int, np.ndarray]:
    """Width, height and colours (as ``0xrrggbb``) of a PNG."""
    at, header, packed = 8, b"", b""
    while at < len(image):
        length, kind = struct.unpack(">I4s", image[at : at + 8])
        content = image[at + 8 : at + 8 + length]
        header = content if kind == b"IHDR" else header
        packed += content if kind == b"IDAT" else b""
        check = struct.unpack(">I", image[at + 8 + length : at + 12 + length])[0]
        assert check == zlib.crc32(image[at + 4 : at + 8 + length])
        at += 12 + length
    width, height, depth, kind = struct.unpack(">IIBB", header[:10])
    assert (depth, kind) == (8, 6)
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    assert set(raw[:, 0]) == {1}  # the difference to the pixel on the left
    pixels = np.cumsum(raw[:, 1:].reshape(height, width, 4), axis=1, dtype=np.uint8)
    return width, height, pixels[:, :, :3].astype(int) @ [1 << 16, 1 << 8, 1]


def colours(chart: Any) -> set[int]:
    return set(np.unique(decoded(png(chart))[2]))


def amount_of(colour: str, chart: Any) -> int:
    """How many pixels of a chart have just this colour, ``#rrggbb``."""
    return int((decoded(png(chart))[2] == int(colour[1:], 16)).sum())
