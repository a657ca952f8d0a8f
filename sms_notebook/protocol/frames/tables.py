"""All frames, once: this table drives the readers, the documentation and the tests.

Columns stand as a person looks for them: number, service, country, price, state, code; then stock,
times and the rest; ids last.
"""

from sms_notebook.protocol.frames import columns
from sms_notebook.protocol.frames.kinds import (
    CALLER,
    CODE,
    CODES,
    COUNT,
    FLAG,
    LICENCE,
    LINK,
    MONEY,
    NAME,
    PHONE,
    REAL,
    TEXT,
    TIME,
    WORDS,
)
from sms_notebook.protocol.frames.schema import Column, Schema

CODE_FIELDS = ("smsCode", "sms", "otpList", "sms_code", "code", "otp")
"""Where records tell codes: plain, or within records of messages."""
TEXT_FIELDS = ("smsText", "sms_text", "text", "fullText", "message")
"""Where records tell messages."""

NUMBERS_STATUS = Schema(
    columns.SERVICE,
    columns.COUNT,
    Column("forward", FLAG, "whether the stock is for call forwarding"),
)
TOP_COUNTRIES = Schema(
    columns.ANY_SERVICE,
    columns.ANY_COUNTRY,
    Column("price", MONEY, "your price, provider's currency", ("price", "cost")),
    Column("retail_price", MONEY, "price without a discount", ("retail_price", "retailPrice")),
    columns.FREE_PRICE,
    columns.COUNT,
    columns.FREE_COUNT,
    columns.COUNT_KIND,
)
BALANCE = Schema(
    Column("balance", MONEY, "money in the account, provider's currency", ("balance",), True),
)
OPERATORS = Schema(
    columns.ANY_COUNTRY,
    Column("operator", NAME, "name of the operator", ("operator",), True),
)
ACTIVE_ACTIVATIONS = Schema(
    columns.PHONE,
    Column("service", TEXT, "code of the service", ("serviceCode", "service", "service_code")),
    columns.ANY_COUNTRY,
    Column("country_name", NAME, "name of the country", ("countryName",)),
    columns.ACTIVATION_COST,
    columns.CURRENCY,
    Column("activation_status", NAME, "number of the status", ("activationStatus", "status")),
    Column("sms_code", CODE, "the latest code"),
    Column("sms_codes", CODES, "all codes, the latest last", CODE_FIELDS),
    Column("sms_text", WORDS, "the latest message", TEXT_FIELDS),
    columns.AGAIN,
    columns.SINCE,
    columns.UNTIL,
    columns.CANCEL,
    Column("discount", REAL, "discount, percent", ("discount",)),
    Column("repeated", FLAG, "whether the number was used again", ("repeated",)),
    columns.ACTIVATION_ID,
)
NUMBER = Schema(columns.PHONE, columns.ACTIVATION_COST, columns.ACTIVATION_ID)
NUMBER_V2 = Schema(
    columns.PHONE,
    columns.ANY_COUNTRY,
    Column(
        "activation_operator",
        NAME,
        "operator of the number",
        ("activationOperator", "activation_operator", "operator"),
    ),
    columns.ACTIVATION_COST,
    columns.CURRENCY,
    columns.AGAIN,
    columns.SINCE,
    columns.UNTIL,
    columns.CANCEL,
    columns.ACTIVATION_ID,
)
MULTI_SERVICE = Schema(columns.PHONE, columns.SERVICE, columns.ACTIVATION_ID)
STATUS_CHANGE = Schema(columns.STATUS, columns.ACTIVATION_ID)
STATUS = Schema(
    columns.STATUS,
    Column("code", CODE, "the code; NA where none has come", CODE_FIELDS),
    Column("text", WORDS, "the message, where the provider sends it along", TEXT_FIELDS),
    columns.ACTIVATION_ID,
)
MESSAGES = Schema(
    Column("code", CODE, "the code", ("code", "smsCode", "otp")),
    Column(
        "text",
        WORDS,
        "the message, or what was understood of the call",
        ("text", "smsText", "fullText", "message"),
    ),
    Column("phone_from", CALLER, "who called", ("from", "phoneFrom")),
    Column("channel", TEXT, "sms or call", required=True),
    Column("url", LINK, "recording of the call; comes from strangers", ("url",)),
    Column("date_time", TIME, "when it came", ("dateTime", "date", "receivedAt", "received_at")),
    Column("parsing_count", COUNT, "how often the call was parsed", ("parsingCount",)),
    columns.ACTIVATION_ID,
)
HISTORY = Schema(
    Column(
        "phone_number",
        PHONE,
        "number with country code, without +",
        ("phone", "phoneNumber", "number", "phone_number"),
    ),
    Column(
        "cost",
        MONEY,
        "what it cost, in currency; 0 while active",
        ("cost", "price", "activationCost"),
    ),
    columns.CURRENCY,
    Column("status", NAME, "number of the status", ("status", "activationStatus")),
    Column(
        "sms",
        WORDS,
        "the messages, one a line",
        ("sms", *TEXT_FIELDS, "smsCode", "code", "otpList", "moreCodes"),
    ),
    Column(
        "date",
        TIME,
        "when it was bought",
        ("date", "createDate", "createdAt", "activationTime"),
    ),
    columns.ACTIVATION_ID,
)
TOP_LIST = Schema(
    columns.COUNTRY,
    Column("rate", REAL, "activations that got their code, percent", ("rate",)),
    Column("share", REAL, "share of all purchases of the service, percent", ("share",)),
)
INCOMING_CALL = Schema(
    Column(
        "status", NAME, "2 new, 3 finished, 4 cancelled, 5 returned", ("status",), required=True
    ),
    Column("phone", CALLER, "who called; NA where nobody has", ("phone",)),
    columns.ACTIVATION_ID,
)
PRICES = Schema(
    columns.SERVICE,
    columns.ANY_COUNTRY,
    columns.COST,
    columns.COUNT,
    columns.PHYSICAL,
    columns.COUNT_KIND,
)
PRICES_EXTENDED = Schema(
    columns.SERVICE,
    columns.ANY_COUNTRY,
    columns.COST,
    columns.FREE_PRICE,
    columns.COUNT,
    columns.PHYSICAL,
    columns.FREE_COUNT,
    columns.COUNT_KIND,
)
PRICE_TIERS = Schema(
    columns.SERVICE,
    columns.ANY_COUNTRY,
    Column("price", MONEY, "price of the tier, provider's currency", ("price", "cost"), True),
    columns.CURRENCY,
    columns.COUNT,
    columns.COUNT_KIND,
    Column(
        "provider_id",
        NAME,
        "whose numbers they are, where that is named",
        ("provider_id", "providerId"),
    ),
)
PRICES_VERIFICATION = Schema(
    columns.SERVICE,
    columns.COUNTRY,
    Column("price", MONEY, "price, provider's currency", ("price", "cost")),
    columns.COUNT,
)
COUNTRIES = Schema(
    Column("country", COUNT, "id of the country", ("id", "country"), True),
    Column("eng", NAME, "name in English", ("eng", "name_en", "title", "name")),
    Column("rus", NAME, "name in Russian", ("rus",)),
    Column("chn", NAME, "name in Chinese", ("chn",)),
    Column("visible", FLAG, "shown on the provider's site", ("visible",)),
    Column("retry", FLAG, "a second SMS can be had", ("retry",)),
    Column("rent", FLAG, "numbers can be rented", ("rent",)),
    Column("multi_service", FLAG, "one number for several services", ("multiService",)),
)
SERVICES = Schema(
    Column("service", NAME, "code of the service", ("code", "service", "id"), True),
    Column("name", NAME, "name of the service", ("name", "title", "name_en")),
)
EXTRA_CHECK = Schema(
    Column("phone_number", PHONE, "number with country code, without +", ("phone", "phoneNumber")),
    columns.ANY_SERVICE,
    Column("country", COUNT, "id of the country", ("country", "countryCode")),
    Column("cost", MONEY, "price of the next activation", ("cost", "price"), True),
    columns.ACTIVATION_ID,
)
PARSE_CALL = Schema(
    Column("result", TEXT, "OK when it is being done", ("result",), True),
    columns.ACTIVATION_ID,
)
RENT_OFFERS = Schema(
    columns.SERVICE,
    Column("cost", MONEY, "price of the whole rent, in currency", ("cost", "price")),
    columns.CURRENCY,
    Column(
        "quant",
        COUNT,
        "numbers that can be rented",
        ("quant", "count", "quantity", "qty", "cnt"),
    ),
)
RENT = Schema(
    Column(
        "phone_number",
        PHONE,
        "number with country code, without +",
        ("number", "phone", "phoneNumber", "phone_number"),
        True,
    ),
    columns.RENT_COST,
    columns.CURRENCY,
    columns.RENT_END,
    columns.RENT_ID,
)
ALL_MESSAGES = Schema(
    columns.ANY_SERVICE,
    Column("code", CODE, "the code; NA where there is none", ("code", "smsCode", "otp")),
    Column("text", WORDS, "the message", ("text", "smsText", "fullText", "message")),
    Column("phone_from", CALLER, "who sent it", ("phoneFrom", "from", "phone_from")),
    Column("channel", TEXT, "sms or call, where that is told", ("type",)),
    Column("date", TIME, "when it came", ("date", "dateTime", "receivedAt", "received_at")),
    columns.ACTIVATION_ID,
)
RENT_MESSAGES = Schema(
    columns.ANY_SERVICE,
    Column("text", WORDS, "the message", ("text", "smsText", "message")),
    Column("phone_from", CALLER, "who sent it", ("phoneFrom", "from", "phone_from")),
    Column("date", TIME, "when it came", ("date", "dateTime", "receivedAt")),
    columns.RENT_ID,
)
RENT_STATUS = Schema(columns.STATUS, columns.RENT_ID)
RENT_LIST = Schema(
    Column(
        "phone_number",
        PHONE,
        "number with country code, without +",
        ("phone", "number", "phoneNumber", "phone_number"),
        True,
    ),
    columns.ANY_SERVICE,
    columns.ANY_COUNTRY,
    columns.RENT_COST,
    columns.CURRENCY,
    Column(
        "begun_at",
        TIME,
        "when it was rented, where that is told",
        ("activationTime", "createdAt", "beginDate"),
    ),
    columns.RENT_END,
    columns.RENT_ID,
)
RENT_PRICE = Schema(
    Column("price", MONEY, "price of the extension, in currency", ("price", "cost"), True),
    columns.CURRENCY,
    columns.RENT_ID,
)
RENT_INFO = Schema(
    *RENT_PRICE.columns[:2],
    Column("hours", COUNT, "hours of the extension", ("hours",)),
    columns.RENT_ID,
)
RENT_EXTENSIONS = Schema(
    Column("price", MONEY, "what was paid", ("userPrice", "price")),
    Column("hours", COUNT, "hours of the extension", ("hours",), True),
    Column("create_date", TIME, "when it was paid", ("createDate",)),
    columns.RENT_ID,
)
DELIVERY_RATES = Schema(
    columns.ANY_SERVICE,
    columns.ANY_COUNTRY,
    Column(
        "rate",
        REAL,
        "numbers to which a code came, percent",
        ("rate", "delivery_percent", "deliverability", "percent"),
    ),
    Column(
        "count",
        COUNT,
        "numbers in stock, where that is told",
        ("numbers_count", "quantity", "count"),
    ),
    Column("provider_id", NAME, "whose numbers they are, where that is named", ("provider_id",)),
)
PARTNER_PRODUCT = Schema(
    Column("key", LICENCE, "the licence key that was bought", ("key",), True),
    Column("manual", LICENCE, "how to get the product", ("manual",)),
    Column("product_id", NAME, "id of the product", required=True),
)
