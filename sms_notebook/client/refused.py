"""Why an activation cannot be continued or finished now, in words instead of numbers."""

from typing import TypeVar

from sms_notebook.protocol.errors import BadStatus, EarlyCancelDenied

Refusal = TypeVar("Refusal", bound=BadStatus | EarlyCancelDenied)

_WAITING = ("STATUS_WAIT_CODE", "STATUS_WAIT_RESEND")
_OVER = "STATUS_CANCEL"


def explained(refusal: Refusal, ref: str, status: str, *, is_finished: bool) -> Refusal:
    """Return a refusal that says how the activation stands, and what to do.

    Parameters
    ----------
    refusal : BadStatus or EarlyCancelDenied
        What the provider said.
    ref : str
        The activation.
    status : str
        As getStatus says.
    is_finished : bool
        Whether the ledger knows that it was finished.

    Returns
    -------
    BadStatus or EarlyCancelDenied
        The refusal itself where the status explains nothing.
    """
    if is_finished or status == _OVER:
        reason = f"activation {ref} is over, nothing more comes to it. Order another number"
    elif status in _WAITING:
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
