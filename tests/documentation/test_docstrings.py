"""Every public thing is documented, and what its documentation shows runs."""

import doctest
import importlib
import inspect
import pkgutil
import warnings

import pytest

import sms_notebook
from sms_notebook import AsyncClient, Client
from sms_notebook.protocol import errors
from sms_notebook.protocol.actions import ACTIONS, BEYOND
from sms_notebook.sandbox import Sandbox

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run_examples(name: str, thing: object, globs: dict[str, object]) -> int:
    runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
    printed: list[str] = []
    for test in doctest.DocTestFinder(recurse=False).find(thing, name, globs=globs):
        runner.run(test, out=printed.append)
    assert not runner.failures, "".join(printed)
    return runner.tries


@pytest.mark.parametrize("action", [*ACTIONS.values(), *BEYOND.values()], ids=[*ACTIONS, *BEYOND])
def test_the_example_of_every_action_runs(action):
    method = getattr(Client, action.method)
    assert f"sms.{action.method}(" in inspect.getdoc(method)
    with Client(sandbox=Sandbox(speed=0)) as sms, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # one action is, and says so
        assert run_examples(action.method, method, {"sms": sms})


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_every_action_documents_its_name_parameters_columns_and_errors(action):
    method = getattr(Client, action.method)
    text = inspect.getdoc(method)
    assert action.section
    assert f"API documentation: ``{action.name}``, under “{action.section}”." in text
    assert "Raises\n------" in text
    for column in action.schema.columns:
        assert f"``{column.name}`` ({column.kind.name}): {column.meaning}" in text
    parameters = [name for name in inspect.signature(method).parameters if name != "self"]
    assert ("Parameters\n----------" in text) == bool(parameters)
    for name in parameters:
        assert any(
            line.partition(" : ")[0].strip() == name or name in line.partition(" : ")[0].split(", ")
            for line in text.splitlines()
        ), name


def modules() -> list[str]:
    found = pkgutil.walk_packages(sms_notebook.__path__, "sms_notebook.")
    # A command does not run by being imported.
    names = [module.name for module in found if not module.name.endswith("__main__")]
    return ["sms_notebook", *names]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_every_module_run(name):
    module = importlib.import_module(name)
    globs = {"sms": Client(sandbox=Sandbox(speed=0)), "Client": Client, "AsyncClient": AsyncClient}
    run_examples(name, module, globs | vars(module))
    for attribute, thing in list(vars(module).items()):  # an example may load a part of a package
        if getattr(thing, "__module__", None) == name and callable(thing):
            run_examples(f"{name}.{attribute}", thing, globs | vars(module))
            for method, function in vars(thing).items() if inspect.isclass(thing) else ():
                if inspect.isfunction(function) and not hasattr(function, "action"):
                    run_examples(f"{attribute}.{method}", function, globs | vars(module))
            if not attribute.startswith("_"):
                assert inspect.getdoc(thing), f"{attribute} has no docstring"


def test_the_public_names_are_the_documented_ones():
    public = {name for name in vars(sms_notebook) if not name.startswith("_")}
    packages = {name for name, thing in vars(sms_notebook).items() if inspect.ismodule(thing)}
    loaded_when_used = set(sms_notebook._PLACES)
    assert public - packages - loaded_when_used == set(sms_notebook.__all__) - loaded_when_used
    assert all(callable(getattr(sms_notebook, name)) for name in loaded_when_used)
    own = sms_notebook.__all__[: -len(errors.__all__)]
    assert own == sorted(own)
    assert sms_notebook.__all__ == own + sorted(errors.__all__)


def test_every_error_of_the_tree_is_public_and_stands_in_its_drawing():
    tree = importlib.import_module("sms_notebook.protocol.errors.tree")
    errors = {
        name
        for name, thing in vars(tree).items()
        if inspect.isclass(thing) and issubclass(thing, sms_notebook.SmsError)
    }
    assert errors < set(sms_notebook.__all__)
    assert all(name in tree.__doc__ for name in errors)
