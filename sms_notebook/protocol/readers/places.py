"""Where an offer stands: the country and the service that the keys above it name."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from sms_notebook.protocol import catalogue
from sms_notebook.protocol.frames.kinds import is_decimal
from sms_notebook.protocol.frames.tables import COUNTRY_FIELDS, SERVICE_FIELDS
from sms_notebook.protocol.readers.shapes import Record
from sms_notebook.protocol.replies import Context, is_success, malformed

Path: TypeAlias = tuple[str, ...]
"""The keys above an offer."""

LADDERS = ("freePriceMap", "map", "prices")
"""Fields that hold prices with how many numbers there are at each."""
OFFER_FIELDS = frozenset(
    (
        *("cost", "price", "count", "cnt", "qty", "quantity", "quant", "physicalCount"),
        *("retail_price", "providers", "share", "rate", "freePriceMap"),
    )
)
_ENVELOPES = ("data", "prices", "result", "countries", "services", "rows", "items")
_LEVELS = 4
_ID_DIGITS = 18


class PlacedRows(NamedTuple):
    """Offers with country and service in each, and how many cannot be read."""

    rows: list[dict[str, Any]]
    skipped: int
    sample: object


def is_id(text: str) -> bool:
    """Tell whether a key is the id of a country."""
    return text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS


def is_ladder(value: object) -> bool:
    """Tell whether a map is of prices to counts."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(is_decimal(key) for key in value)
        and all(is_decimal(count) for count in value.values())
    )


def _is_offer(value: object) -> bool:
    """Tell whether a map is an offer: it has fields that are known."""
    if not isinstance(value, dict):
        return False
    if not OFFER_FIELDS.isdisjoint(value):
        return True
    return any(is_ladder(value.get(name)) for name in LADDERS)


def opened(value: Any, context: Context) -> Mapping[str, Any]:
    """Return the map of a list of prices, out of its envelope."""
    if isinstance(value, list):
        return {str(position): item for position, item in enumerate(value)}
    for _ in range(_LEVELS):
        beside = [name for name in ("status", "success") if name in value]
        names = [name for name in _ENVELOPES if isinstance(value.get(name), dict | list)]
        if not (names and (beside or len(value) == 1)) or _is_offer(value):
            break
        value = value[names[0]]
        if isinstance(value, list):
            return {str(position): item for position, item in enumerate(value)}
    if any(is_success(value.get(name)) for name in ("status", "success")):
        raise malformed("a reply without its prices", context, value)
    mapping: Mapping[str, Any] = value
    return mapping


def leaves(
    value: object, path: Path = (), *, is_list: bool = False
) -> Iterator[tuple[Path, Record | None]]:
    """Walk through prices to each offer; None for what is none.

    A bare price is an offer of that price, and a map of prices to counts one for each. A country
    without any is nothing odd; an empty row of a list is.
    """
    if _is_offer(value) or not isinstance(value, dict | list):
        yield path, value if isinstance(value, dict) else _bare(value)
        return
    items = value.items() if isinstance(value, dict) else ((str(n), v) for n, v in enumerate(value))
    if len(path) > 1 and is_ladder(value):
        yield path, {"prices": value}
    elif not value:
        if len(path) > 1 or (path and is_list):
            yield path, None
    elif len(path) < _LEVELS:
        for key, item in items:
            yield from leaves(item, (*path, key), is_list=is_list)
    else:
        yield path, None


def _bare(value: object) -> Record | None:
    """Read a price without a name; a whole number could as well be a count."""
    return BarePrice(price=value) if is_decimal(value) else None


class BarePrice(dict[str, Any]):
    """A price that stood there without a name."""


def placed(value: Any, context: Context, *, service_first: bool = False) -> PlacedRows:
    """Find the offers of a reply, each with its country and service.

    What the keys above do not name was asked for. A country that is named by a word has it in
    ``slug``.
    """
    tree = opened(value, context)
    pairs = list(leaves(tree))
    rows: list[dict[str, Any]] = []
    skipped = 0
    are_prices = _are_prices(record for _, record in pairs)
    read = _KeyPaths([path for path, _ in pairs], context, service_first=service_first)
    for path, record in pairs:
        place = read.place(path, record) if record else None
        if record is None or place is None or (isinstance(record, BarePrice) and not are_prices):
            skipped += 1
            continue
        rows.extend({**place, **offer} for offer in _offers(record, context))
    if skipped and not rows:
        raise malformed("prices of another shape", context, value)
    return PlacedRows(rows, skipped, value)


def _are_prices(records: Iterator[Record | None]) -> bool:
    """Tell whether bare numbers are prices: at least one of them is not whole."""
    bare = [str(record["price"]) for record in records if isinstance(record, BarePrice)]
    return any("." in text for text in bare)


def _offers(record: Record, context: Context) -> Iterator[Record]:
    """Spread a map of prices to counts; any other offer is one."""
    if set(record) == {"prices"} and is_ladder(record["prices"]):
        for price, count in record["prices"].items():
            yield {"cost": price, "count": count, "count_kind": context.tier_count}
    else:
        yield record


class _KeyPaths:
    """How the keys of one reply are read.

    Parameters
    ----------
    paths : sequence of Path
        The keys above its offers.
    context : Context
        What was asked for.
    service_first : bool
        Whether the documentation has the service first.
    """

    def __init__(self, paths: Sequence[Path], context: Context, *, service_first: bool) -> None:
        self._params = {
            "country": context.params.get("country"),
            "service": context.params.get("service"),
        }
        whole = [path for path in paths if all(path)]
        self._levels = max((len(path) for path in whole), default=0)
        outer = {path[0] for path in whole if len(path) > 1}
        inner = {path[1] for path in whole if len(path) > 1}
        are_ids = (all(map(is_id, outer)), all(map(is_id, inner)))
        if are_ids[0] and are_ids[1]:
            self._service_first = service_first
        else:
            self._service_first = are_ids[1]
        self._has_slugs = bool(outer) and not any(are_ids) and any(map(_is_country, outer))

    def place(self, path: Path, record: Record) -> dict[str, Any] | None:
        """Return country and service; None where one of them is not known."""
        if not all(path):
            return None
        named = self._named(path, record)
        place = {name: value for name, value in self._params.items() if value}
        own = {"country": COUNTRY_FIELDS, "service": SERVICE_FIELDS}
        for name, fields in own.items():
            value = next((record[f] for f in fields if record.get(f) not in (None, "")), None)
            if value is not None:
                place.pop(name, None)
                named.pop(name, None)
        place |= named
        is_placed = all(
            name in place or any(record.get(field) not in (None, "") for field in fields)
            for name, fields in own.items()
        )
        if "slug" in named:
            place.pop("country", None)
            return place if "service" in place else None
        if not is_placed and self._levels == 1 and path[0] == place.get("service"):
            return place  # a map by service alone: where the numbers are is not said
        return place if is_placed and is_id(str(place.get("country", 0))) else None

    def _named(self, path: Path, record: Record) -> dict[str, Any]:
        """Return what the keys name."""
        if not path:
            return {}
        if len(path) == 1:
            (key,) = path
            if all(
                any(record.get(field) not in (None, "") for field in f)
                for f in (COUNTRY_FIELDS, SERVICE_FIELDS)
            ):
                return {}  # a list of records
            if key == self._params["service"] or (
                not is_id(key) and key != self._params["country"]
            ):
                return {"service": key}
            return {"country": key}
        first, second, *more = path
        names: dict[str, Any] = {}
        if self._service_first:
            first, second = second, first
        names = {"slug" if self._has_slugs else "country": first, "service": second}
        return names | ({"provider_id": more[0]} if more else {})


@cache
def _is_country(slug: str) -> bool:
    """Tell whether a word is a country's name, however its parts are joined."""
    name = slug.replace("-", " ").replace("_", " ")
    return len(name) > _LONGEST_CODE and catalogue.iso_code(name) is not None


_LONGEST_CODE = 3
