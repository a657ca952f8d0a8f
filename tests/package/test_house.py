"""How the house is built: few rooms, one name once, and short ways through it."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import FrameType

import pytest

from sms_notebook import Client
from sms_notebook.sandbox import Sandbox, serve

HOUSE = Path(__file__).parents[2] / "sms_notebook"
MODULES = sorted(HOUSE.rglob("*.py"))
FACES = ("magics", "panels", "charts")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


def test_there_are_few_modules():
    assert len(MODULES) <= 206


def test_a_class_name_exists_once():
    places = defaultdict(list)
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(HOUSE)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


SUFFIX = re.compile(r"(\w{4,}?)(?:e?[sd]|e?r|ing|ed|or|ion)?")


def test_no_two_modules_of_a_room_differ_by_a_suffix():
    for folder in {path.parent for path in MODULES}:
        names = sorted(path.stem for path in folder.glob("*.py"))
        stems = [SUFFIX.fullmatch(name)[1] for name in names if SUFFIX.fullmatch(name)]
        assert len(set(stems)) == len(stems), (folder.name, names)


PARTICIPLES = {"one", "told", "said", "shown", "made", "seen", "heard", "found", "gone", "got"}


def bound(function: ast.AST) -> Iterator[str]:
    """Yield the names of a function's parameters and variables, and its own where it is private."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
    name = getattr(function, "name", "")
    if name.startswith("_"):
        yield name.strip("_")


def test_no_variable_is_named_after_what_happened_to_it():
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    for path in MODULES:
        functions = (node for node in ast.walk(tree(path)) if isinstance(node, kinds))
        assert PARTICIPLES.isdisjoint(name for node in functions for name in bound(node)), path


def dotted(path: Path) -> str:
    return ".".join((HOUSE.name, *path.relative_to(HOUSE).with_suffix("").parts))


def imported_by(path: Path) -> set[str]:
    """Return the modules of the package that a module imports, also for types alone."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found & set(map(dotted, MODULES))


def test_no_files_import_each_other_in_a_circle():
    graph = {dotted(path): imported_by(path) for path in MODULES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_faces_ask_through_the_door():
    for face in FACES:
        for path in (HOUSE / face).rglob("*.py"):
            assert "SLF001" not in text(path), path


def test_colours_of_a_terminal_are_a_matter_of_the_faces():
    for path in MODULES:
        if path.relative_to(HOUSE).parts[0] not in FACES:
            assert not re.search(r"\\x1b\[|\\033\[", text(path)), path


@pytest.fixture
def url() -> Iterator[str]:
    with serve(Sandbox(speed=0)) as url:
        yield url


@pytest.fixture
def sms(url) -> Iterator[Client]:
    with Client("0" * 32, base_url=url) as client:
        yield client


def files_on_the_way(call: Callable[[], object]) -> set[str]:
    """Return the files of the package that run in this thread while something is called."""
    passed = set()

    def note(frame: FrameType, event: str, _arg: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(HOUSE)):
            passed.add(Path(frame.f_code.co_filename).relative_to(HOUSE).as_posix())

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return passed


def test_a_question_passes_twelve_files_at_most(sms):
    sms.get_balance()  # what is made when first used is made
    assert len(passed := files_on_the_way(sms.get_balance)) <= 12, passed


def test_an_order_and_the_look_before_it_pass_38_files_at_most(sms):
    sms.order("tg", 2)
    assert len(passed := files_on_the_way(lambda: sms.order("tg", 2))) <= 38, passed


def test_an_order_of_an_account_that_nobody_shares_passes_35_files_at_most(url):
    with Client("0" * 32, base_url=url, alone=True) as own:
        own.order("tg", 2)
        assert len(passed := files_on_the_way(lambda: own.order("tg", 2))) <= 35, passed


IGNORED = re.compile(r"# (?:noqa|type: ignore)[:\[].*")
REASON = re.compile(r"# (?:noqa: [A-Z0-9, ]+ - \S.*|type: ignore\[[a-z, -]+\]  # \S.*)")


def test_whatever_a_checker_is_told_to_ignore_has_its_reason():
    for path in (*MODULES, *sorted(Path(__file__).parents[1].rglob("*.py"))):
        for number, line in enumerate(text(path).splitlines(), 1):
            ignored = IGNORED.search(line)
            assert not ignored or REASON.fullmatch(ignored[0]), f"{path}:{number}"
