"""What a reader must know beside the reply itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo


@dataclass(frozen=True, slots=True)
class Context:
    """Who was asked what, and when.

    Attributes
    ----------
    action : str
        The API's name of the action.
    params : mapping of str to str
        What was asked for, by the API's names, without the key.
    provider : str
        The provider's name.
    zone : tzinfo
        The zone of the provider's times that name none.
    notes : mapping of str to str
        What this provider means by an error code, where it is peculiar.
    fetched_at : datetime
        When the reply came, in UTC.
    """

    action: str
    params: Mapping[str, str] = field(default_factory=dict)
    provider: str = "unknown"
    zone: tzinfo = UTC
    notes: Mapping[str, str] = field(default_factory=dict)
    fetched_at: datetime = field(default_factory=lambda: datetime.now(UTC))
