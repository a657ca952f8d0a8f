"""Columns that several frames have, once."""

from sms_notebook.protocol.frames import kinds
from sms_notebook.protocol.frames.schema import Column

ACTIVATION_ID = Column(
    "activation_id",
    kinds.NAME,
    "id of the activation",
    (
        *("activationId", "activation_id", "act_id", "actId", "id", "activation"),
        *("numberid", "numberId"),
    ),
    True,
)
RENT_ID = Column(
    "rent_id",
    kinds.NAME,
    "id of the rent",
    ("id", "rentId", "rent_id", "activationId", "activation_id"),
    True,
)
PHONE = Column(
    "phone_number",
    kinds.PHONE,
    "number with country code, without +",
    ("phoneNumber", "phone", "number", "phone_number", "msisdn"),
    True,
)
SERVICE = Column(
    "service",
    kinds.TEXT,
    "code of the service",
    ("service", "serviceCode", "service_code", "code"),
    True,
)
ANY_SERVICE = Column(
    "service", kinds.TEXT, "code of the service", ("service", "serviceCode", "service_code")
)
COUNTRY = Column(
    "country", kinds.COUNT, "id of the country", ("country", "countryCode", "country_id"), True
)
ANY_COUNTRY = Column(
    "country",
    kinds.COUNT,
    "id of the country",
    ("countryCode", "country", "country_code", "country_id"),
)
COST = Column(
    "cost", kinds.MONEY, "price of one activation, provider's currency", ("cost", "price", "amount")
)
COUNT = Column(
    "count",
    kinds.COUNT,
    "numbers in stock",
    ("count", "qty", "cnt", "quantity", "quant", "total_count"),
)
PHYSICAL = Column(
    "physical_count",
    kinds.COUNT,
    "numbers that can really be bought now",
    ("physicalCount", "physical_count", "physicalTotalCount"),
)
COUNT_KIND = Column(
    "count_kind",
    kinds.TEXT,
    "of a tier: exact (so many cost that), cumulative (that or less) or not known; else NA",
)
FREE_PRICE = Column("free_price", kinds.MONEY, "price of the FreePrice tier, provider's currency")
FREE_COUNT = Column("free_price_count", kinds.COUNT, "numbers at that tier")
CURRENCY = Column("currency", kinds.CURRENCY, "ISO 4217, for example USD", ("currency",))
ACTIVATION_COST = Column(
    "activation_cost",
    kinds.MONEY,
    "what it cost, in currency",
    ("activationCost", "activation_cost", "cost", "price"),
)
AGAIN = Column(
    "can_get_another_sms",
    kinds.FLAG,
    "whether more than one code can come",
    ("canGetAnotherSms", "can_get_another_sms"),
)
SINCE = Column(
    "activation_time",
    kinds.TIME,
    "when it was bought",
    ("activationTime", "activation_time", "createdAt", "createDate", "created_at"),
)
UNTIL = Column(
    "activation_end_time",
    kinds.TIME,
    "until when it lives, where that is named",
    (
        *("activationEndTime", "activationEnd", "activation_end_time", "expiredAt", "expiresAt"),
        *("expires_at", "endDate"),
    ),
)
CANCEL = Column(
    "activation_cancel",
    kinds.TIME,
    "from when it can be cancelled, where that is named",
    ("activationCancel", "activation_cancel"),
)
STATUS = Column("status", kinds.TEXT, "the status, a word of the protocol", ("status",), True)
RENT_END = Column(
    "end_date",
    kinds.TIME,
    "when the rent ends",
    ("endDate", "end_date", "activationEndTime", "activationEnd", "expiredAt"),
)
RENT_COST = Column(
    "cost",
    kinds.MONEY,
    "what it cost, in currency; NA where that is not told",
    ("activationCost", "cost", "price"),
)
