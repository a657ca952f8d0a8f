"""What a client is made of: where it asks, its sandbox, the recording that takes part."""

import os
from typing import TYPE_CHECKING, Any, Literal, cast

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.providers.providers import SANDBOX, embedded_in
from sms_notebook.providers.settings import Settings, SettingsSource, find_settings
from sms_notebook.transport import Target

if TYPE_CHECKING:
    from sms_notebook.cassettes.cassette import Cassette, Recording, Where
    from sms_notebook.sandbox import Gateway, Sandbox

HttpMethod = Literal["GET", "POST"]


def cassette_for(
    record: "Where | None",
    replay: "Where | Recording | None",
    masked: bool | None,
    arguments: SettingsSource,
) -> "Cassette | None":
    """Return the recording that takes part; None where there is none, and nothing is loaded."""
    is_set = os.environ.get("SMS_RECORD") or os.environ.get("SMS_REPLAY")
    if record is None and replay is None and not masked and not is_set:
        return None
    from sms_notebook.cassettes.cassette import open_cassette  # noqa: PLC0415 - when first used

    return open_cassette(record, replay, masked, arguments)


def settings_for(
    sandbox: "Sandbox | Gateway | None", arguments: SettingsSource, cassette: "Cassette | None"
) -> Settings:
    """Find out who is asked: the recording, the sandbox that was passed, or whom the settings say.

    Raises
    ------
    UsageProblem
        If they say nothing that can be done.
    """
    if cassette is not None and (replayed := cassette.settings) is not None:
        return replayed
    if sandbox is None or arguments.problem:
        return find_settings(arguments)
    from sms_notebook.sandbox import Gateway, Sandbox  # noqa: PLC0415 - it was passed

    if arguments.provider not in (None, SANDBOX):
        raise UsageProblem("sandbox=… goes with neither provider nor base_url. Leave one out.")
    if not isinstance(sandbox, Sandbox | Gateway):
        raise UsageProblem(f"sandbox takes a Sandbox, not {type(sandbox).__name__}.")
    dialect = (sandbox if isinstance(sandbox, Sandbox) else sandbox.sandbox).dialect.name
    return Settings(embedded_in(dialect))


def gateway_for(
    sandbox: "Sandbox | Gateway | None", settings: Settings, cassette: "Cassette | None"
) -> "Gateway | None":
    """Return the sandbox that was passed, the one of this process, or its stand-in in a replay."""
    if settings.replay and cassette is not None:
        return cast("Gateway", cassette.gateway)  # it can all that a client asks of it
    if not settings.is_embedded:
        return None
    from sms_notebook.sandbox import Gateway, embedded  # noqa: PLC0415 - when first used

    if sandbox is None:
        return embedded()
    return sandbox if isinstance(sandbox, Gateway) else Gateway(sandbox)


def target_of(settings: Settings, method: HttpMethod) -> Target:
    """Return where questions go."""
    provider = settings.provider
    if method not in ("GET", "POST"):
        raise UsageProblem(f"method takes 'GET' or 'POST', not {method!r}.")
    if method not in provider.methods:
        raise UsageProblem(f"{provider.title} takes only {provider.methods[0]}.")
    return Target(provider.name, provider.base_url, method, provider.closed)


def count(name: str, value: Any) -> int:
    """Insist on a whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageProblem(f"{name} takes a whole number from 0, not {value!r}.")
    return value
