"""Why an activation cannot be continued or finished now, in words instead of numbers."""

from typing import TypeVar

from sms_notebook.client.bookkeeping import Bookkeeper
from sms_notebook.protocol.errors import BadStatus, EarlyCancelDenied

Refusal = TypeVar("Refusal", bound=BadStatus | EarlyCancelDenied)

_WAITING, _OVER = "STATUS_WAIT_CODE", "STATUS_CANCEL"


def explained(refusal: Refusal, ref: str, status: str, keeper: Bookkeeper) -> Refusal:
    """Return a refusal that says how the activation stands, and what to do.

    Parameters
    ----------
    refusal : BadStatus or EarlyCancelDenied
        What the provider said.
    ref : str
        The activation.
    status : str
        As getStatus says.
    keeper : Bookkeeper
        Knows what came to it, and how it ended.

    Returns
    -------
    BadStatus or EarlyCancelDenied
        The refusal itself where the status explains nothing.
    """
    if status == _OVER or keeper.has_finished(ref):
        reason = f"activation {ref} is over, nothing more comes to it. Order another number"
    elif status == _WAITING and not keeper.has_heard_of(ref):
        reason = (
            f"no code has come to activation {ref} yet. sms.wait_code('{ref}') waits for it, "
            f"sms.cancel('{ref}') gives the number back"
        )
    else:
        return refusal
    line = f"{refusal.action} at {refusal.provider}: {refusal.code}: {reason}."
    better = type(refusal)(line)
    better.__dict__.update(refusal.__dict__)
    return better
