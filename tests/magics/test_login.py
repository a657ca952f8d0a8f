"""A key is asked for, never shown, and never kept where others look."""

import sqlite3

import pytest
from magics.typist import KEY

from sms_notebook.sandbox import Sandbox, serve


@pytest.fixture
def url():
    with serve(Sandbox(speed=0, success=0.0, balance="100", api_key=KEY)) as url:
        yield url


@pytest.fixture
def shop(ip, url, monkeypatch):
    """A shell whose settings name a provider, but no key."""
    monkeypatch.setenv("SMS_PROVIDER", "365sms")
    monkeypatch.setenv("SMS_BASE_URL", url)
    return ip


def leave(ip) -> None:
    """Go to where no connection stays open."""
    ip.run("%sms logout;")


def test_the_key_is_asked_for_and_then_used(ip, url, person):
    person.answers = [KEY]
    said = ip.run(f"%sms login --base-url {url}")
    assert person.asked == [f"API key of {url.split('/')[2]}: "]
    assert repr(said).startswith("Now at ")
    assert repr(said).endswith(", with a key.")
    assert ip.run("%sms balance").loc[0, "balance"] == 100


def test_at_the_provider_of_the_settings_where_only_the_key_is_missing(
    ip, url, person, monkeypatch
):
    monkeypatch.setenv("SMS_PROVIDER", "365sms")
    monkeypatch.setenv("SMS_BASE_URL", url)
    ip.run("%reload_ext sms_notebook")
    assert "365sms needs an API key. Set SMS_API_KEY, or hand it to %sms login" in ip.fails(
        "%sms balance"
    )
    for line in ("%sms login", "%sms login 365sms"):
        person.answers = [KEY]
        ip.run(line)
        assert person.asked.pop() == "API key of 365sms: "
        assert ip.run("%sms").loc[0, "provider"] == f"365sms at {url}, with a key"
        assert ip.run("%sms balance").loc[0, "balance"] == 100
        ip.run("%sms logout;")


def test_a_wrong_key_is_refused_and_everything_stays(ip, url, person):
    person.answers = ["f" * 32]
    assert ip.fails(f"%sms login --base-url {url}").startswith("BadKey: getBalance at ")
    assert ip.run("%sms").loc[0, "provider"] == "sandbox: no real money"


@pytest.mark.parametrize("key", ["", " ", "with blank", "ключ"])
def test_what_is_no_key_is_refused_without_showing_it(ip, url, person, key):
    person.answers = [key]
    assert ip.fails(f"%sms login --base-url {url}") == (
        "UsageProblem: the API key is empty or has characters no key has. Copy it again."
    )


def test_where_nobody_can_answer_it_says_what_else_to_do(ip, person):
    person.answers = [EOFError()]
    assert ip.fails("%sms login herosms") == (
        "UsageProblem: %sms login: nobody can be asked for a key here. Set SMS_API_KEY."
    )


def test_the_key_outlives_a_new_budget_and_a_visit_elsewhere(ip, url, person):
    person.answers = [KEY]
    ip.run(f"%sms login --base-url {url};")
    ip.run("%sms budget 50;")
    assert ip.run("%sms balance").loc[0, "balance"] == 100
    ip.run(f"%sms provider sandbox;\n%sms provider --base-url {url};")
    assert ip.run("%sms balance").loc[0, "balance"] == 100
    assert len(person.asked) == 1


def test_logging_out_forgets_the_key(ip, url, person):
    person.answers = [KEY]
    ip.run(f"%sms login --base-url {url};")
    said = ip.run("%sms logout")
    assert repr(said) == "No key was kept in the key store. Now at sandbox: no real money."
    ip.run(f"%sms provider --base-url {url};")
    assert ip.fails("%sms balance").startswith("BadKey: ")


@pytest.fixture
def known_address(monkeypatch, url):
    """Let 365sms be where the sandbox is, as if that were its own address."""
    from dataclasses import replace

    from sms_notebook.magics.commands import account
    from sms_notebook.providers import providers, settings

    known = {**providers.PROVIDERS}
    known["365sms"] = replace(known["365sms"], base_url=url)
    for module in (providers, settings, account):
        monkeypatch.setattr(module, "PROVIDERS", known)


def test_the_key_store_is_offered_and_then_new_kernels_find_the_key(
    ip, person, key_store, known_address, make_shell
):
    person.answers = [KEY, "y"]
    said = ip.run("%sms login 365sms")
    assert person.asked[1] == "Keep the key in the operating system's key store? [y/N] "
    assert repr(said).endswith("with a key. The key is kept: new kernels find it.")
    assert key_store.kept == {
        ("sms_notebook", "365sms"): KEY,
        ("sms_notebook", "provider"): "365sms",
    }
    ip.run("%reload_ext sms_notebook")
    assert ip.run("%sms balance").loc[0, "balance"] == 100
    assert "also in the key store" in repr(ip.run("%sms logout 365sms"))
    assert not key_store.kept


@pytest.mark.parametrize("answer", ["n", "", EOFError()])
def test_the_key_store_is_left_alone_otherwise(ip, person, key_store, known_address, answer):
    person.answers = [KEY, answer]
    ip.run("%sms login 365sms")
    assert not key_store.kept
    ip.run("%sms logout;")


def test_a_key_store_that_fails_is_told(ip, person, key_store, known_address, monkeypatch):
    monkeypatch.setattr(key_store, "set_password", lambda *_: 1 / 0)
    person.answers = [KEY, "y"]
    said = repr(ip.run("%sms login 365sms"))
    assert said.endswith("It could not be kept (ZeroDivisionError): set SMS_API_KEY instead.")
    ip.run("%sms logout;")


PASTED = (
    "%sms login {key}",
    "%sms login herosms {key}",
    "%sms provider {key}",
    "%sms {key}",
    "%sms prices {key}",
    "%sms prices tg {key}",
    "%sms prices tg --{key}",
    "%sms prices tg -o {key}",
    "%sms prices tg --sort {key}",
    "%sms order tg KZ --key {key}",
    "%sms order tg KZ --key '{key} x'",
    "%sms code {key}",
    "%sms rent {key}",
    "%sms call getX api_key={key}",
    "%sms call getX x={key}",
    "%sms help {key}",
    "%sms sandbox faults {key}",
    "%sms sandbox sms {key} x",
    "%sms webhooks start --source {key}",
    "%sms provider --base-url http://example.com/?api_key={key}",
    "%sms provider --base-url {key}",
    "%sms history --since {key}",
    "%sms budget {key}",
)


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
def test_a_key_that_was_pasted_into_a_line_is_not_repeated(ip, capsys, monkeypatch, is_known):
    if is_known:
        monkeypatch.setenv("SMS_API_KEY", KEY)
    ip.names["secret"] = KEY
    for line in PASTED:
        capsys.readouterr()
        ip.shell.run_cell(line.format(key="{secret}"), store_history=True)
        ip.run("%tb")
        out, err = capsys.readouterr()
        assert KEY[:20] not in out + err, line
    assert KEY not in repr({name: ip.names.get(name) for name in ("In", "Out", "_", "_i")})


def test_a_key_that_is_in_use_is_no_word_of_a_line(ip, monkeypatch):
    monkeypatch.setenv("SMS_API_KEY", KEY)
    ip.names["secret"] = KEY
    for word in ("{secret}", "'{secret} x'", "a{secret}"):
        assert ip.fails(f"%sms order tg KZ --key {word}") == (
            "UsageProblem: %sms: this line holds the API key, which no command takes."
        )
    assert not ip.sandbox.purchases()


@pytest.mark.parametrize("line", ["order tg KZ", "rent order full KZ", "rent extend 1 24"])
def test_what_looks_like_a_key_names_no_order(ip, line):
    said = ip.fails(f"%sms {line} --key {KEY}")
    assert "--key is your own name for the order, and this looks like an API key" in said
    assert KEY[:20] not in said
    assert not ip.sandbox.purchases()


@pytest.mark.parametrize("history", ["kept"], indirect=True)
def test_the_key_is_in_no_variable_and_no_history(history, ip, url, person, capsys):
    person.answers = [KEY]
    for line in (
        f"%sms login --base-url {url}",
        "%sms",
        "%sms prices tg KZ",
        "%sms order tg KZ --yes",
        "%sms ledger",
        "%config SmsMagics",
        "%sms foo",
        "%sms provider",
        "%tb",
        "%xmode Verbose",
        "1 / 0",
    ):
        ip.shell.run_cell(line, store_history=True)
    out, err = capsys.readouterr()
    assert KEY not in out + err
    names = {name: one for name, one in ip.names.items() if name != "get_ipython"}
    assert KEY not in repr(names)
    ip.shell.history_manager.writeout_cache()
    with sqlite3.connect(history) as database:
        text = "\n".join(database.iterdump())
    assert "%sms login" in text
    assert KEY not in text
    database.close()
    ip.run("%sms logout;")
