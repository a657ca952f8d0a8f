"""The address for webhooks is a secret: no cell leaves it in a notebook unless it is asked for."""

import re
from urllib.parse import urlsplit

import pytest


@pytest.fixture
def shown(make_shell, capsys):
    """Run cells; return all that they leave in a notebook: what they print, and their results."""
    shell = make_shell()
    shell.run_line_magic("load_ext", "sms_notebook")

    def run(cell: str) -> str:
        result = shell.run_cell(cell, store_history=False)
        result.raise_error()
        data, _ = shell.display_formatter.format(result.result)
        return f"{capsys.readouterr().out} {data}"

    run("from sms_notebook import Client\nsms = Client()")
    yield run
    run("sms.webhooks.stop()\n%sms webhooks stop")


@pytest.mark.parametrize(
    "cell",
    [
        "sms.webhooks.start(port=0)",
        "sms.webhooks.start(port=0)\nsms.webhooks.url",
        "url = sms.webhooks.start(port=0)\n[url], {'url': url}",
        "sms.webhooks.start(port=0)\nsms.webhooks",
        "sms.webhooks.start(port=0)\nf'{sms.webhooks.url!r}'",
    ],
)
def test_a_cell_shows_the_address_without_its_secret(shown, cell):
    words = shown(cell)
    url = shown("print(sms.webhooks.url)").split()[0]
    assert urlsplit(url).path[1:] not in words
    assert "http://127.0.0.1:" in words


@pytest.mark.parametrize("line", ["start --port 0", "", "address"])
def test_the_command_shows_it_without_its_secret(shown, line):
    shown("%sms webhooks start --port 0;")
    words = shown(f"%sms webhooks {line}")
    url = re.search(r"http://[^\s']+", shown("%sms webhooks address --reveal"))[0]
    assert len(urlsplit(url).path) > 20
    assert urlsplit(url).path[1:] not in words


def test_it_is_a_plain_text_to_code_and_shown_on_purpose(shown):
    shown("import httpx\nurl = sms.webhooks.start(port=0)")
    url = shown("print(url)").split()[0]
    assert url in shown("url.reveal()")
    assert url in shown("str(url)")
    assert "404" in shown("httpx.get(url[:-1]).status_code")
    assert "True" in shown("url == sms.webhooks.url == url.reveal() and isinstance(url, str)")


def test_without_a_receiver_there_is_no_address(ip):
    assert ip.fails("%sms webhooks address") == (
        "UsageProblem: no webhooks are received: %sms webhooks start begins."
    )
