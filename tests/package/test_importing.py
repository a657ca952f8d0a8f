"""Importing is light: what is heavy loads when first used."""

import subprocess
import sys

import pytest

HEAVY = (
    "IPython",
    "ipywidgets",
    "alembic",
    "altair",
    "psutil",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "keyring",
    "nest_asyncio",
    "nest_asyncio2",
    "phonenumbers",
    "platformdirs",
)


def loaded_by(statement: str) -> set[str]:
    program = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    assert not loaded_by("from sms_notebook import AsyncClient, Client") & set(HEAVY)


def test_the_package_alone_loads_errors_and_names_and_no_pandas():
    program = "import sms_notebook; assert issubclass(sms_notebook.NoNumbers, Exception)"
    assert not loaded_by(program) & {"pandas", "numpy", "httpx"}
    program = "from sms_notebook import *; assert OrderPanel.__module__ and Client().label"
    assert "pandas" in loaded_by(program.replace("Client().label", "repr(Client())"))


def test_a_client_with_key_and_provider_loads_neither_sandbox_nor_key_store():
    program = "import sms_notebook; sms_notebook.Client('0' * 32, provider='herosms')"
    assert not loaded_by(program) & {"phonenumbers", "keyring", "starlette", "uvicorn"}


def test_an_embedded_sandbox_loads_no_web_server():
    assert not loaded_by("import sms_notebook; sms_notebook.Client().get_balance()") & {
        "starlette",
        "uvicorn",
        "IPython",
    }


def test_who_only_reads_does_not_wait_for_the_ledger_to_load():
    program = "import sms_notebook; sms_notebook.Client().get_prices('tg', 'Kazakhstan')"
    assert not loaded_by(program) & {"sqlalchemy", "alembic", "psutil"}


def test_the_ledger_and_the_watcher_load_no_web_server():
    program = (
        "import sms_notebook; sms = sms_notebook.Client(); "
        "number = sms.order('tg', 'Kazakhstan').loc[0, 'activation_id']; "
        "sms.sandbox.send_sms(number, 'Your code is 12345'); sms.wait_code(number)"
    )
    assert not loaded_by(program) & {"starlette", "uvicorn", "IPython"}


NESTED = """
import asyncio, sys
if sys.argv[1:]:
    sys.modules[sys.argv[1]] = None
import sms_notebook

async def cell():
    sms_notebook.allow_nested_loops()

async def later_cell():
    async def balance():
        async with sms_notebook.AsyncClient() as sms:
            return float((await sms.get_balance()).loc[0, "balance"])
    return asyncio.run(balance())

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(cell())
print(loop.run_until_complete(later_cell()), hasattr(asyncio, "_nest_asyncio2"))
loop.close()
"""


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="nest-asyncio breaks asyncio there")
def test_nested_loops_work_for_those_who_ask():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", NESTED, "nest_asyncio2"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "50.0 False\n", run.stderr


def test_nested_loops_work_with_the_fork_of_nest_asyncio_where_it_is():
    pytest.importorskip("nest_asyncio2", reason="the lowest versions do without it")
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", NESTED], capture_output=True, text=True, check=False
    )
    assert run.stdout == "50.0 True\n", run.stderr


def test_nothing_patches_the_event_loop_unasked():
    program = (
        "import asyncio, sms_notebook\n"
        "before = asyncio.run\n"
        "sms_notebook.Client().get_balance()\n"
        "assert asyncio.run is before\n"
        "sms_notebook.allow_nested_loops()\n"
        "assert asyncio.run is not before\n"
        "asyncio.get_event_loop().close()"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


@pytest.mark.parametrize("option", [["--help"], []])
def test_the_command_line_explains_itself(option):
    run = subprocess.run(
        [sys.executable, "-m", "sms_notebook", *option], capture_output=True, text=True, check=True
    )
    assert "sandbox" in run.stdout
