"""Orders that cannot be lost: the ledger, the budget, the gate that all spending passes.

Nothing here sends anything. What must be asked of the provider is yielded, call by call, to whoever
performs calls; the only I/O of this room is its database.
"""

import gc

_is_collecting = gc.isenabled()
gc.disable()  # else all that is in memory is looked through again and again meanwhile
try:
    import sqlalchemy.dialects.sqlite  # noqa: F401 - all of this room needs it
finally:
    if _is_collecting:
        gc.enable()
        gc.collect(1)  # what has just loaded stays: it is looked through once, not twice
