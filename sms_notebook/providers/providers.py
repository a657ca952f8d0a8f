"""All providers by name: the sandbox, those that people pay, and those that have closed.

To add a provider, add a row: each of its peculiarities is a field, which all code reads. What a row
says is the provider's own word or was measured; what nobody knows is left at its careful default.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.providers import composites
from sms_notebook.providers.key import without_key
from sms_notebook.providers.row import (
    PATH,
    RENT_ACTIONS,
    TIERS_AND_RATES,
    WHOLE,
    Listing,
    OwnAction,
    Provider,
    Rents,
    StockSuffix,
    TierCount,
)
from sms_notebook.providers.small_providers import (
    CLOSED,
    LATER_PARTS,
    MOSCOW,
    NO_ORDER_ID,
    RARE,
    SMALL,
    STOCK,
    TIERS,
)

LIVE = (
    Provider(
        "herosms",
        "HeroSMS",
        f"https://hero-sms.com{PATH}",
        zone=MOSCOW,
        currency="USD",
        lacks=(
            "getPricesVerification",
            "getMultiServiceNumber",
            "getListOfTopCountriesByService",
        ),
        undocumented=(
            "getPricesExtended",
            "getBalanceAndCashBack",
            "getIncomingCallStatus",
            "parseCall",
            "buyPartnerProduct",
        ),
        beyond=("getAllSms", "getPricesV2"),
        actions={
            "getHistory": OwnAction(params={"limit": "size"}),
            "getPricesV2": OwnAction(
                "getTopCountriesByService", params={"country": ""}, fixed={"freePrice": "true"}
            ),
            "getRentServicesAndCountries": OwnAction(
                params={"rent_time": "duration", "service": ""},
                usual={"rent_time": "24"},
                needs=("country",),
            ),
            "serviceCountRent": OwnAction(params={"rent_time": "duration", "currency": ""}),
            "getRentNumber": OwnAction(
                params={"rent_time": "duration"}, usual={"rent_time": "24"}, needs=("country",)
            ),
            "getRentStatus": OwnAction("getAllSms"),
            "setRentStatus": OwnAction(
                chosen_by="status", names={"1": "finishActivation", "2": "cancelActivation"}
            ),
            "getRentList": OwnAction("getActiveActivations"),
            "continueRentNumber": OwnAction(
                "prolong",
                method="POST",
                params={"rent_time": "duration"},
                usual={"rent_time": "24"},
            ),
            "getContinueRentPriceNumber": OwnAction(
                "prolongOptions", params={"rent_time": "", "currency": ""}
            ),
            "continueRentInfo": OwnAction("prolongHistory"),
            "getExtraActivation": OwnAction(
                "reactivate", method="POST", params={"activationId": "id", "rent_time": "duration"}
            ),
            "checkExtraActivation": OwnAction(
                "reactivateOptions", params={"activationId": "id", "rent_time": ""}
            ),
        },
        composites={
            "getRentServicesAndCountries": composites.rent_offers,
            "getRentList": composites.rents_among_activations,
            "getRentStatus": composites.rent_messages,
            "setRentStatus": composites.end_after_reading,
            "continueRentInfo": composites.price_and_history,
        },
        ignores=(
            *("activationType", "language", "useCashBack", "userId", "forward"),
            *("url", "incomingCall"),
            *NO_ORDER_ID,
        ),
        filters=("fixedPrice",),
        tiers={
            "getTopCountriesByService": TierCount.CUMULATIVE,
            "getTopCountriesByServiceRank": TierCount.CUMULATIVE,
            "getPricesV2": TierCount.CUMULATIVE,
        },
        takes=("3", "6", "8"),
        listing=Listing(size=100, is_proof=True, rest="/api/v1/activations", rest_size=25),
        methods=("GET",),
        rents=Rents.AS_ACTIVATIONS,
        rate=5,
        webhook_sources=("84.32.223.53", "185.138.88.87"),
        notes={"BAD_STATUS": "HeroSMS takes only 3, 6 and 8."},
        longest_life=60 * 60.0,
        shortest_rent=24,
        rent_hours=(24, 72, 168, 336, 720, 1440, 2160, 4320),
        remark="named by SMS-Activate as its successor; rents are activations that last longer",
    ),
    Provider(
        "smsbower",
        "SMSBower",
        f"https://smsbower.page{PATH}",
        currency="USD",
        lacks=("getNumbersStatus", "getActiveActivations"),
        undocumented=("getStatusV2", "getHistory", *RARE),
        beyond=("getPricesV2",),
        actions={"getPricesV2": TIERS},
        ignores=("operator", "activationType", "language", "useCashBack", *NO_ORDER_ID),
        params={"userId": "userID"},
        filters=("minPrice", "providerIds", "exceptProviderIds"),
        tiers={"getPricesV2": TierCount.EXACT, "getPricesV3": TierCount.EXACT},
        methods=("GET",),
        rents=Rents.NONE,
        webhook_sources=("167.235.198.205",),
        remark="GET only; no list of activations, so a lost purchase is settled by a person",
    ),
    Provider(
        "tiger-sms",
        "Tiger SMS",
        f"https://api.tiger-sms.com{PATH}",
        currency="USD",
        lacks=("getNumbersStatus", "getOperators", "getTopCountriesByService"),
        undocumented=("getHistory", *RARE),
        beyond=("getPricesV2", "getDeliveryRates"),
        actions={"getPricesV2": TIERS, "getDeliveryRates": OwnAction("getProviders")},
        ignores=(
            "operator",
            "phoneException",
            "language",
            "useCashBack",
            "userId",
            *NO_ORDER_ID,
        ),
        filters=("fixedPrice", "providerIds", "exceptProviderIds"),
        tiers={"getPricesV2": TierCount.CUMULATIVE, "getPricesV3": TierCount.EXACT},
        listing=Listing(size=100),
        rents=Rents.NONE,
        vague=("BAD_ACTION",),
        notes={"BAD_ACTION": "Tiger SMS also says so when something fails inside."},
        remark="ids of up to 19 digits; an empty list of activations may be a failure",
    ),
    Provider(
        "grizzlysms",
        "GrizzlySMS",
        f"https://api.grizzlysms.com{PATH}",
        currency="USD",
        undocumented=("getHistory", *STOCK, *RARE, *RENT_ACTIONS),
        beyond=("getPricesV2",),
        actions={"getPricesV2": TIERS},
        ignores=NO_ORDER_ID,
        filters=("minPrice", "providerIds", "exceptProviderIds"),
        tiers={"getPricesV2": TierCount.UNKNOWN, "getPricesV3": TierCount.EXACT},
        rents=Rents.NONE,
        remark="says in its reply until when a number lives and when it can be cancelled",
    ),
    Provider(
        "smshub",
        "SMSHub",
        f"https://smshub.org{PATH}",
        undocumented=(
            *(name for name in LATER_PARTS if name != "getActiveActivations"),
            "getCountries",
            "getServicesList",
            "getOperators",
            "getTopCountriesByService",
        ),
        beyond=("getPricesV2",),
        actions={
            "getActiveActivations": OwnAction("getCurrentActivations"),
            "getPricesV2": OwnAction("getPrices"),
        },
        ignores=NO_ORDER_ID,
        tiers={"getPrices": TierCount.UNKNOWN},
        rents=Rents.NONE,
        remark="lists ids without service and price; prices come as price and count",
    ),
    Provider(
        "vak-sms",
        "VAK-SMS",
        f"https://vak-sms.com{PATH}",
        undocumented=(*LATER_PARTS, *STOCK),
        ignores=NO_ORDER_ID,
        rents=Rents.NONE,
        vague=("BAD_ACTION",),
        notes={"BAD_ACTION": "VAK-SMS also says so to a wrong API key or id."},
        remark="answers BAD_ACTION to a wrong key or id",
    ),
    Provider(
        "virtualsms",
        "VirtualSMS",
        "https://api.virtualsms.de/stubs/handler_api",
        currency="USD",
        lacks=("getHistory", *RENT_ACTIONS),
        undocumented=(
            "getMultiServiceNumber",
            "getBalanceAndCashBack",
            "buyPartnerProduct",
            "getTopCountriesByService",
            "getTopCountriesByServiceRank",
        ),
        beyond=tuple(TIERS_AND_RATES),
        actions={
            **TIERS_AND_RATES,
            "getExtraActivation": OwnAction(params={"activationId": "id"}),
            "checkExtraActivation": OwnAction(params={"activationId": "id"}),
        },
        tiers={"getPricesExtended": TierCount.UNKNOWN},
        methods=("GET",),
        order_id=True,
        rents=Rents.NONE,
        stock_suffix=StockSuffix.COUNTRY,
        first_cancel=5 * 60.0,
        remark="429 BANNED passes, 403 BANNED is for good; no cancel in the first 5 minutes",
    ),
    Provider(
        "sms-man",
        "SMS-Man",
        f"https://api.sms-man.com{PATH}",
        undocumented=(*LATER_PARTS, *STOCK),
        actions={
            "getServicesList": OwnAction("getServices"),
            "getPrices": OwnAction(fixed={"currency": "USD"}),
            "getNumber": OwnAction(fixed={"currency": "USD"}),
        },
        ignores=("operator", "phoneException", *NO_ORDER_ID),
        statuses={"8": "-1"},
        takes=("1", "6", "8"),
        rents=Rents.NONE,
        own_countries=True,
        remark="ids of countries are its own; cancels with status -1 (8 is translated)",
    ),
    *SMALL,
    *CLOSED,
)
"""The providers, those that still answer first."""


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
    if same := by_plain.get(_plain(name)):
        return same
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
