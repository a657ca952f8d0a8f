"""Orders that cannot be lost: the ledger, the budget, the gate that all spending passes.

Nothing here sends anything. What must be asked of the provider is yielded, call by call, to whoever
performs calls; the only I/O of this room is its database.
"""
