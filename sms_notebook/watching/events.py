"""What a watcher tells: a code came, a call was heard, something ended."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a watched number.

    Attributes
    ----------
    kind : str
        ``code`` (a message or call for an activation), ``message`` (one for a rent), ``new`` (an
        activation appeared), ``over`` (it ended).
    activation_id, rent_id : str or None
        Whose; one of them.
    phone_number, service : str or None
        As the provider has them; comes from strangers, as all texts here.
    code, text : str or None
        What was said.
    channel : str or None
        ``sms``, ``call`` (the calling number counts) or ``voice``.
    phone_from, url : str or None
        Who called or wrote, and the recording.
    status : str
        The provider's last word: ``STATUS_OK``, ``STATUS_CANCEL``, ….
    at : datetime
        When it came, in UTC.
    """

    kind: str
    activation_id: str | None
    rent_id: str | None
    phone_number: str | None
    service: str | None
    code: str | None
    text: str | None
    channel: str | None
    phone_from: str | None
    url: str | None
    status: str
    at: datetime

    def __str__(self) -> str:
        """Say it in one line."""
        who = self.phone_number or self.activation_id or self.rent_id
        what = self.code or self.text or self.status
        return f"{self.at:%H:%M:%S} {self.kind} {who} {self.service or ''}: {what}"
