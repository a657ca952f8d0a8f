import importlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from sms_notebook import sandbox
from sms_notebook.sandbox import Sandbox, SandboxTransport, embedded

from .conftest import ADDRESS, BUY


def test_everybody_in_the_process_shares_one_embedded_sandbox(monkeypatch):
    # By its full name: the package's attribute "embedded" is the function.
    module = importlib.import_module("sms_notebook.sandbox.gateway")
    made = []

    def slowly():
        time.sleep(0.05)
        made.append(Sandbox())
        return made[-1]

    monkeypatch.setattr(module, "Sandbox", slowly)
    module._gateway.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        gateways = set(pool.map(lambda _: embedded(), range(32)))
    assert len(gateways) == len(made) == 1


def test_the_embedded_sandbox_needs_no_key():
    with httpx.Client(transport=SandboxTransport(embedded())) as client:
        before = len(embedded().sandbox.purchases())
        assert client.get(ADDRESS, params=BUY).text.startswith("ACCESS_NUMBER:")
    assert len(embedded().sandbox.purchases()) == before + 1


def test_importing_the_sandbox_loads_no_server():
    code = (
        "import sys, sms_notebook.sandbox\n"
        "assert not {'starlette', 'uvicorn', 'h11_impl'} & set(sys.modules)\n"
        "from sms_notebook.sandbox import serve\n"
        "assert 'uvicorn' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_there():
    for name in sandbox.__all__:
        assert getattr(sandbox, name) is not None
    assert "serve" in dir(sandbox)
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = sandbox.nothing_here
