"""Whatever CONTRIBUTING.md names is there."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_path_it_names_exists():
    paths = set(
        re.findall(r"(?<![.\w/])(?:sms_notebook|tests|docs|notebooks|binder)/[\w./-]*\w/?", TEXT)
    )
    assert len(paths) > 20
    assert not sorted(path for path in paths if not (ROOT / path).exists())
    for name in ("pyproject.toml", "constraints.txt"):
        assert f"`{name}`" in TEXT
        assert (ROOT / name).is_file()


def test_every_command_it_names_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = set(re.findall(r"(?:`|^)make ([\w-]+)", TEXT, re.MULTILINE))
    assert len(commands) > 5
    assert not {one for one in commands if not re.search(rf"^{one}:", makefile, re.MULTILINE)}


def test_it_lists_the_rooms_in_the_order_of_the_contract():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    contract = [sorted(re.findall(r"sms_notebook\.(\w+)", layer)) for layer in layers]
    rows = re.findall(r"^\| (`sms_notebook/.*?) \|", TEXT, re.MULTILINE)
    assert [sorted(re.findall(r"sms_notebook/(\w+)", row)) for row in rows] == contract


def test_every_room_is_told_of():
    rooms = {path.parent.name for path in (ROOT / "sms_notebook").glob("*/__init__.py")}
    assert not {room for room in rooms if f"`sms_notebook/{room}/`" not in TEXT}
