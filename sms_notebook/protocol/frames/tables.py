"""All frames, once: this table drives the readers, the documentation and the tests.

Columns stand as a person looks for them: number, service, country, price, state, code; then stock,
times and the rest; ids last.
"""

from msgspec.structs import replace

from sms_notebook.protocol.frames import kinds
from sms_notebook.protocol.frames.schema import Column, Schema

CODE_FIELDS = ("smsCode", "sms", "otpList", "sms_code", "code", "otp")
"""Where records tell codes: plain, or within records of messages."""
TEXT_FIELDS = ("smsText", "sms_text", "text", "fullText", "message")
"""Where records tell messages."""
COUNTRY_FIELDS = ("country", "countryCode", "country_id")
SERVICE_FIELDS = ("service", "serviceCode", "service_code")
"""Where records name a country and a service."""

# Columns that several frames have ----------------------------------------------------------------

_ACTIVATION_ID = Column(
    "activation_id",
    kinds.NAME,
    "id of the activation",
    (
        *("activationId", "activation_id", "act_id", "actId", "id", "activation"),
        *("numberid", "numberId"),
    ),
    True,
)
_RENT_ID = Column(
    "rent_id",
    kinds.NAME,
    "id of the rent",
    ("id", "rentId", "rent_id", "activationId", "activation_id"),
    True,
)
_PHONE = Column(
    "phone_number",
    kinds.PHONE,
    "number with country code, without +",
    ("phoneNumber", "phone", "number", "phone_number", "msisdn"),
    True,
)
_SERVICE = Column("service", kinds.TEXT, "code of the service", (*SERVICE_FIELDS, "code"), True)
_ANY_SERVICE = replace(_SERVICE, wire=SERVICE_FIELDS, required=False)
_COUNTRY = Column("country", kinds.COUNT, "id of the country", COUNTRY_FIELDS, True)
_ANY_COUNTRY = replace(
    _COUNTRY, wire=("countryCode", "country", "country_code", "country_id"), required=False
)
_COST = Column(
    "cost", kinds.MONEY, "price of one activation, provider's currency", ("cost", "price", "amount")
)
_COUNT = Column(
    "count",
    kinds.COUNT,
    "numbers in stock",
    ("count", "qty", "cnt", "quantity", "quant", "total_count"),
)
_PHYSICAL = Column(
    "physical_count",
    kinds.COUNT,
    "numbers that can really be bought now",
    ("physicalCount", "physical_count", "physicalTotalCount"),
)
_COUNT_KIND = Column(
    "count_kind",
    kinds.TEXT,
    "of a tier: exact (so many cost that), cumulative (that or less) or not known; else NA",
)
_FREE_PRICE = Column("free_price", kinds.MONEY, "price of the FreePrice tier, provider's currency")
_FREE_COUNT = Column("free_price_count", kinds.COUNT, "numbers at that tier")
_CURRENCY = Column("currency", kinds.CURRENCY, "ISO 4217, for example USD", ("currency",))
_ACTIVATION_COST = Column(
    "activation_cost",
    kinds.MONEY,
    "what it cost, in currency",
    ("activationCost", "activation_cost", "cost", "price"),
)
_AGAIN = Column(
    "can_get_another_sms",
    kinds.FLAG,
    "whether more than one code can come",
    ("canGetAnotherSms", "can_get_another_sms"),
)
_SINCE = Column(
    "activation_time",
    kinds.TIME,
    "when it was bought",
    ("activationTime", "activation_time", "createdAt", "createDate", "created_at"),
)
_UNTIL = Column(
    "activation_end_time",
    kinds.TIME,
    "until when it lives, where that is named",
    (
        *("activationEndTime", "activationEnd", "activation_end_time", "expiredAt", "expiresAt"),
        *("expires_at", "endDate"),
    ),
)
_CANCEL = Column(
    "activation_cancel",
    kinds.TIME,
    "from when it can be cancelled, where that is named",
    ("activationCancel", "activation_cancel"),
)
_STATUS = Column("status", kinds.TEXT, "the status, a word of the protocol", ("status",), True)
_RENT_END = Column(
    "end_date",
    kinds.TIME,
    "when the rent ends",
    ("endDate", "end_date", "activationEndTime", "activationEnd", "expiredAt"),
)
_RENT_COST = Column(
    "cost",
    kinds.MONEY,
    "what it cost, in currency; NA where that is not told",
    ("activationCost", "cost", "price"),
)

# Frames -------------------------------------------------------------------------------------------

NUMBERS_STATUS = Schema(
    _SERVICE,
    _COUNT,
    Column("forward", kinds.FLAG, "whether the stock is for call forwarding"),
)
TOP_COUNTRIES = Schema(
    _ANY_SERVICE,
    _ANY_COUNTRY,
    Column("price", kinds.MONEY, "your price, provider's currency", ("price", "cost")),
    Column(
        "retail_price", kinds.MONEY, "price without a discount", ("retail_price", "retailPrice")
    ),
    _FREE_PRICE,
    _COUNT,
    _FREE_COUNT,
    _COUNT_KIND,
)
BALANCE = Schema(
    Column("balance", kinds.MONEY, "money in the account, provider's currency", ("balance",), True),
)
OPERATORS = Schema(
    _ANY_COUNTRY,
    Column("operator", kinds.NAME, "name of the operator", ("operator",), True),
)
ACTIVE_ACTIVATIONS = Schema(
    _PHONE,
    replace(_ANY_SERVICE, wire=("serviceCode", "service", "service_code")),
    _ANY_COUNTRY,
    Column("country_name", kinds.NAME, "name of the country", ("countryName",)),
    _ACTIVATION_COST,
    _CURRENCY,
    Column("activation_status", kinds.NAME, "number of the status", ("activationStatus", "status")),
    Column("sms_code", kinds.CODE, "the latest code"),
    Column("sms_codes", kinds.CODES, "all codes, the latest last", CODE_FIELDS),
    Column("sms_text", kinds.WORDS, "the latest message", TEXT_FIELDS),
    _AGAIN,
    _SINCE,
    _UNTIL,
    _CANCEL,
    Column("discount", kinds.REAL, "discount, percent", ("discount",)),
    Column("repeated", kinds.FLAG, "whether the number was used again", ("repeated",)),
    _ACTIVATION_ID,
)
NUMBER = Schema(_PHONE, _ACTIVATION_COST, _ACTIVATION_ID)
NUMBER_V2 = Schema(
    _PHONE,
    _ANY_COUNTRY,
    Column(
        "activation_operator",
        kinds.NAME,
        "operator of the number",
        ("activationOperator", "activation_operator", "operator"),
    ),
    _ACTIVATION_COST,
    _CURRENCY,
    _AGAIN,
    _SINCE,
    _UNTIL,
    _CANCEL,
    _ACTIVATION_ID,
)
MULTI_SERVICE = Schema(_PHONE, _SERVICE, _ACTIVATION_ID)
STATUS_CHANGE = Schema(_STATUS, _ACTIVATION_ID)
STATUS = Schema(
    _STATUS,
    Column("code", kinds.CODE, "the code; NA where none has come", CODE_FIELDS),
    Column("text", kinds.WORDS, "the message, where the provider sends it along", TEXT_FIELDS),
    _ACTIVATION_ID,
)
MESSAGES = Schema(
    Column("code", kinds.CODE, "the code", ("code", "smsCode", "otp")),
    Column(
        "text",
        kinds.WORDS,
        "the message, or what was understood of the call",
        ("text", "smsText", "fullText", "message"),
    ),
    Column("phone_from", kinds.CALLER, "who called", ("from", "phoneFrom")),
    Column("channel", kinds.TEXT, "sms or call", required=True),
    Column("url", kinds.LINK, "recording of the call; comes from strangers", ("url",)),
    Column(
        "date_time", kinds.TIME, "when it came", ("dateTime", "date", "receivedAt", "received_at")
    ),
    Column("parsing_count", kinds.COUNT, "how often the call was parsed", ("parsingCount",)),
    _ACTIVATION_ID,
)
HISTORY = Schema(
    replace(_PHONE, wire=("phone", "phoneNumber", "number", "phone_number"), required=False),
    Column(
        "cost",
        kinds.MONEY,
        "what it cost, in currency; 0 while active",
        ("cost", "price", "activationCost"),
    ),
    _CURRENCY,
    Column("status", kinds.NAME, "number of the status", ("status", "activationStatus")),
    Column(
        "sms",
        kinds.WORDS,
        "the messages, one a line",
        ("sms", *TEXT_FIELDS, "smsCode", "code", "otpList", "moreCodes"),
    ),
    Column(
        "date",
        kinds.TIME,
        "when it was bought",
        ("date", "createDate", "createdAt", "activationTime"),
    ),
    _ACTIVATION_ID,
)
TOP_LIST = Schema(
    _COUNTRY,
    Column("rate", kinds.REAL, "activations that got their code, percent", ("rate",)),
    Column("share", kinds.REAL, "share of all purchases of the service, percent", ("share",)),
)
INCOMING_CALL = Schema(
    Column("status", kinds.NAME, "2 new, 3 finished, 4 cancelled, 5 returned", ("status",), True),
    Column("phone", kinds.CALLER, "who called; NA where nobody has", ("phone",)),
    _ACTIVATION_ID,
)
PRICES = Schema(_SERVICE, _ANY_COUNTRY, _COST, _COUNT, _PHYSICAL, _COUNT_KIND)
PRICES_EXTENDED = Schema(
    _SERVICE,
    _ANY_COUNTRY,
    _COST,
    _FREE_PRICE,
    _COUNT,
    _PHYSICAL,
    _FREE_COUNT,
    _COUNT_KIND,
)
PRICE_TIERS = Schema(
    _SERVICE,
    _ANY_COUNTRY,
    Column("price", kinds.MONEY, "price of the tier, provider's currency", ("price", "cost"), True),
    _CURRENCY,
    _COUNT,
    _COUNT_KIND,
    Column(
        "provider_id",
        kinds.NAME,
        "whose numbers they are, where that is named",
        ("provider_id", "providerId"),
    ),
)
PRICES_VERIFICATION = Schema(
    _SERVICE,
    _COUNTRY,
    Column("price", kinds.MONEY, "price, provider's currency", ("price", "cost")),
    _COUNT,
)
COUNTRIES = Schema(
    Column("country", kinds.COUNT, "id of the country", ("id", "country"), True),
    Column("eng", kinds.NAME, "name in English", ("eng", "name_en", "title", "name")),
    Column("rus", kinds.NAME, "name in Russian", ("rus",)),
    Column("chn", kinds.NAME, "name in Chinese", ("chn",)),
    Column("visible", kinds.FLAG, "shown on the provider's site", ("visible",)),
    Column("retry", kinds.FLAG, "a second SMS can be had", ("retry",)),
    Column("rent", kinds.FLAG, "numbers can be rented", ("rent",)),
    Column("multi_service", kinds.FLAG, "one number for several services", ("multiService",)),
)
SERVICES = Schema(
    Column("service", kinds.NAME, "code of the service", ("code", "service", "id"), True),
    Column("name", kinds.NAME, "name of the service", ("name", "title", "name_en")),
)
EXTRA_CHECK = Schema(
    replace(_PHONE, wire=("phone", "phoneNumber"), required=False),
    _ANY_SERVICE,
    Column("country", kinds.COUNT, "id of the country", ("country", "countryCode")),
    Column("cost", kinds.MONEY, "price of the next activation", ("cost", "price"), True),
    _ACTIVATION_ID,
)
PARSE_CALL = Schema(
    Column("result", kinds.TEXT, "OK when it is being done", ("result",), True),
    _ACTIVATION_ID,
)
RENT_OFFERS = Schema(
    _SERVICE,
    Column("cost", kinds.MONEY, "price of the whole rent, in currency", ("cost", "price")),
    _CURRENCY,
    Column(
        "quant",
        kinds.COUNT,
        "numbers that can be rented",
        ("quant", "count", "quantity", "qty", "cnt"),
    ),
)
RENT = Schema(
    replace(_PHONE, wire=("number", "phone", "phoneNumber", "phone_number")),
    _RENT_COST,
    _CURRENCY,
    _RENT_END,
    _RENT_ID,
)
ALL_MESSAGES = Schema(
    _ANY_SERVICE,
    Column("code", kinds.CODE, "the code; NA where there is none", ("code", "smsCode", "otp")),
    Column("text", kinds.WORDS, "the message", ("text", "smsText", "fullText", "message")),
    Column("phone_from", kinds.CALLER, "who sent it", ("phoneFrom", "from", "phone_from")),
    Column("channel", kinds.TEXT, "sms or call, where that is told", ("type",)),
    Column("date", kinds.TIME, "when it came", ("date", "dateTime", "receivedAt", "received_at")),
    _ACTIVATION_ID,
)
RENT_MESSAGES = Schema(
    _ANY_SERVICE,
    Column("text", kinds.WORDS, "the message", ("text", "smsText", "message")),
    Column("phone_from", kinds.CALLER, "who sent it", ("phoneFrom", "from", "phone_from")),
    Column("date", kinds.TIME, "when it came", ("date", "dateTime", "receivedAt")),
    _RENT_ID,
)
RENT_STATUS = Schema(_STATUS, _RENT_ID)
RENT_LIST = Schema(
    replace(_PHONE, wire=("phone", "number", "phoneNumber", "phone_number")),
    _ANY_SERVICE,
    _ANY_COUNTRY,
    _RENT_COST,
    _CURRENCY,
    Column(
        "begun_at",
        kinds.TIME,
        "when it was rented, where that is told",
        ("activationTime", "createdAt", "beginDate"),
    ),
    _RENT_END,
    _RENT_ID,
)
RENT_PRICE = Schema(
    Column("price", kinds.MONEY, "price of the extension, in currency", ("price", "cost"), True),
    _CURRENCY,
    _RENT_ID,
)
RENT_INFO = Schema(
    *RENT_PRICE.columns[:2],
    Column("hours", kinds.COUNT, "hours of the extension", ("hours",)),
    _RENT_ID,
)
RENT_EXTENSIONS = Schema(
    Column("price", kinds.MONEY, "what was paid", ("userPrice", "price")),
    Column("hours", kinds.COUNT, "hours of the extension", ("hours",), True),
    Column("create_date", kinds.TIME, "when it was paid", ("createDate",)),
    _RENT_ID,
)
DELIVERY_RATES = Schema(
    _ANY_SERVICE,
    _ANY_COUNTRY,
    Column(
        "rate",
        kinds.REAL,
        "numbers to which a code came, percent",
        ("rate", "delivery_percent", "deliverability", "percent"),
    ),
    Column(
        "count",
        kinds.COUNT,
        "numbers in stock, where that is told",
        ("numbers_count", "quantity", "count"),
    ),
    Column(
        "provider_id", kinds.NAME, "whose numbers they are, where that is named", ("provider_id",)
    ),
)
PARTNER_PRODUCT = Schema(
    Column("key", kinds.LICENCE, "the licence key that was bought", ("key",), True),
    Column("manual", kinds.LICENCE, "how to get the product", ("manual",)),
    Column("product_id", kinds.NAME, "id of the product", required=True),
)
