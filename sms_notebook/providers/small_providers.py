"""The small providers, of which less is known, and those that have closed: one row each."""

from datetime import timedelta, timezone

from sms_notebook.providers.row import (
    PATH,
    RENT_ACTIONS,
    TIERS_AND_RATES,
    WHOLE,
    OwnAction,
    Provider,
    Rents,
)

MOSCOW = timezone(timedelta(hours=3))
SECOND_VERSIONS = ("getNumberV2", "getStatusV2")
LISTS = ("getActiveActivations", "getHistory")
RARE = (
    "getPricesExtended",
    "getPricesVerification",
    "getListOfTopCountriesByService",
    "getTopCountriesByServiceRank",
    "getMultiServiceNumber",
    "getBalanceAndCashBack",
    "getIncomingCallStatus",
    "parseCall",
    "checkExtraActivation",
    "getExtraActivation",
    "buyPartnerProduct",
)
STOCK = ("getOperators", "getNumbersStatus", "getTopCountriesByService")
LATER_PARTS = (*SECOND_VERSIONS, *LISTS, *RARE, *RENT_ACTIONS)
"""What no source names at the small providers, which took over the oldest part of the protocol."""

TIERS = OwnAction(chosen_by="bySupplier", names={"true": "getPricesV3"})
"""Prices by amount, or by supplier."""
NO_ORDER_ID = ("orderId",)

SMALL = (
    Provider(
        "365sms",
        "365sms",
        f"https://365sms.com{PATH}",
        undocumented=(
            *LATER_PARTS,
            "getCountries",
            "getServicesList",
            "getOperators",
            "getPrices",
            "getTopCountriesByService",
        ),
        ignores=NO_ORDER_ID,
        methods=("GET",),
        rents=Rents.NONE,
        remark="GET only; the oldest part of the protocol",
    ),
    Provider(
        "daisysms-io",
        "DaisySMS (daisysms.io)",
        f"https://daisysms.io{PATH}",
        currency="USD",
        undocumented=(
            *(
                name
                for name in LATER_PARTS
                if name not in ("getExtraActivation", "getPricesVerification")
            ),
            *STOCK,
            "getCountries",
            "getServicesList",
        ),
        params={"maxPrice": "max_price"},
        actions={"getStatus": OwnAction(fixed={"text": "1"})},
        ignores=("operator", "phoneException", *NO_ORDER_ID),
        takes=("6", "8"),
        methods=("GET",),
        rents=Rents.NONE,
        remark="another one than daisysms.com, which closed; the USA only",
    ),
    Provider(
        "onlinesim",
        "OnlineSim",
        "https://api-conserver.onlinesim.io/stubs/handler_api.php",
        undocumented=(*SECOND_VERSIONS, *LISTS, *RARE, "getPrices", "getServicesList"),
        beyond=("getAllSms",),
        actions={
            "getRentNumber": OwnAction(params={"rent_time": "time"}),
            "getAllSms": OwnAction("getFullSms"),
        },
        ignores=NO_ORDER_ID,
        takes=("1", "3", "6"),
        own_countries=True,
        life=15 * 60.0,
        can_cancel=False,
        shortest_rent=24,
        remark="its Alternative API; nothing can be cancelled; rents are whole days",
    ),
    Provider(
        "sms-verification-number",
        "SMS Verification Number",
        "https://sms-verification-number.com/stubs/handler_api",
        currency="USD",
        undocumented=(
            "getStatusV2",
            "getHistory",
            "getNumbersStatus",
            "getOperators",
            "getTopCountriesByService",
            *RARE,
        ),
        beyond=("getDeliveryRates",),
        actions={
            "getDeliveryRates": OwnAction("getServicesAndCostWithStatistics"),
            "getActiveActivations": OwnAction("getCurrentActivationsList"),
            "getCountries": OwnAction("getCountryAndOperators"),
            "getServicesList": OwnAction("getServicesAndCost"),
        },
        words={"ERROR_API": "NO_SUCH_VALUE"},
        fixed_params={"lang": "en"},
        ignores=("phoneException", *NO_ORDER_ID),
        takes=("3", "6", "8"),
        rents=Rents.NONE,
        rate=150,
        notes={"ERROR_API": "SMS Verification Number also says so to an unknown service or id."},
        remark="lang=en (dollars) is always sent: without it calls succeed in another currency",
    ),
    Provider(
        "smspool",
        "SMSPool",
        f"https://api.smspool.net{PATH}",
        currency="USD",
        undocumented=LATER_PARTS,
        fixed_params={"setting": "smspool"},
        ignores=NO_ORDER_ID,
        rents=Rents.NONE,
        own_countries=True,
        remark="setting=smspool is always sent: ids of countries and services are its own",
    ),
    Provider(
        "5sim",
        "5sim (API 1)",
        f"http://api1.5sim.net{PATH}",
        undocumented=(*LATER_PARTS, "getPrices", "getCountries", "getServicesList", "getOperators"),
        ignores=NO_ORDER_ID,
        methods=("GET",),
        rents=Rents.NONE,
        own_countries=True,
        named_places=True,
        remark="its old door, over plain http: the key can be read on the way",
    ),
    Provider(
        "sms-online",
        "sms.online",
        f"https://api.sms.online{PATH}",
        remark="near the reference, with rents",
    ),
    Provider(
        "sms-online-pro",
        "sms-online.pro",
        f"https://sms-online.pro{PATH}",
        undocumented=LATER_PARTS,
        ignores=("operator", *NO_ORDER_ID),
        rents=Rents.NONE,
        remark="the oldest part of the protocol",
    ),
    Provider(
        "privatesms",
        "PrivateSMS",
        f"http://privatesms.vip{PATH}",
        undocumented=("getStatusV2", *LISTS, *RARE),
        ignores=NO_ORDER_ID,
        filters=("minPrice",),
        rents=Rents.NONE,
        first_cancel=60.0,
        remark="over plain http: the key can be read on the way",
    ),
    Provider(
        "receivesms-store",
        "ReceiveSMS.store",
        f"https://receivesms.store{PATH}",
        undocumented=(*LATER_PARTS, "getPrices", "getCountries", "getServicesList", "getOperators"),
        ignores=NO_ORDER_ID,
        rents=Rents.NONE,
        remark="getBalance, getNumber, getStatus and setStatus only",
    ),
    Provider(
        "sms24h",
        "SMS24h",
        "https://api.sms24h.org/stubs/handler_api",
        currency="BRL",
        undocumented=LATER_PARTS,
        ignores=NO_ORDER_ID,
        rents=Rents.NONE,
        remark="prices in Brazilian real",
    ),
    Provider(
        "smslive",
        "SMSLive",
        f"https://smslive.pro{PATH}",
        undocumented=LATER_PARTS,
        ignores=NO_ORDER_ID,
        rents=Rents.NONE,
        remark="little is known: check it first",
    ),
    Provider(
        "sms-rooms",
        "SMS-Rooms",
        f"https://sms-rooms.com{PATH}",
        undocumented=LATER_PARTS,
        ignores=NO_ORDER_ID,
        rents=Rents.NONE,
        remark="little is known: check it first",
    ),
)
"""The small ones."""

CLOSED = (
    Provider(
        "daisysms",
        "DaisySMS",
        f"https://daisysms.com{PATH}",
        currency="USD",
        undocumented=(*LATER_PARTS, *STOCK, "getCountries", "getServicesList"),
        params={"maxPrice": "max_price"},
        rents=Rents.NONE,
        closed="daisysms.com closed on 2026-03-26. daisysms.io is another provider: daisysms-io.",
        remark="closed on 2026-03-26; daisysms.io is another one",
    ),
    Provider(
        "sms-activate",
        "SMS-Activate",
        f"https://api.sms-activate.ae{PATH}",
        zone=MOSCOW,
        beyond=tuple(TIERS_AND_RATES),
        actions=TIERS_AND_RATES,
        order_id=True,
        listing=WHOLE,
        webhook_sources=("188.42.218.183", "142.91.156.119"),
        closed="SMS-Activate closed on 2025-12-29 and named HeroSMS as its successor: "
        "use the provider herosms, or the sandbox.",
        remark="the reference; closed on 2025-12-29",
    ),
)
"""Those that have closed."""
