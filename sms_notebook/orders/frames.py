"""The frames of orders: what was ordered, what the ledger holds, what was settled."""

from sms_notebook.protocol.frames.kinds import (
    CODES,
    COUNT,
    CURRENCY,
    FLAG,
    LINES,
    MONEY,
    NAME,
    PHONE,
    REMARK,
    TEXT,
    TIME,
)
from sms_notebook.protocol.frames.schema import Column, Schema

_KEY = Column("key", TEXT, "your own name for the order; NA where none was given")
_ORDER_ID = Column("order_id", NAME, "id of the order, sent along where the action takes it")
_ACTION = Column("action", NAME, "the API's name of the action")
_ACTIVATION_ID = Column("activation_id", NAME, "id of the activation; NA for a rent")
_RENT_ID = Column("rent_id", NAME, "id of the rent; NA for an activation")
_PHONE = Column("phone_number", PHONE, "number with country code, without +")
_SERVICE = Column("service", TEXT, "code of the service")
_COUNTRY = Column("country", COUNT, "id of the country")
_OPERATOR = Column("operator", NAME, "operator of the number, or the one that was wished for")
_COST = Column("cost", MONEY, "what it cost, in currency; NA where nobody said")
_CURRENCY = Column("currency", CURRENCY, "ISO 4217, for example USD")
_BOUGHT_AT = Column("bought_at", TIME, "when it was bought, by our clock")
_NEW = Column("is_new", FLAG, "whether this call bought it; False: it was there already")
_END = Column("end_date", TIME, "when the rent ends, by the provider's clock")
_HOURS = Column("hours", COUNT, "hours that were paid for")

ORDER = Schema(
    (
        Column("activation_id", NAME, "id of the activation"),
        _PHONE,
        _SERVICE,
        _COUNTRY,
        _OPERATOR,
        _COST,
        _CURRENCY,
        _BOUGHT_AT,
        _KEY,
        _ORDER_ID,
        _NEW,
    )
)
"""One activation, one row."""

RENT = Schema(
    (
        Column("rent_id", NAME, "id of the rent"),
        _PHONE,
        _SERVICE,
        _COUNTRY,
        _HOURS,
        _END,
        _COST,
        _CURRENCY,
        _BOUGHT_AT,
        _KEY,
        _ORDER_ID,
        _NEW,
    )
)
"""One rent, or one extension of it."""

LEDGER = Schema(
    (
        _KEY,
        _ORDER_ID,
        _ACTION,
        Column("provider", NAME, "name of the provider"),
        _SERVICE,
        _COUNTRY,
        _OPERATOR,
        _ACTIVATION_ID,
        _RENT_ID,
        _PHONE,
        _COST,
        _CURRENCY,
        Column(
            "state",
            NAME,
            "intent, uncertain, refused, not bought, dismissed; of what was bought: active, "
            "finished, cancelled, over",
        ),
        Column("bought_at", TIME, "when it was bought, by our clock; NA where it was not"),
        Column("first_code_at", TIME, "when its first code came"),
        Column("seconds_to_code", MONEY, "seconds from buying to the first code"),
        Column("refunded", MONEY, "what came back, in currency"),
        Column("codes", CODES, "all codes, the latest last"),
        Column("texts", LINES, "all messages, the latest last"),
        Column("begun_at", TIME, "when the order was begun, by our clock"),
        Column("error", REMARK, "why nothing was bought, or why nobody knows"),
    )
)
"""Everything that was bought, and every order that brought nothing."""

SETTLED = Schema(
    (
        _ORDER_ID,
        _KEY,
        _ACTION,
        _SERVICE,
        _COUNTRY,
        Column(
            "result",
            NAME,
            "bought, not bought, open (look again in some seconds) or unknown (the provider has "
            "no list to look in)",
        ),
        _ACTIVATION_ID,
        _RENT_ID,
        _PHONE,
        _COST,
        _CURRENCY,
    )
)
"""What became of each order that waited to be settled."""
