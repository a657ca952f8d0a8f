"""All frames, once: this table drives the readers, the documentation and the tests."""

from sms_notebook.protocol.frames.kinds import (
    CALLER,
    CODE,
    CODES,
    COUNT,
    CURRENCY,
    FLAG,
    LICENCE,
    LINK,
    MONEY,
    NAME,
    PHONE,
    TEXT,
    TIME,
    WORDS,
)
from sms_notebook.protocol.frames.schema import Column, Schema

_ACTIVATION_ID = Column(
    "activation_id", NAME, "id of the activation", ("activationId", "activation", "id"), True
)
_RENT_ID = Column("rent_id", NAME, "id of the rent", ("id", "rentId"), True)
_PHONE = Column(
    "phone_number",
    PHONE,
    "number with country code, without +",
    ("phoneNumber", "phone", "number"),
    True,
)
_SERVICE = Column("service", TEXT, "code of the service", ("service", "serviceCode", "code"), True)
_ANY_SERVICE = Column("service", TEXT, "code of the service", ("service", "serviceCode"))
_COUNTRY = Column("country", COUNT, "id of the country", ("country", "countryCode"), True)
_ANY_COUNTRY = Column("country", COUNT, "id of the country", ("countryCode", "country"))
_COST = Column("cost", MONEY, "price of one activation, provider's currency", ("cost", "price"))
_COUNT = Column("count", COUNT, "numbers in stock", ("count", "qty"))
_PHYSICAL = Column(
    "physical_count", COUNT, "numbers that can really be bought now", ("physicalCount",)
)
_FREE_PRICE = Column("free_price", MONEY, "price of the FreePrice tier, provider's currency")
_FREE_COUNT = Column("free_price_count", COUNT, "numbers at that tier")
_CURRENCY = Column("currency", CURRENCY, "ISO 4217, for example USD", ("currency",))
_ACTIVATION_COST = Column(
    "activation_cost", MONEY, "what it cost, in currency", ("activationCost", "cost")
)
_AGAIN = Column(
    "can_get_another_sms", FLAG, "whether more than one code can come", ("canGetAnotherSms",)
)
_SINCE = Column("activation_time", TIME, "when it was bought", ("activationTime",))
_STATUS = Column("status", TEXT, "the status, a word of the protocol", ("status",), True)

NUMBERS_STATUS = Schema(
    (
        _SERVICE,
        Column("forward", FLAG, "whether the stock is for call forwarding"),
        _COUNT,
    ),
)
TOP_COUNTRIES = Schema(
    (
        _ANY_SERVICE,
        _COUNTRY,
        _COUNT,
        Column("price", MONEY, "your price, provider's currency", ("price", "cost")),
        Column("retail_price", MONEY, "price without a discount", ("retail_price", "retailPrice")),
        _FREE_PRICE,
        _FREE_COUNT,
    ),
)
BALANCE = Schema(
    (Column("balance", MONEY, "money in the account, provider's currency", ("balance",), True),),
)
OPERATORS = Schema(
    (_COUNTRY, Column("operator", NAME, "name of the operator", ("operator",), True)),
)
ACTIVE_ACTIVATIONS = Schema(
    (
        _ACTIVATION_ID,
        Column("service", TEXT, "code of the service", ("serviceCode", "service")),
        _PHONE,
        _ACTIVATION_COST,
        _CURRENCY,
        Column("activation_status", NAME, "number of the status", ("activationStatus",)),
        Column("sms_code", CODE, "the latest code"),
        Column("sms_codes", CODES, "all codes, the latest last", ("smsCode",)),
        Column("sms_text", WORDS, "the latest message", ("smsText",)),
        _SINCE,
        Column("discount", MONEY, "discount, percent", ("discount",)),
        Column("repeated", FLAG, "whether the number was used again", ("repeated",)),
        _ANY_COUNTRY,
        Column("country_name", NAME, "name of the country", ("countryName",)),
        _AGAIN,
    ),
)
NUMBER = Schema((_ACTIVATION_ID, _PHONE))
NUMBER_V2 = Schema(
    (
        _ACTIVATION_ID,
        _PHONE,
        _ACTIVATION_COST,
        _CURRENCY,
        _ANY_COUNTRY,
        _AGAIN,
        _SINCE,
        Column("activation_operator", NAME, "operator of the number", ("activationOperator",)),
    ),
)
MULTI_SERVICE = Schema((_ACTIVATION_ID, _PHONE, _SERVICE))
STATUS_CHANGE = Schema((_ACTIVATION_ID, _STATUS))
STATUS = Schema((_ACTIVATION_ID, _STATUS, Column("code", CODE, "the code; NA where none has come")))
MESSAGES = Schema(
    (
        _ACTIVATION_ID,
        Column("channel", TEXT, "sms or call", required=True),
        Column("date_time", TIME, "when it came", ("dateTime", "date", "receivedAt")),
        Column("code", CODE, "the code", ("code",)),
        Column("text", WORDS, "the message, or what was understood of the call", ("text",)),
        Column("phone_from", CALLER, "who called", ("from", "phoneFrom")),
        Column("url", LINK, "recording of the call; comes from strangers", ("url",)),
        Column("parsing_count", COUNT, "how often the call was parsed", ("parsingCount",)),
    ),
)
HISTORY = Schema(
    (
        _ACTIVATION_ID,
        Column("date", TIME, "when it was bought", ("date",)),
        Column(
            "phone_number", PHONE, "number with country code, without +", ("phone", "phoneNumber")
        ),
        Column("sms", WORDS, "the messages, one a line", ("sms",)),
        Column("cost", MONEY, "what it cost, in currency; 0 while active", ("cost",)),
        _CURRENCY,
        Column("status", NAME, "number of the status", ("status",)),
    ),
)
TOP_LIST = Schema(
    (
        _COUNTRY,
        Column("share", MONEY, "share of all purchases of the service, percent", ("share",)),
        Column("rate", MONEY, "activations that got their code, percent", ("rate",)),
    ),
)
INCOMING_CALL = Schema(
    (
        _ACTIVATION_ID,
        Column(
            "status", NAME, "2 new, 3 finished, 4 cancelled, 5 returned", ("status",), required=True
        ),
        Column("phone", CALLER, "who called; NA where nobody has", ("phone",)),
    ),
)
PRICES = Schema((_COUNTRY, _SERVICE, _COST, _COUNT, _PHYSICAL))
PRICES_EXTENDED = Schema((_COUNTRY, _SERVICE, _COST, _COUNT, _PHYSICAL, _FREE_PRICE, _FREE_COUNT))
PRICES_VERIFICATION = Schema(
    (
        _SERVICE,
        _COUNTRY,
        _COUNT,
        Column("price", MONEY, "price, provider's currency", ("price", "cost")),
    ),
)
COUNTRIES = Schema(
    (
        Column("country", COUNT, "id of the country", ("id", "country"), True),
        Column("rus", NAME, "name in Russian", ("rus",)),
        Column("eng", NAME, "name in English", ("eng", "name")),
        Column("chn", NAME, "name in Chinese", ("chn",)),
        Column("visible", FLAG, "shown on the provider's site", ("visible",)),
        Column("retry", FLAG, "a second SMS can be had", ("retry",)),
        Column("rent", FLAG, "numbers can be rented", ("rent",)),
        Column("multi_service", FLAG, "one number for several services", ("multiService",)),
    ),
)
SERVICES = Schema(
    (
        Column("service", NAME, "code of the service", ("code", "service", "id"), True),
        Column("name", NAME, "name of the service", ("name",)),
    ),
)
EXTRA_CHECK = Schema(
    (
        _ACTIVATION_ID,
        Column("cost", MONEY, "price of the next activation", ("cost", "price"), True),
        _ANY_SERVICE,
        Column(
            "phone_number", PHONE, "number with country code, without +", ("phone", "phoneNumber")
        ),
        Column("country", COUNT, "id of the country", ("country", "countryCode")),
    ),
)
PARSE_CALL = Schema(
    (_ACTIVATION_ID, Column("result", TEXT, "OK when it is being done", ("result",), True)),
)
RENT_OFFERS = Schema(
    (
        _SERVICE,
        Column("cost", MONEY, "price of the whole rent, in currency", ("cost", "price")),
        Column("quant", COUNT, "numbers that can be rented", ("quant", "count")),
        _CURRENCY,
    ),
)
RENT = Schema(
    (
        _RENT_ID,
        Column(
            "phone_number",
            PHONE,
            "number with country code, without +",
            ("number", "phone", "phoneNumber"),
            True,
        ),
        Column("end_date", TIME, "when the rent ends", ("endDate", "end_date")),
    ),
)
RENT_MESSAGES = Schema(
    (
        _RENT_ID,
        Column("phone_from", CALLER, "who sent it", ("phoneFrom", "from")),
        Column("text", WORDS, "the message", ("text",)),
        _ANY_SERVICE,
        Column("date", TIME, "when it came", ("date",)),
    ),
)
RENT_STATUS = Schema((_RENT_ID, _STATUS))
RENT_LIST = Schema(
    (
        _RENT_ID,
        Column(
            "phone_number",
            PHONE,
            "number with country code, without +",
            ("phone", "number", "phoneNumber"),
            True,
        ),
    ),
)
RENT_PRICE = Schema(
    (
        _RENT_ID,
        Column("price", MONEY, "price of the extension, in currency", ("price", "cost"), True),
        _CURRENCY,
    ),
)
RENT_INFO = Schema(
    (
        *RENT_PRICE.columns,
        Column("hours", COUNT, "hours of the extension", ("hours",)),
    ),
)
PARTNER_PRODUCT = Schema(
    (
        Column("product_id", NAME, "id of the product", required=True),
        Column("key", LICENCE, "the licence key that was bought", ("key",), True),
        Column("manual", LICENCE, "how to get the product", ("manual",)),
    ),
)
