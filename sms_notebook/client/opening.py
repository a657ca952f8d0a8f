"""What a client is made of: where it asks, its sandbox, the recording that takes part."""

import os
from typing import TYPE_CHECKING, Any, Literal

from sms_notebook.client.providers import SANDBOX
from sms_notebook.client.settings import Place, Settings, find_settings
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.transport import Target

if TYPE_CHECKING:
    from sms_notebook.client.taping import Recording, Taping, Where
    from sms_notebook.sandbox import Desk, Sandbox

Method = Literal["GET", "POST"]


def taping_for(
    record: "Where | None",
    replay: "Where | Recording | None",
    masked: bool | None,
    arguments: Place,
) -> "Taping | None":
    """Return the recording that takes part; None where there is none, and nothing is loaded."""
    is_set = os.environ.get("SMS_RECORD") or os.environ.get("SMS_REPLAY")
    if record is None and replay is None and not masked and not is_set:
        return None
    from sms_notebook.client.taping import taping_of, wish_of  # noqa: PLC0415 - when first used

    wish = wish_of(record, replay, masked)
    return None if wish is None else taping_of(wish, arguments)


def settings_for(
    sandbox: "Sandbox | Desk | None", arguments: Place, taping: "Taping | None"
) -> Settings:
    """Find out who is asked: the recording, the sandbox that was passed, or whom the settings say.

    Raises
    ------
    UsageProblem
        If they say nothing that can be done.
    """
    if taping is not None and taping.is_replay:
        from sms_notebook.client.taping import replayed  # noqa: PLC0415 - it is loaded already

        return replayed(taping)
    if sandbox is None or arguments.problem:
        return find_settings(arguments)
    if arguments.provider not in (None, SANDBOX):
        raise UsageProblem("sandbox=… goes with neither provider nor base_url. Leave one out.")
    return find_settings(Place(SANDBOX))


def desk_for(
    sandbox: "Sandbox | Desk | None", settings: Settings, taping: "Taping | None"
) -> "Desk | None":
    """Return the sandbox that was passed, the one of this process, or its stand-in in a replay."""
    if settings.replay and taping is not None:
        from sms_notebook.client.taping import desk_of  # noqa: PLC0415 - it is loaded already

        stand_in: Any = desk_of(taping)
        return stand_in  # type: ignore[no-any-return]  # it can all that a client asks of it
    if not settings.is_embedded:
        return None
    from sms_notebook.sandbox import Desk, Sandbox, embedded  # noqa: PLC0415 - when first used

    if sandbox is None:
        return embedded()
    if isinstance(sandbox, Sandbox):
        return Desk(sandbox)
    if isinstance(sandbox, Desk):
        return sandbox
    raise UsageProblem(f"sandbox takes a Sandbox, not {type(sandbox).__name__}.")


def target_of(settings: Settings, method: Method) -> Target:
    """Return where questions go."""
    provider = settings.provider
    if method not in ("GET", "POST"):
        raise UsageProblem(f"method takes 'GET' or 'POST', not {method!r}.")
    if method not in provider.methods:
        raise UsageProblem(f"{provider.title} takes only {provider.methods[0]}.")
    return Target(provider.name, provider.base_url, method, provider.closed)
