"""Faults as data: what the sandbox does wrong on purpose, how often and to which action."""

import difflib
import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from sms_notebook.forking import GatedLock
from sms_notebook.sandbox.dialects import DIALECTS

ERROR_CODES: Final = {
    "ACCOUNT_INACTIVE": "the account is not active",
    "ALREADY_CANCEL": "the rent has already been canceled",
    "ALREADY_FINISH": "the rent has already been finished",
    "BAD_ACTION": "incorrect action",
    "BAD_DATA": "incorrect product id",
    "BAD_KEY": "invalid API key",
    "BAD_SERVICE": "incorrect service name",
    "BAD_STATUS": "incorrect status",
    "BANNED": "the account is blocked until VALUE (default: for a day)",
    "CANT_CANCEL": "too late to cancel the rent",
    "CHANNELS_LIMIT": "the account is blocked",
    "EARLY_CANCEL_DENIED": "no cancel within the first 2 minutes",
    "ERROR_SQL": "sql-server error",
    "INCORECT_STATUS": "incorrect status of a rent",
    "INVALID_ACTIVATION_ID": "invalid activation id",
    "INVALID_PHONE": "the number is rented not by you",
    "INVALID_TIME": "invalid rent time",
    "MAX_HOURS_EXCEED": "rent time above the maximum, VALUE hours (default 48)",
    "NEW_ACTIVATION_IMPOSSIBLE": "no additional activation possible",
    "NO_ACTIVATION": "the activation does not exist",
    "NO_ACTIVATIONS": "no active activations",
    "NO_BALANCE": "no money in the account",
    "NO_CALL": "no call was received",
    "NO_ID_RENT": "no rent id",
    "NO_NUMBERS": "no numbers",
    "OPERATORS_NOT_FOUND": "no operators found",
    "ORDER_ALREADY_EXISTS": "the order has already been created",
    "OUT_OF_STOCK": "no rent numbers for the country",
    "PARSE_COUNT_EXCEED": "limit of voice parsing reached",
    "RENEW_ACTIVATION_NOT_AVAILABLE": "the number cannot be activated again",
    "RENT_DIE": "the rent cannot be extended",
    "SERVER_ERROR": "server error",
    "SIM_OFFLINE": "SIM card offline",
    "WRONG_ACTIVATION_ID": "invalid activation id",
    "WRONG_DATE": "incorrect date",
    "WRONG_EXCEPTION_PHONE": "incorrect exclusion prefixes",
    "WRONG_MAX_PRICE": "maxPrice below the minimum, VALUE (default 0.10)",
    "WRONG_SERVICE": "incorrect service",
}
"""Refusals in the provider's own words; nothing took effect."""

CONNECTION_FAULTS: Final = {
    "latency": "the action takes effect at once, the reply is VALUE seconds late (default 1.0)",
    "429": "too many requests, with Retry-After: VALUE seconds (default 1); nothing took effect",
    "drop-before": "the connection closes without a reply; nothing took effect",
    "drop-after": "the connection closes without a reply after the action took effect",
    "5xx-before": "HTTP 500 (or 502, 503, any up to 599); nothing took effect",
    "5xx-after": "HTTP 500 (or 502, 503, any up to 599) after the action took effect",
    "html-before": "HTTP 200 with an HTML page; nothing took effect",
    "html-after": "HTTP 200 with an HTML page after the action took effect",
    "cut-before": "a reply cut short; nothing took effect",
    "cut-after": "the honest reply cut in the middle after the action took effect",
}
"""What goes wrong on the way; ``5xx`` stands for the status in digits."""

_OWN_WORDS = frozenset(word for dialect in DIALECTS.values() for word in dialect.words)
"""Refusals that only other dialects know."""

_ALL_ACTIONS = tuple(
    dict.fromkeys(action for dialect in DIALECTS.values() for action in dialect.actions)
)

_FORM = "NAME[@ACTION]:PROBABILITY[:VALUE]"
_SERVER_STATUS = re.compile(r"5\d\d(?=-(before|after)$)")
_VALUE_FORMS = {
    "latency": ("seconds", r"\d{1,6}(\.\d+)?"),
    "429": ("whole seconds", r"\d{1,6}"),
    "BANNED": ("a time such as 2030-01-31 12:00:00", r"'?[\d-]+ [\d:-]+'?"),
    "MAX_HOURS_EXCEED": ("whole hours", r"\d{1,6}"),
    "WRONG_MAX_PRICE": ("an amount such as 0.25", r"\d+(\.\d+)?"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with a given probability.

    Parameters
    ----------
    name : str
        An error code of the protocol in capitals, or what goes wrong on the way: ``latency``,
        ``429``, and ``drop``, ``html``, ``cut`` or an HTTP status such as ``502``, followed by
        ``-before`` or ``-after`` (the action took effect).
    probability : float
        From 0 (never) to 1 (always).
    action : str, optional
        Only this action fails; otherwise all do.
    value : float or str, optional
        Seconds of ``latency`` and ``429``, the number or time that belongs to an error code.

    Raises
    ------
    ValueError
        One line that says what is wrong.
    """

    name: str
    probability: float
    action: str | None = None
    value: str | float | None = None

    def __post_init__(self) -> None:
        generic = _SERVER_STATUS.sub("5xx", self.name)
        if self.name.startswith("5xx") or not (generic in CONNECTION_FAULTS or self.is_code):
            names = [*CONNECTION_FAULTS, *ERROR_CODES]
            close = difflib.get_close_matches(self.name, names, n=1)
            hint = f", did you mean {close[0]}?" if close else f"; there are: {', '.join(names)}"
            raise ValueError(f"unknown fault {self.name!r}{hint}")
        if not 0 <= self.probability <= 1:
            raise ValueError(
                f"{self.name}: the probability goes from 0 to 1, not {self.probability}"
            )
        self._check_action()
        self._check_value()

    def _check_action(self) -> None:
        if self.action is None or self.action in _ALL_ACTIONS:
            return
        close = difflib.get_close_matches(self.action, _ALL_ACTIONS, n=1)
        hint = f", did you mean {close[0]}?" if close else ""
        raise ValueError(f"{self.name}: there is no action {self.action!r}{hint}")

    def _check_value(self) -> None:
        if self.value is None:
            return
        if self.name not in _VALUE_FORMS:
            raise ValueError(f"{self.name} takes no value")
        meaning, form = _VALUE_FORMS[self.name]
        if not re.fullmatch(form, str(self.value)):
            raise ValueError(f"{self.name}: the value is {meaning}, not {str(self.value)!r}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``NAME[@ACTION]:PROBABILITY[:VALUE]``, for example ``drop-after@getNumber:0.5``."""
        head, _, rest = text.strip().partition(":")
        name, at, action = head.partition("@")
        chance, colon, value = rest.partition(":")
        if not name or not rest:
            raise ValueError(f"a fault is {_FORM}, such as ERROR_SQL:0.05, not {text!r}")
        try:
            probability = float(chance)
        except ValueError:
            raise ValueError(f"{name}: the probability goes from 0 to 1, not {chance!r}") from None
        return cls(name, probability, action if at else None, value if colon else None)

    def __str__(self) -> str:
        """Write the fault as :meth:`parse` reads it."""
        value = "" if self.value is None else f":{self.value}"
        return f"{self.label}:{self.probability:g}{value}"

    @property
    def label(self) -> str:
        """Name and action: what the counters are kept by."""
        return self.name if self.action is None else f"{self.name}@{self.action}"

    @property
    def is_code(self) -> bool:
        """Whether the provider refuses in its own words."""
        return self.name in ERROR_CODES or self.name in _OWN_WORDS

    @property
    def kind(self) -> str:
        """The name without ``-before`` and ``-after``."""
        return self.name.removesuffix("-before").removesuffix("-after")

    @property
    def takes_effect(self) -> bool:
        """Whether the action happens although its reply is spoilt."""
        return self.name.endswith("-after")


class Faults:
    """The faults in force; which of them strike depends on the seed and the request's number.

    Parameters
    ----------
    faults : iterable of Fault or str
        Faults, or texts as :meth:`Fault.parse` reads them.
    seed : int
        The same seed spoils the same requests of a run again.
    """

    def __init__(self, faults: Iterable[Fault | str] = (), seed: int = 7) -> None:
        self._seed = seed
        self._lock = GatedLock()
        self._faults = _read(faults)
        self._requests = 0
        self._fired: Counter[str] = Counter()

    def __repr__(self) -> str:
        return f"Faults([{', '.join(repr(str(fault)) for fault in self.current())}])"

    def current(self) -> tuple[Fault, ...]:
        """Return the faults in force."""
        with self._lock:
            return self._faults

    def set(self, faults: Iterable[Fault | str]) -> None:
        """Put other faults in force; requests and strikes are counted on."""
        ready = _read(faults)
        with self._lock:
            self._faults = ready

    def clear(self) -> None:
        """Be honest from now on."""
        self.set(())

    def fired(self) -> dict[str, int]:
        """Return how often each fault has struck, by ``NAME`` or ``NAME@ACTION``."""
        with self._lock:
            return dict(self._fired)

    def requests(self) -> int:
        """Return the number of requests drawn for so far."""
        with self._lock:
            return self._requests

    def draw(self, action: str) -> tuple[Fault, ...]:
        """Draw for the next request: any latencies, and at most one fault that decides it.

        The faults are tried in their order, and the first that strikes decides.
        """
        with self._lock:
            self._requests += 1
            chance = random.Random(f"{self._seed}/{self._requests}")
            struck: list[Fault] = []
            decided = False
            for fault in self._faults:
                # Drawn for every fault, so that one fault's action does not shift another's draw.
                hit = chance.random() < fault.probability
                late = fault.name == "latency"
                if not hit or fault.action not in (None, action) or (decided and not late):
                    continue
                decided = decided or not late
                struck.append(fault)
                self._fired[fault.label] += 1
            return tuple(struck)


def _read(faults: Iterable[Fault | str]) -> tuple[Fault, ...]:
    if isinstance(faults, str):
        raise TypeError("faults are a list, even when there is one")
    return tuple(f if isinstance(f, Fault) else Fault.parse(f) for f in faults)
