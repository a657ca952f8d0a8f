"""Providers as data: where they are, and how each departs from the reference.

To add a provider, add a row: each of its peculiarities is a field, which all code reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone, tzinfo
from difflib import get_close_matches
from types import MappingProxyType

from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.transport import Question, without_key

PATH = "/stubs/handler_api.php"
_MOSCOW = timezone(timedelta(hours=3))


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of the protocol.

    Attributes
    ----------
    name : str
        What people write: ``herosms``.
    title : str
        What it calls itself.
    base_url : str
        The address of its API.
    zone : tzinfo
        The zone of its times that name none.
    needs_key : bool
        Whether a call makes sense without a key.
    real_money : bool
        Whether a purchase costs anything.
    lacks : tuple of str
        Actions that it is known not to have.
    actions : mapping
        Its own name by the API's name of an action.
    params : mapping
        Its own name by the API's name of a parameter.
    param_exceptions : mapping
        The same for one action: ``"getHistory.limit"``.
    statuses : mapping
        Its own number by the API's number, for setStatus.
    methods : tuple of str
        The HTTP methods that it takes.
    rate : float or None
        Requests a second that it bears.
    webhook_sources : tuple of str
        Addresses its webhooks come from.
    notes : mapping
        What an error code means here, where it is peculiar.
    own_clock : bool
        Whether its time may be another than the real one: that of a sandbox can be stepped.
    closed : str
        The day it closed, and where its users went.
    remark : str
        What a person should know, for the README.
    """

    name: str
    title: str
    base_url: str
    zone: tzinfo = UTC
    needs_key: bool = True
    real_money: bool = True
    lacks: tuple[str, ...] = ()
    actions: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    param_exceptions: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    methods: tuple[str, ...] = ("GET", "POST")
    rate: float | None = None
    webhook_sources: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    own_clock: bool = False
    closed: str = ""
    remark: str = ""

    def question(self, call: Call) -> Question:
        """Put a call in this provider's own words."""
        action = call.action.name
        params: dict[str, str] = {}
        for name, value in call.params.items():
            own = self.param_exceptions.get(f"{action}.{name}") or self.params.get(name, name)
            renumbered = action == "setStatus" and name == "status"
            params[own] = self.statuses.get(value, value) if renumbered else value
        return Question(self.actions.get(action, action), params, of=action)

    def note_on(self, action: str) -> Mapping[str, str]:
        """Return what error codes mean here, also that an action is known to be missing."""
        if action not in self.lacks:
            return self.notes
        missing = f"{self.title} is known not to have {action}."
        return {**self.notes, "BAD_ACTION": missing, "HTTP_404": missing}


SANDBOX = Provider(
    "sandbox",
    "Sandbox",
    f"http://sandbox.invalid{PATH}",
    needs_key=False,
    real_money=False,
    own_clock=True,
    webhook_sources=("127.0.0.1", "::1"),
    remark="embedded, needs no account and no network; no real money",
)

_LIVE = (
    Provider(
        "herosms",
        "HeroSMS",
        f"https://hero-sms.com{PATH}",
        zone=_MOSCOW,
        lacks=(
            "getPricesVerification",
            "getExtraActivation",
            "getRentStatus",
            "setRentStatus",
            "getRentList",
            "getMultiServiceNumber",
            "getListOfTopCountriesByService",
        ),
        params={"rent_time": "duration"},
        param_exceptions={"getHistory.limit": "size"},
        rate=50,
        webhook_sources=("84.32.223.53", "185.138.88.87"),
        notes={"BAD_STATUS": "HeroSMS takes only 3, 6 and 8."},
        remark="named by SMS-Activate as its successor; setStatus takes 3, 6, 8",
    ),
    Provider(
        "vak-sms",
        "VAK-SMS",
        f"https://vak-sms.com{PATH}",
        notes={"BAD_ACTION": "VAK-SMS also says so to a wrong API key."},
        remark="answers BAD_ACTION to a wrong key",
    ),
    Provider(
        "smsbower",
        "SMSBower",
        f"https://smsbower.page{PATH}",
        lacks=("getNumbersStatus", "getActiveActivations"),
        methods=("GET",),
        webhook_sources=("167.235.198.205",),
        remark="GET only",
    ),
    Provider(
        "tiger-sms",
        "Tiger SMS",
        f"https://api.tiger-sms.com{PATH}",
        statuses={"8": "-1"},
        remark="ids of up to 19 digits; cancels with status -1 (8 is translated)",
    ),
    Provider(
        "grizzlysms",
        "GrizzlySMS",
        f"https://api.grizzlysms.com{PATH}",
        statuses={"8": "-1"},
        remark="cancels with status -1 (8 is translated)",
    ),
    Provider(
        "smshub",
        "SMSHub",
        f"https://smshub.org{PATH}",
        actions={"getActiveActivations": "getCurrentActivations"},
        remark="service keys with _0; getCurrentActivations (translated)",
    ),
    Provider(
        "daisysms",
        "DaisySMS",
        f"https://daisysms.com{PATH}",
        params={"maxPrice": "max_price"},
        remark="max_price for maxPrice (translated)",
    ),
    Provider(
        "virtualsms",
        "VirtualSMS",
        "https://api.virtualsms.de/stubs/handler_api",
        remark="429 BANNED is a rate limit, 403 BANNED is for good",
    ),
    Provider("365sms", "365sms", f"https://365sms.com{PATH}", remark="near the reference"),
    Provider("sms-man", "SMS-Man", f"https://api.sms-man.com{PATH}", remark="near the reference"),
    Provider(
        "sms-activate",
        "SMS-Activate",
        f"https://api.sms-activate.ae{PATH}",
        zone=_MOSCOW,
        webhook_sources=("188.42.218.183", "142.91.156.119"),
        closed="SMS-Activate closed on 2025-12-29 and named HeroSMS as its successor: "
        "use provider='herosms', or the sandbox.",
        remark="the reference; closed on 2025-12-29",
    ),
)

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {provider.name: provider for provider in (SANDBOX, *_LIVE)}
)
"""All known providers by name, the sandbox first."""


def find_provider(name: str) -> Provider:
    """Return a provider by its name, however it is spelled.

    Raises
    ------
    UsageProblem
        If there is none; the message names the nearest.

    Examples
    --------
    >>> find_provider("Hero-SMS").base_url
    'https://hero-sms.com/stubs/handler_api.php'
    """
    by_plain = {_plain(known): provider for known, provider in PROVIDERS.items()}
    if found := by_plain.get(_plain(name)):
        return found
    near = [by_plain[match].name for match in get_close_matches(_plain(name), by_plain, 1, 0.5)]
    raise UsageProblem(
        f"unknown provider {without_key(name)[:40]!r}."
        + (f" Did you mean {near[0]}?" if near else "")
        + f" Known: {', '.join(PROVIDERS)}; for another one pass base_url."
    )


def _plain(name: str) -> str:
    """Return a name without case, blanks and hyphens."""
    return "".join(character for character in name.casefold() if character.isalnum())
