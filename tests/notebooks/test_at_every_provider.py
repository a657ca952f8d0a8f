"""At each provider all notebooks run to their end, with nothing but the environment changed."""

import nbformat
import pytest
from execute import execute

from sms_notebook.providers.providers import PROVIDERS
from sms_notebook.providers.row import Rents
from sms_notebook.sandbox import Sandbox, serve

from .conftest import NOTEBOOKS, shown

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
SMALL = (
    *("smsbower", "tiger-sms", "grizzlysms", "smshub"),
    *("virtualsms", "sms-man", "vak-sms", "daisysms-io"),
)
"""The dialects beside the reference, which `test_all_notebooks` asks, and HeroSMS'."""
FIRST = dict(
    zip(
        NOTEBOOKS,
        (
            *("smsbower", "vak-sms", "herosms", "herosms"),
            *("tiger-sms", "grizzlysms", "virtualsms", "herosms"),
        ),
        strict=True,
    )
)
"""Where most notebooks are run in any case; `make test-deep` runs each of them everywhere."""
NOT_FIRST = ("06", "08")  # what was spent, and the other client: they differ least elsewhere
PAIRS = [(path, name) for path, name in FIRST.items() if path.name[:2] not in NOT_FIRST]
REST = [
    (path, name) for path in NOTEBOOKS for name in ("herosms", *SMALL) if (path, name) not in PAIRS
]


def check(path, name):
    """Run a notebook against a server that speaks a dialect; a minute lasts a second and a half."""
    sandbox = Sandbox(dialect=name, speed=40, success=1.0, balance="1000", api_key=KEY)
    with serve(sandbox) as url:
        settings = {"SMS_PROVIDER": name, "SMS_BASE_URL": url, "SMS_API_KEY": KEY}
        executed, client = execute(path, "print(sms)", settings)
    outputs = [output for _, some in shown(executed) for output in some]
    assert not [output for output in outputs if "error" in output]
    assert not [text for output in outputs for text in output.values() if "Traceback" in text]
    assert PROVIDERS[name].title in client
    assert KEY not in nbformat.writes(executed)
    if path.name.startswith("04") and PROVIDERS[name].rents is Rents.NONE:
        said = [output["stdout"] for output in outputs if "stdout" in output]
        assert len(said) == 1
        assert "has no rents" in said[0]
        assert not sandbox.purchases()
    elif path.name[:2] in ("01", "03", "04", "05", "07", "08"):
        assert sandbox.purchases()


@pytest.mark.parametrize(("path", "name"), PAIRS, ids=[f"{p.stem}-{name}" for p, name in PAIRS])
def test_a_notebook_runs_at_another_provider(path, name):
    check(path, name)


@pytest.mark.deep
@pytest.mark.parametrize(("path", "name"), REST, ids=[f"{p.stem}-{name}" for p, name in REST])
def test_every_notebook_runs_at_every_other_provider(path, name):
    check(path, name)
