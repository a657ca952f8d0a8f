"""A plugin for pytest: fixtures that test your own code against the sandbox.

pytest finds it by itself where sms_notebook is installed. It costs nothing where no test asks for
it: pandas and all the rest load with the first fixture.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sms_notebook import AsyncClient, Client
    from sms_notebook.testing import SandboxServer, SteppedSandbox

_MARKER = "sms_sandbox(**options): how the sandbox of a test begins: seed, balance, dialect, …"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def sms_sandbox(request: pytest.FixtureRequest) -> "Iterator[SteppedSandbox]":
    """The provider: `reply`, `send_sms`, `step`, `faults`, `purchases()`, `account`.

    It is new, its clock stands, and no message comes that the test does not send. While the test
    runs, `Client()` without a key means this sandbox, also deep inside of your code; no variable,
    key, config file or ledger of this machine is seen.
    `@pytest.mark.sms_sandbox(balance="0.10")` lets it begin otherwise, and `dialect="herosms"` lets
    it speak as that provider does.
    """
    from sms_notebook.testing import isolated  # noqa: PLC0415 - loads pandas

    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("sms_sandbox"))):  # the nearest wins
        options |= marker.kwargs
    with isolated(**options) as sandbox:
        yield sandbox


@pytest.fixture
def sms(sms_sandbox: "SteppedSandbox") -> "Iterator[Client]":
    """A `Client` of the sandbox, with a new ledger in memory."""
    from sms_notebook import Client  # noqa: PLC0415 - loads pandas

    with Client(sandbox=sms_sandbox.gateway) as client:
        yield client


@pytest.fixture
def sms_async(sms_sandbox: "SteppedSandbox") -> "Iterator[AsyncClient]":
    """An `AsyncClient` of the same sandbox and ledger; works in any event loop."""
    from sms_notebook import AsyncClient  # noqa: PLC0415 - loads pandas
    from sms_notebook.watching.loop import LOOP  # noqa: PLC0415 - likewise

    client = AsyncClient(sandbox=sms_sandbox.gateway)
    yield client
    LOOP.run(client.close())


@pytest.fixture
def sms_server(sms_sandbox: "SteppedSandbox") -> "Iterator[SandboxServer]":
    """The same sandbox over HTTP, for other programs: `url`, `key`.

    `Client()` means it while the test runs, also in processes that the test starts.
    """
    from sms_notebook.testing import served  # noqa: PLC0415 - loads uvicorn

    with served(sms_sandbox) as server:
        yield server
