"""``check-notebook`` finds secrets wherever a notebook can hold one, and repeats none."""

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sms_notebook.__main__ import main

ROOT = Path(__file__).parents[2]
KEY = "aZ3kQ9" + "xW7mP2vB8nL5tR"  # 20 letters and digits
LONG = "Qw8er7Ty6" + "ui5OpAs4dF3gHj2kL1zXc9vB"
HEX = "3f9c" + "1a2b" * 7
LETTERS = "qwjzk" * 5
NUMBER = "79161234567"


def code(source: str, *outputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": source.splitlines(keepends=True),
        "id": "a1b2c3d4",
        "metadata": {},
        "execution_count": 1,
        "outputs": list(outputs),
        **more,
    }


def text(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "id": "b1", "metadata": {}, **more}


def printed(words: str) -> dict[str, Any]:
    return code("1", {"output_type": "stream", "name": "stdout", "text": [words]})


def shown(value: object, kind: str = "text/html") -> dict[str, Any]:
    data = {"output_type": "display_data", "metadata": {}, "data": {kind: value}}
    return code("1", data)


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}


def coded(secret: str) -> str:
    return base64.b64encode(f"key {secret}".encode()).decode()


def widget(value: object) -> dict[str, Any]:
    state = {"c" * 32: {"model_name": "TextModel", "state": {"value": value}}}
    return {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": state}}}


half, rest = KEY[:9], KEY[9:]
KEYS = {
    "a client": notebook(code(f"sms = Client('{KEY}')")),
    "a client, letters alone": notebook(code(f'sms = AsyncClient("{LETTERS}")')),
    "the environment": notebook(code(f"import os\nos.environ['SMS_API_KEY'] = '{LETTERS}'")),
    "setdefault": notebook(code(f"os.environ.setdefault('SMS_API_KEY', '{LETTERS}')")),
    "%env": notebook(code(f"%env SMS_API_KEY {LETTERS}")),
    "%env with =": notebook(code(f"%env SMS_API_KEY={LETTERS}")),
    "a shell": notebook(code(f"!export SMS_API_KEY={LETTERS}")),
    "a dict": notebook(code(f"settings = {{'api_key': '{LETTERS}'}}")),
    "a header": notebook(code(f"headers = {{'Authorization': 'Bearer {LETTERS}'}}")),
    "an output": notebook(printed(f"the key is {KEY}.\n")),
    "a long output": notebook(printed(LONG)),
    "hexadecimal": notebook(printed(HEX)),
    "upper case": notebook(printed(HEX.upper())),
    "a page": notebook(shown(f"<td>{KEY}</td>")),
    "a page in pieces": notebook(shown(f"<b>{half}</b><i>{rest}</i>")),
    "entities": notebook(shown("".join(f"&#{ord(letter)};" for letter in KEY))),
    "entities in hex": notebook(shown("".join(f"&#x{ord(letter):x};" for letter in KEY))),
    "colours": notebook(printed(f"\x1b[31m{half}\x1b[0m\x1b[1;32m{rest}\x1b[0m")),
    "a traceback": notebook(
        code(
            "1",
            {"output_type": "error", "ename": "E", "evalue": "", "traceback": [f"\x1b[0;31m{KEY}"]},
        )
    ),
    "base64": notebook(printed(coded(KEY))),
    "base64 in the source": notebook(code(f"b64decode('{coded(KEY)}')")),
    "base64 twice": notebook(printed(coded(coded(KEY)))),
    "percent": notebook(printed("".join(f"%{ord(letter):02x}" for letter in KEY))),
    "escapes": notebook(code("k = '" + "".join(f"\\x{ord(letter):02x}" for letter in KEY) + "'")),
    "full width": notebook(printed("".join(chr(ord(letter) + 0xFEE0) for letter in KEY))),
    "zero-width": notebook(printed("\u200b".join(KEY))),
    "two lines": notebook(printed(f"{half}\n{rest}\n")),
    "a sum": notebook(code(f"Client('{half}' + '{rest}')")),
    "side by side": notebook(code(f"Client('{half}' '{rest}')")),
    "two variables": notebook(code(f"a = '{half}'\nb = '{rest}'\nClient(a + b)")),
    "two cells": notebook(code(f"a = '{half}'"), code(f"b = '{rest}'"), code("Client(f'{a}{b}')")),
    "join": notebook(code(f"api_key = ''.join(['{LETTERS[:5]}', '{LETTERS[5:]}'])")),
    "backwards": notebook(code(f"Client('{LETTERS[::-1]}'[::-1])")),
    "a cell id": notebook(text("1", id=KEY)),
    "a cell's metadata": notebook(text("1", metadata={"note": [KEY]})),
    "a name in the metadata": notebook(text("1", metadata={KEY: 1})),
    "the metadata": notebook(text("1"), author={"note": KEY}),
    "the place of the seal": notebook(text("1"), sms_notebook_sandbox_run=KEY),
    "an attachment's name": notebook(text("1", attachments={f"{KEY}.png": {"image/png": "iVBO"}})),
    "an attachment": notebook(text("1", attachments={"a.txt": {"text/plain": KEY}})),
    "SVG": notebook(shown(f"<svg><text>{KEY}</text></svg>", "image/svg+xml")),
    "JSON": notebook(shown({"rows": [{"k": KEY}]}, "application/json")),
    "a chart": notebook(
        shown({"data": {"values": [{"k": KEY}]}}, "application/vnd.vegalite.v5+json")
    ),
    "a widget's view": notebook(shown({"note": KEY}, "application/vnd.jupyter.widget-view+json")),
    "the state of a widget": notebook(**widget(KEY)),
    "the state of a widget, in lines": notebook(**widget([KEY, "b"])),
    "metadata of an output": notebook(
        code("1", {"output_type": "display_data", "data": {}, "metadata": {"k": KEY}})
    ),
    "a comment": notebook(code(f"# my key was {KEY}")),
    "a webhook": notebook(printed(f"http://127.0.0.1:8701/{LONG}")),
}
NUMBERS = {
    "plain": printed(f"{NUMBER}\n"),
    "a sentence": printed(f"It was {NUMBER}."),
    "dots": printed("7.916.123.45.67"),
    "no-break blanks": printed("+7\u00a0916\u00a0123\u00a045\u00a067"),
    "narrow blanks": printed("+7\u202f916\u202f123\u202f45\u202f67"),
    "other hyphens": printed("+7\u2011916\u2011123\u201145\u201167"),
    "brackets": printed("+7 (916) 123-45-67"),
    "slashes": printed("+7/916/1234567"),
    "a float": printed(f"{NUMBER}.0"),
    "a power": printed("7.9161234567e+10"),
    "a whole number": shown({"n": int(NUMBER)}, "application/json"),
    "a number with a point": shown({"n": float(NUMBER)}, "application/json"),
    "entities": shown("".join(f"&#{ord(digit)};" for digit in NUMBER)),
    "no-break entities": shown("+7&nbsp;916&nbsp;123&nbsp;45&nbsp;67"),
    "base64": printed(base64.b64encode(b"my phone: 79161234567").decode()),
    "full width": printed("".join(chr(ord(digit) + 0xFEE0) for digit in NUMBER)),
    "the source": code(f"mine = {NUMBER}"),
    "an id": text("1", id=NUMBER),
}
ADDRESSES = [
    code("ledger = 'postgresql://ann:hunter2@db.example/sms'"),
    printed("postgresql+psycopg://ann:s3cr3t!@10.0.0.1:5432/sms"),
    text("mysql://root:toor42@localhost/x"),
    code("httpx.Client(proxy='http://ann:hunter2@proxy.example:3128')"),
    printed("host=db.example user=ann password=hunter2"),
]


def checked(capsys: pytest.CaptureFixture[str], path: Path, content: object) -> tuple[int, str]:
    path.write_text(json.dumps(content), encoding="utf-8")
    ended = 0
    try:
        main(["check-notebook", str(path)])
    except SystemExit as end:
        ended = int(str(end.code))
    return ended, capsys.readouterr().out


@pytest.mark.parametrize("where", KEYS)
def test_a_key_is_found_wherever_it_stands(capsys, tmp_path, where):
    ended, lines = checked(capsys, tmp_path / "a.ipynb", KEYS[where])
    assert ended == 1, where
    assert "what may be an API key" in lines or "a secret in it" in lines
    for secret in (KEY, LETTERS, LONG, HEX, half, rest):
        assert secret[:6] not in lines.replace("a.ipynb", "")


@pytest.mark.parametrize("where", NUMBERS)
def test_a_number_is_found_however_it_is_written(capsys, tmp_path, where):
    ended, lines = checked(capsys, tmp_path / "a.ipynb", notebook(NUMBERS[where]))
    assert (ended, "what may be a real number: 7916…67" in lines) == (1, True)


def test_a_number_in_the_state_of_a_widget_is_found(capsys, tmp_path):
    ended, lines = checked(capsys, tmp_path / "a.ipynb", notebook(**widget(f"+{NUMBER}")))
    assert (ended, lines.count("real number")) == (1, 1)


@pytest.mark.parametrize("cell", ADDRESSES)
def test_an_address_with_a_password_is_found(capsys, tmp_path, cell):
    ended, lines = checked(capsys, tmp_path / "a.ipynb", notebook(cell))
    assert ended == 1
    assert "password" in lines
    assert not [secret for secret in ("hunter2", "s3cr3t", "toor42") if secret in lines]


HARMLESS = [
    code("sms = Client()\nkey = os.environ['SMS_API_KEY']\nClient(api_key=getpass('key: '))"),
    code("Client(provider='herosms', api_key=key)\nsms.order('tg', 2, key='my first order')"),
    code("api_key = '…'  # yours\nClient('<your key>')\nos.environ['SMS_API_KEY'] = '***'"),
    code("getListOfTopCountriesByService2()  # ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    text("postgresql://user:password@host/db, http://127.0.0.1:8700/stubs/handler_api.php"),
    printed(
        "0b5c8f1e-9d3a-4b7c-8e2f-1a2b3c4d5e6f 2026-01-01T12:00:00.123456+00:00 192.168.100.200"
    ),
    printed("0.86  35699  32486\n1767225600 1.0.0 3.14159265358979 order 4242"),
    shown("<img src='data:image/png;base64," + "iVBORw0KGgo1a2b3c4d5e6f7g8" * 9 + "'>"),
    shown(
        {"model_id": "3f9c1a2b" * 4, "version_major": 2}, "application/vnd.jupyter.widget-view+json"
    ),
    shown("iVBORw0KGgo1a2b3c4d5e6f7g8", "image/png"),
]


@pytest.mark.parametrize("cell", HARMLESS)
def test_what_is_harmless_is_let_through(capsys, tmp_path, cell):
    ended, lines = checked(capsys, tmp_path / "a.ipynb", notebook(cell, **widget("tg")))
    assert (ended, lines) == (0, "1 notebook: nothing that must not be shared\n")


def test_what_is_no_notebook_ends_with_2(capsys, tmp_path):
    no_metadata = b'{"cells": [], "metadata": []}'
    for content in (b"", b"{}", b"[1]", b"\xff", b'{"cells": [1]}', no_metadata):
        (tmp_path / "a.ipynb").write_bytes(content)
        with pytest.raises(SystemExit) as ended:
            main(["check-notebook", str(tmp_path / "a.ipynb")])
        assert ended.value.code == 2
        assert capsys.readouterr().err.endswith("a.ipynb is no notebook.\n")
    with pytest.raises(SystemExit) as ended:
        main(["check-notebook", str(tmp_path / "none.ipynb")])
    assert ended.value.code == 2


def test_a_notebook_that_is_nested_too_deeply_is_not_let_through(capsys, tmp_path):
    deep = b"[" * 900 + b"]" * 900
    (tmp_path / "a.ipynb").write_bytes(b'{"cells": [{"source": ' + deep + b"}]}")
    with pytest.raises(SystemExit) as ended:
        main(["check-notebook", str(tmp_path / "a.ipynb")])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("a.ipynb is nested too deeply to be looked through.\n")


def clean(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    main(["check-notebook", "--clean", "a.ipynb"])


def test_the_filter_takes_outputs_out_and_keeps_the_rest(capfdbinary, monkeypatch):
    planted = notebook(code("1"), printed(KEY), text("2"), printed("fine"), **widget(NUMBER))
    clean(monkeypatch, json.dumps(planted).encode())
    content = capfdbinary.readouterr().out
    assert KEY.encode() not in content
    cells = json.loads(content)["cells"]
    assert [cell["source"] for cell in cells] == [cell["source"] for cell in planted["cells"]]
    assert [len(cell.get("outputs", [1])) for cell in cells] == [0, 0, 1, 1]


def test_the_filter_keeps_half_a_character_as_json_writes_it(capfdbinary, monkeypatch):
    half = "\N{GRINNING FACE}".encode("utf-16-be")[:2].decode("utf-16-be", "surrogatepass")
    clean(monkeypatch, json.dumps(notebook(printed(KEY), printed(half))).encode())
    cells = json.loads(capfdbinary.readouterr().out)["cells"]
    assert cells[1]["outputs"][0]["text"] == [half]


def test_the_filter_leaves_what_can_be_shared_as_it_is(capfdbinary, monkeypatch):
    content = json.dumps(notebook(printed("fine"))).encode() + b"\n\n"
    clean(monkeypatch, content)
    assert capfdbinary.readouterr().out == content


def test_the_filter_fails_for_what_a_person_wrote(capfdbinary, monkeypatch):
    with pytest.raises(SystemExit) as ended:
        clean(monkeypatch, json.dumps(notebook(code(f"Client('{KEY}')"))).encode())
    assert ended.value.code == 1
    printed_bytes, said = capfdbinary.readouterr()
    assert printed_bytes == b""
    assert said.startswith(b"a.ipynb, cell 1: what may be an API key")


def test_git_keeps_keys_out_of_a_commit_with_it(tmp_path):
    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [
            "git",
            "-C",
            str(tmp_path),
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            *arguments,
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    git("init", "-q")
    git(
        "config",
        "filter.sms_notebook.clean",
        f"{sys.executable} -m sms_notebook check-notebook --clean %f",
    )
    git("config", "filter.sms_notebook.required", "true")
    (tmp_path / ".gitattributes").write_text("*.ipynb filter=sms_notebook\n")
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook(printed(KEY))))
    assert git("add", "a.ipynb").returncode == 0
    assert KEY not in git("show", ":a.ipynb").stdout
    (tmp_path / "b.ipynb").write_text(json.dumps(notebook(code(f"Client('{KEY}')"))))
    assert git("add", "b.ipynb").returncode != 0


def test_the_hook_of_pre_commit_is_this_command():
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8").splitlines()
    assert hook[0] == "- id: check-notebook"
    assert "  entry: sms-notebook check-notebook" in hook
    assert "  types: [jupyter]" in hook
