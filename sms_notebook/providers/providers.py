"""All providers by name: the sandbox, and those that people pay.

To add a provider, add a row: each of its peculiarities is a field, which all code reads.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.providers.key import without_key
from sms_notebook.providers.live import LIVE
from sms_notebook.providers.row import PATH, TIERS_AND_RATES, WHOLE, Provider

SANDBOX = Provider(
    "sandbox",
    "Sandbox",
    f"http://sandbox.invalid{PATH}",
    needs_key=False,
    real_money=False,
    currency="USD",
    beyond=tuple(TIERS_AND_RATES),
    actions=TIERS_AND_RATES,
    order_id=True,
    listing=WHOLE,
    own_clock=True,
    webhook_sources=("127.0.0.1", "::1"),
    remark="embedded, needs no account and no network; no real money",
)

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {provider.name: provider for provider in (SANDBOX, *LIVE)}
)
"""All known providers by name, the sandbox first."""


def embedded_in(dialect: str) -> Provider:
    """Return the embedded sandbox as it speaks a dialect: that of a provider of this name.

    Parameters
    ----------
    dialect : str
        As ``Sandbox(dialect=…)`` takes it.
    """
    spoken = PROVIDERS.get(dialect)
    if spoken is None:
        return SANDBOX
    return replace(
        spoken,
        name=SANDBOX.name,
        title=f"{SANDBOX.title} that speaks {dialect}",
        base_url=SANDBOX.base_url,
        needs_key=False,
        real_money=False,
        own_clock=True,
        rate=None,
        closed="",
        webhook_sources=SANDBOX.webhook_sources,
    )


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
    from difflib import get_close_matches  # noqa: PLC0415 - only for who misspelt something

    near = [by_plain[match].name for match in get_close_matches(_plain(name), by_plain, 1, 0.5)]
    hints = [Hint("did you mean {near}?", near=near[0])] if near else []
    known = Hint("known: {names}; for another one use {base_url}", names=", ".join(PROVIDERS))
    raise UsageProblem(
        Phrase("unknown provider {name!r}", name=without_key(name)[:40]), hints=[*hints, known]
    )


def _plain(name: str) -> str:
    """Return a name without case, blanks and hyphens."""
    return "".join(character for character in name.casefold() if character.isalnum())
