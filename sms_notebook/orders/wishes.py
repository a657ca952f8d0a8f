"""What a purchase is about, read from its call."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sms_notebook.protocol.arguments import price
from sms_notebook.protocol.calls import Buys, Call

_TARGETS = ("activationId", "id", "productId")
_LONGEST = 9  # digits of a country or of hours
_CHANNELS = {"1": "call", "2": "voice"}


@dataclass(frozen=True, slots=True)
class Account:
    """Whose orders are meant.

    Attributes
    ----------
    provider : str
        Its name.
    name : str
        Tells accounts of one provider apart; made of the key, but the key cannot be made of it.
    """

    provider: str
    name: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A purchase that somebody wants to make.

    Attributes
    ----------
    call : Call
        How it is asked for, with ids and codes.
    key : str or None
        The person's own name for it: the same key, the same purchase.
    """

    call: Call
    key: str | None = None

    @property
    def params(self) -> Mapping[str, str]:
        """Wire parameters."""
        return self.call.params

    @property
    def buys(self) -> Buys:
        """What it brings."""
        buys = self.call.action.buys
        assert buys is not None  # noqa: S101 - only purchases come here
        return buys

    @property
    def services(self) -> list[str]:
        """The services, one or several."""
        text = self.params.get("multiService") or self.params.get("service") or ""
        return [code for code in text.split(",") if code]

    @property
    def service(self) -> str | None:
        """The services, with commas."""
        return ",".join(self.services) or None

    @property
    def country(self) -> int | None:
        """The country's id."""
        return _whole(self.params.get("country", ""))

    @property
    def operator(self) -> str | None:
        """The preferred operators."""
        return self.params.get("operator")

    @property
    def target(self) -> str | None:
        """The activation, rent or product that it is about."""
        return next((self.params[name] for name in _TARGETS if name in self.params), None)

    @property
    def hours(self) -> int | None:
        """The hours of a rent."""
        return _whole(self.params.get("rent_time", ""))

    @property
    def max_price(self) -> Decimal | None:
        """The most that each number may cost, where that was said and counts.

        Raises
        ------
        UsageProblem
            If it is no amount above zero.
        """
        if self.buys is not Buys.NUMBER:
            return None  # other actions take no notice of it
        text = price("maxPrice", self.params.get("maxPrice"))
        return None if text is None else Decimal(text)

    @property
    def channel(self) -> str:
        """How the code will come."""
        return _CHANNELS.get(self.params.get("activationType", ""), "sms")

    @property
    def written(self) -> str:
        """The parameters as the ledger keeps them."""
        return json.dumps(dict(self.params), ensure_ascii=False, sort_keys=True)


def _whole(text: str) -> int | None:
    """Read a whole number of a plausible size."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST else None
