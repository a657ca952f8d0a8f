"""What holds for every command; each command's own options are tested with its room."""

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from terminal import refused

from sms_notebook import __version__
from sms_notebook.__main__ import main
from sms_notebook.cli import COMMANDS
from sms_notebook.sandbox import Faults, Sandbox, serve

SECRET = "a-key-nobody-should-see"  # noqa: S105 - of the tests alone


def test_it_runs_as_a_module_and_prints_its_commands():
    done = subprocess.run(
        [sys.executable, "-m", "sms_notebook"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


def test_a_reader_that_has_seen_enough_ends_it_in_silence():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "sms_notebook"], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


def test_an_interrupt_ends_it_in_silence(capsys, monkeypatch):
    def asked(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sms_notebook.client.Client.check", asked)
    assert main(["check", "--provider", "sandbox"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("command", [*COMMANDS])
def test_a_terminal_that_knows_ascii_alone_shows_help_too(command):
    done = subprocess.run(
        [sys.executable, "-m", "sms_notebook", command, "--help"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_the_package_alone_prints_its_commands(capsys, arguments):
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert all(f"\n  {name} " in printed.out for name in ("sandbox", "webhooks"))


def test_the_console_script_is_the_same(capsys, monkeypatch):
    (found,) = entry_points(group="console_scripts", name="sms-notebook")
    monkeypatch.setattr("sys.argv", ["/some/where/sms-notebook", "check", "--help"])
    with pytest.raises(SystemExit) as end:
        found.load()()
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("usage: sms-notebook check [options]\n")
    monkeypatch.setattr("sys.argv", ["/some/where/sms-notebook"])
    assert found.load()() == 0
    assert capsys.readouterr().out.startswith("usage: sms-notebook COMMAND [options]\n")


def test_a_provider_is_checked_and_the_report_kept(capsys, tmp_path):
    report = tmp_path / "report.json"
    assert main(["check", "--provider", "sandbox", "--save", str(report)]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == "<Client sandbox: no real money>"
    assert len(lines) > 15
    assert {line.split()[0] for line in lines} == {"ok"}
    assert any(line.startswith("ok  getBalance") for line in lines)
    assert json.loads(report.read_text())


def test_a_provider_that_answers_oddly_is_told_by_the_exit_code(capsys):
    faults = Faults(["ERROR_SQL@getCountries:1"])
    with serve(Sandbox(speed=0), faults) as url, pytest.raises(SystemExit) as end:
        main(["check", "--base-url", url])
    assert end.value.code == 1
    odd = [line for line in capsys.readouterr().out.splitlines() if line.startswith("ODD")]
    assert [line.split()[1] for line in odd] == ["getCountries"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--provider", "nobody"], "nobody"), (["--api-key", SECRET], "unknown option --api-key")],
)
def test_a_check_that_cannot_be_made_is_one_line(arguments, said):
    line = refused("check", *arguments)
    assert said in line
    assert SECRET not in line


def test_the_version_is_printed(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"sms_notebook {__version__}\n"


def test_an_unknown_command_is_one_line(capsys):
    assert main(["sandpit", SECRET]) == 2
    known = "sandbox, webhooks, check, check-notebook, --help and --version"
    line = f"sms_notebook: the commands are {known}\n"
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("command", ["sandbox", "webhooks"])
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--port", "none"], "--port: a port is a number from 0 to 65535: 'none'"),
        (["--port", "65536"], "--port: a port is a number from 0 to 65535: '65536'"),
        (["--port", "-1"], "--port: a port is a number from 0 to 65535: '-1'"),
        (["--port"], "--port: expected one argument"),
        (["--prot=1"], "unknown option --prot, did you mean --port?"),
        ([f"--hots={SECRET}"], "unknown option --hots, did you mean --host?"),
        (["--zzz", SECRET], "unknown option --zzz; see --help"),
        ([SECRET], "only options are taken, no other arguments; see --help"),
    ],
)
def test_a_wrong_option_is_one_line_that_shows_no_value(command, arguments, line):
    assert refused(command, *arguments) == f"sms_notebook {command}: {line}\n"


@pytest.mark.parametrize("command", ["sandbox", "webhooks"])
def test_help_explains_the_address_and_ends_with_0(capsys, command):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    printed = capsys.readouterr()
    assert (end.value.code, printed.err) == (0, "")
    assert printed.out.startswith(f"usage: python -m sms_notebook {command} [options]\n")
    assert "\n  --host HOST" in printed.out
    assert "\n  --port PORT" in printed.out


def test_help_and_mistakes_do_not_load_what_serves():
    code = (
        "import sys, sms_notebook.__main__ as m\n"
        "for command in ('check', 'sandbox', 'webhooks'):\n"
        "    for option in ('--help', '--zzz'):\n"
        "        try: m.main([command, option])\n"
        "        except SystemExit: pass\n"
        "assert not {'starlette', 'uvicorn', 'sqlalchemy', 'altair', 'IPython'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
