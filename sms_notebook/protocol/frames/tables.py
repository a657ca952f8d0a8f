"""All frames, once: this table drives the readers, the documentation and the tests."""

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
    (
        columns.SERVICE,
        Column("forward", FLAG, "whether the stock is for call forwarding"),
        columns.COUNT,
    ),
)
TOP_COUNTRIES = Schema(
    (
        columns.ANY_SERVICE,
        columns.ANY_COUNTRY,
        columns.COUNT,
        Column("price", MONEY, "your price, provider's currency", ("price", "cost")),
        Column("retail_price", MONEY, "price without a discount", ("retail_price", "retailPrice")),
        columns.FREE_PRICE,
        columns.FREE_COUNT,
        columns.COUNT_KIND,
    ),
)
BALANCE = Schema(
    (Column("balance", MONEY, "money in the account, provider's currency", ("balance",), True),),
)
OPERATORS = Schema(
    (columns.ANY_COUNTRY, Column("operator", NAME, "name of the operator", ("operator",), True)),
)
ACTIVE_ACTIVATIONS = Schema(
    (
        columns.ACTIVATION_ID,
        Column("service", TEXT, "code of the service", ("serviceCode", "service", "service_code")),
        columns.PHONE,
        columns.ACTIVATION_COST,
        columns.CURRENCY,
        Column("activation_status", NAME, "number of the status", ("activationStatus", "status")),
        Column("sms_code", CODE, "the latest code"),
        Column("sms_codes", CODES, "all codes, the latest last", CODE_FIELDS),
        Column("sms_text", WORDS, "the latest message", TEXT_FIELDS),
        columns.SINCE,
        Column("discount", MONEY, "discount, percent", ("discount",)),
        Column("repeated", FLAG, "whether the number was used again", ("repeated",)),
        columns.ANY_COUNTRY,
        Column("country_name", NAME, "name of the country", ("countryName",)),
        columns.AGAIN,
        columns.UNTIL,
        columns.CANCEL,
    ),
)
NUMBER = Schema((columns.ACTIVATION_ID, columns.PHONE, columns.ACTIVATION_COST))
NUMBER_V2 = Schema(
    (
        columns.ACTIVATION_ID,
        columns.PHONE,
        columns.ACTIVATION_COST,
        columns.CURRENCY,
        columns.ANY_COUNTRY,
        columns.AGAIN,
        columns.SINCE,
        Column(
            "activation_operator",
            NAME,
            "operator of the number",
            ("activationOperator", "activation_operator", "operator"),
        ),
        columns.UNTIL,
        columns.CANCEL,
    ),
)
MULTI_SERVICE = Schema((columns.ACTIVATION_ID, columns.PHONE, columns.SERVICE))
STATUS_CHANGE = Schema((columns.ACTIVATION_ID, columns.STATUS))
STATUS = Schema(
    (
        columns.ACTIVATION_ID,
        columns.STATUS,
        Column("code", CODE, "the code; NA where none has come", CODE_FIELDS),
        Column("text", WORDS, "the message, where the provider sends it along", TEXT_FIELDS),
    ),
)
MESSAGES = Schema(
    (
        columns.ACTIVATION_ID,
        Column("channel", TEXT, "sms or call", required=True),
        Column(
            "date_time", TIME, "when it came", ("dateTime", "date", "receivedAt", "received_at")
        ),
        Column("code", CODE, "the code", ("code", "smsCode", "otp")),
        Column(
            "text",
            WORDS,
            "the message, or what was understood of the call",
            ("text", "smsText", "fullText", "message"),
        ),
        Column("phone_from", CALLER, "who called", ("from", "phoneFrom")),
        Column("url", LINK, "recording of the call; comes from strangers", ("url",)),
        Column("parsing_count", COUNT, "how often the call was parsed", ("parsingCount",)),
    ),
)
HISTORY = Schema(
    (
        columns.ACTIVATION_ID,
        Column(
            "date",
            TIME,
            "when it was bought",
            ("date", "createDate", "createdAt", "activationTime"),
        ),
        Column(
            "phone_number",
            PHONE,
            "number with country code, without +",
            ("phone", "phoneNumber", "number", "phone_number"),
        ),
        Column(
            "sms",
            WORDS,
            "the messages, one a line",
            ("sms", *TEXT_FIELDS, "smsCode", "code", "otpList", "moreCodes"),
        ),
        Column(
            "cost",
            MONEY,
            "what it cost, in currency; 0 while active",
            ("cost", "price", "activationCost"),
        ),
        columns.CURRENCY,
        Column("status", NAME, "number of the status", ("status", "activationStatus")),
    ),
)
TOP_LIST = Schema(
    (
        columns.COUNTRY,
        Column("share", MONEY, "share of all purchases of the service, percent", ("share",)),
        Column("rate", MONEY, "activations that got their code, percent", ("rate",)),
    ),
)
INCOMING_CALL = Schema(
    (
        columns.ACTIVATION_ID,
        Column(
            "status", NAME, "2 new, 3 finished, 4 cancelled, 5 returned", ("status",), required=True
        ),
        Column("phone", CALLER, "who called; NA where nobody has", ("phone",)),
    ),
)
PRICES = Schema(
    (
        columns.ANY_COUNTRY,
        columns.SERVICE,
        columns.COST,
        columns.COUNT,
        columns.PHYSICAL,
        columns.COUNT_KIND,
    )
)
PRICES_EXTENDED = Schema(
    (
        columns.ANY_COUNTRY,
        columns.SERVICE,
        columns.COST,
        columns.COUNT,
        columns.PHYSICAL,
        columns.FREE_PRICE,
        columns.FREE_COUNT,
        columns.COUNT_KIND,
    )
)
PRICE_TIERS = Schema(
    (
        columns.ANY_COUNTRY,
        columns.SERVICE,
        Column("price", MONEY, "price of the tier, provider's currency", ("price", "cost"), True),
        columns.COUNT,
        columns.COUNT_KIND,
        Column(
            "provider_id",
            NAME,
            "whose numbers they are, where that is named",
            ("provider_id", "providerId"),
        ),
        columns.CURRENCY,
    ),
)
PRICES_VERIFICATION = Schema(
    (
        columns.SERVICE,
        columns.COUNTRY,
        columns.COUNT,
        Column("price", MONEY, "price, provider's currency", ("price", "cost")),
    ),
)
COUNTRIES = Schema(
    (
        Column("country", COUNT, "id of the country", ("id", "country"), True),
        Column("rus", NAME, "name in Russian", ("rus",)),
        Column("eng", NAME, "name in English", ("eng", "name_en", "title", "name")),
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
        Column("name", NAME, "name of the service", ("name", "title", "name_en")),
    ),
)
EXTRA_CHECK = Schema(
    (
        columns.ACTIVATION_ID,
        Column("cost", MONEY, "price of the next activation", ("cost", "price"), True),
        columns.ANY_SERVICE,
        Column(
            "phone_number", PHONE, "number with country code, without +", ("phone", "phoneNumber")
        ),
        Column("country", COUNT, "id of the country", ("country", "countryCode")),
    ),
)
PARSE_CALL = Schema(
    (columns.ACTIVATION_ID, Column("result", TEXT, "OK when it is being done", ("result",), True)),
)
RENT_OFFERS = Schema(
    (
        columns.SERVICE,
        Column("cost", MONEY, "price of the whole rent, in currency", ("cost", "price")),
        Column(
            "quant",
            COUNT,
            "numbers that can be rented",
            ("quant", "count", "quantity", "qty", "cnt"),
        ),
        columns.CURRENCY,
    ),
)
_RENT_END = Column(
    "end_date",
    TIME,
    "when the rent ends",
    ("endDate", "end_date", "activationEndTime", "activationEnd", "expiredAt"),
)
_RENT_COST = Column(
    "cost",
    MONEY,
    "what it cost, in currency; NA where that is not told",
    ("activationCost", "cost", "price"),
)
RENT = Schema(
    (
        columns.RENT_ID,
        Column(
            "phone_number",
            PHONE,
            "number with country code, without +",
            ("number", "phone", "phoneNumber", "phone_number"),
            True,
        ),
        _RENT_END,
        _RENT_COST,
        columns.CURRENCY,
    ),
)
ALL_MESSAGES = Schema(
    (
        columns.ACTIVATION_ID,
        Column("code", CODE, "the code; NA where there is none", ("code", "smsCode", "otp")),
        Column("text", WORDS, "the message", ("text", "smsText", "fullText", "message")),
        Column("phone_from", CALLER, "who sent it", ("phoneFrom", "from", "phone_from")),
        columns.ANY_SERVICE,
        Column("date", TIME, "when it came", ("date", "dateTime", "receivedAt", "received_at")),
        Column("channel", TEXT, "sms or call, where that is told", ("type",)),
    ),
)
RENT_MESSAGES = Schema(
    (
        columns.RENT_ID,
        Column("phone_from", CALLER, "who sent it", ("phoneFrom", "from", "phone_from")),
        Column("text", WORDS, "the message", ("text", "smsText", "message")),
        columns.ANY_SERVICE,
        Column("date", TIME, "when it came", ("date", "dateTime", "receivedAt")),
    ),
)
RENT_STATUS = Schema((columns.RENT_ID, columns.STATUS))
RENT_LIST = Schema(
    (
        columns.RENT_ID,
        Column(
            "phone_number",
            PHONE,
            "number with country code, without +",
            ("phone", "number", "phoneNumber", "phone_number"),
            True,
        ),
        columns.ANY_SERVICE,
        columns.ANY_COUNTRY,
        _RENT_COST,
        columns.CURRENCY,
        Column(
            "begun_at",
            TIME,
            "when it was rented, where that is told",
            ("activationTime", "createdAt", "beginDate"),
        ),
        _RENT_END,
    ),
)
RENT_PRICE = Schema(
    (
        columns.RENT_ID,
        Column("price", MONEY, "price of the extension, in currency", ("price", "cost"), True),
        columns.CURRENCY,
    ),
)
RENT_INFO = Schema(
    (
        *RENT_PRICE.columns,
        Column("hours", COUNT, "hours of the extension", ("hours",)),
    ),
)
RENT_EXTENSIONS = Schema(
    (
        columns.RENT_ID,
        Column("create_date", TIME, "when it was paid", ("createDate",)),
        Column("hours", COUNT, "hours of the extension", ("hours",), True),
        Column("price", MONEY, "what was paid", ("userPrice", "price")),
    ),
)
DELIVERY_RATES = Schema(
    (
        columns.ANY_SERVICE,
        columns.ANY_COUNTRY,
        Column(
            "provider_id", NAME, "whose numbers they are, where that is named", ("provider_id",)
        ),
        Column(
            "rate",
            MONEY,
            "numbers to which a code came, percent",
            ("rate", "delivery_percent", "deliverability", "percent"),
        ),
        Column(
            "count",
            COUNT,
            "numbers in stock, where that is told",
            ("numbers_count", "quantity", "count"),
        ),
    ),
)
PARTNER_PRODUCT = Schema(
    (
        Column("product_id", NAME, "id of the product", required=True),
        Column("key", LICENCE, "the licence key that was bought", ("key",), True),
        Column("manual", LICENCE, "how to get the product", ("manual",)),
    ),
)
