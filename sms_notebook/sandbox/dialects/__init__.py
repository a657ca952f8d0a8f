"""The dialects that the sandbox speaks, by name: the reference, and one for each provider.

Each is written from what is known of its provider, and from nothing that the client has: a mistake
in one of the two is seen by the other. What nothing is known of is as in the reference, or marked
as chosen.
"""

import difflib
from types import MappingProxyType
from typing import Final

from sms_notebook.sandbox.actions import ACTIONS
from sms_notebook.sandbox.dialects.dialect import Dialect
from sms_notebook.sandbox.dialects.herosms import HEROSMS
from sms_notebook.sandbox.dialects.partner_markets import GRIZZLYSMS, SMSBOWER
from sms_notebook.sandbox.dialects.small_dialects import DAISYSMS, SMS_MAN, SMSHUB, VAK_SMS
from sms_notebook.sandbox.dialects.tiger_sms import TIGER_SMS
from sms_notebook.sandbox.dialects.virtualsms import VIRTUALSMS

REFERENCE: Final = Dialect(
    name="reference",
    title="SMS-Activate, as documented",
    actions=ACTIONS,
    headers={"x-sandbox": "sms_notebook"},
)

DIALECTS: Final = MappingProxyType(
    {
        dialect.name: dialect
        for dialect in (
            REFERENCE,
            HEROSMS,
            SMSBOWER,
            TIGER_SMS,
            GRIZZLYSMS,
            SMSHUB,
            VIRTUALSMS,
            SMS_MAN,
            VAK_SMS,
            DAISYSMS,
        )
    }
)
"""Every dialect by its name."""


TITLES: Final = {name: dialect.title for name, dialect in DIALECTS.items()}
"""What each of them is, in a few words."""


def dialect_named(name: str) -> Dialect:
    """Return a dialect; a ValueError in one line for a name that none has."""
    dialect = DIALECTS.get(name)
    if dialect is None:
        close = difflib.get_close_matches(str(name), DIALECTS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise ValueError(f"there is no dialect {name!r}; there are {', '.join(DIALECTS)}.{hint}")
    return dialect
