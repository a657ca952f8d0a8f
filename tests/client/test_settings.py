"""Where provider and key come from, and what is said when they do not fit."""

import os
import re
import stat
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from sms_notebook import AsyncClient, Client, UsageProblem
from sms_notebook.sandbox import Sandbox, serve

KEY = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
BALANCE = "ACCESS_BALANCE:1.00"


@pytest.fixture
def key_sent(wire):
    """Return the key that a client made with these arguments sends."""

    def ask(*args, **options):
        wire.says(BALANCE)
        with Client(*args, **options) as sms:
            sms.get_balance()
        return wire.asked[-1].params.get("api_key")

    return ask


@pytest.fixture
def config():
    """Write the config file."""

    def write(text: str, mode: int = 0o600) -> Path:
        path = Path(os.environ["SMS_NOTEBOOK_HOME"], "config.toml")
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write


def problem(*args, **options) -> str:
    """Return the one line that refuses these arguments, of both clients."""
    with pytest.raises(UsageProblem) as of_sync:
        Client(*args, **options)
    with pytest.raises(UsageProblem) as of_async:
        AsyncClient(*args, **options)
    assert str(of_sync.value) == str(of_async.value)
    assert "\n" not in str(of_sync.value)
    return str(of_sync.value)


def test_with_nothing_set_it_is_the_sandbox(opened):
    sms = opened()
    assert repr(sms.client) in (
        "<Client sandbox: no real money>",
        "<AsyncClient sandbox: no real money>",
    )
    assert sms.client.provider == "sandbox"
    assert sms.get_balance().loc[0, "balance"] == 50.0


def test_an_own_sandbox_serves_both_clients():
    mine = Sandbox(balance="7.00")
    with Client(sandbox=mine) as sms:
        assert sms.get_balance().loc[0, "balance"] == 7.0
        assert sms.sandbox is mine
        assert "sandbox: no real money" in repr(sms)


def test_a_sandbox_of_ones_own_wins_over_a_key_in_the_environment(monkeypatch):
    monkeypatch.setenv("SMS_API_KEY", KEY)
    monkeypatch.setenv("SMS_PROVIDER", "herosms")
    with Client(sandbox=Sandbox()) as sms:
        assert repr(sms) == "<Client sandbox: no real money>"


def test_a_sandbox_and_an_address_do_not_go_together():
    assert "base_url" in problem(sandbox=Sandbox(), base_url="http://127.0.0.1:9")


def test_something_else_is_no_sandbox():
    assert problem(sandbox="seed") == "sandbox takes a Sandbox, not str."


def test_a_live_client_has_no_embedded_sandbox():
    with (
        Client(KEY, provider="herosms") as sms,
        pytest.raises(UsageProblem, match="no embedded sandbox"),
    ):
        _ = sms.sandbox


def test_the_repr_of_a_live_client_says_who_is_asked():
    with Client(KEY, provider="herosms") as sms:
        assert repr(sms) == (
            "<Client HeroSMS at https://hero-sms.com/stubs/handler_api.php, with a key>"
        )


def test_the_repr_of_a_served_sandbox_says_that_no_real_money_is_spent(wire):
    with Client(provider="sandbox", base_url=wire.url) as sms:
        assert "sandbox: no real money" in repr(sms)
        assert wire.url in repr(sms)


def test_arguments_win_over_the_environment(monkeypatch, key_sent, wire):
    monkeypatch.setenv("SMS_API_KEY", OTHER)
    monkeypatch.setenv("SMS_BASE_URL", "http://127.0.0.1:9")
    assert key_sent(KEY, base_url=wire.url) == KEY


def test_the_environment_wins_over_the_key_store(monkeypatch, key_sent, key_store, wire):
    monkeypatch.setenv("SMS_API_KEY", KEY)
    monkeypatch.setenv("SMS_BASE_URL", wire.url)
    key_store.set_password("sms_notebook", "provider", "herosms")
    key_store.set_password("sms_notebook", "herosms", OTHER)
    assert key_sent() == KEY
    assert key_store.asked == []


def test_the_key_store_wins_over_the_config_file(key_store, config):
    key_store.set_password("sms_notebook", "provider", "herosms")
    key_store.set_password("sms_notebook", "herosms", KEY)
    config(f'provider = "vak-sms"\napi_key = "{OTHER}"\n')
    with Client() as sms:
        assert sms.provider == "herosms"


def test_the_config_file_wins_over_the_sandbox(key_sent, config, wire):
    config(f'base_url = "{wire.url}"\napi_key = "{KEY}"\n')
    assert key_sent() == KEY


def test_the_key_store_holds_a_key_for_each_provider(key_store):
    key_store.set_password("sms_notebook", "vak-sms", KEY)
    with Client(provider="vak-sms") as sms:
        assert repr(sms).endswith("with a key>")
    assert "needs an API key" in problem(provider="herosms")


def test_a_key_from_the_environment_without_a_provider_goes_to_the_chosen_one(
    monkeypatch, key_sent, wire
):
    monkeypatch.setenv("SMS_API_KEY", KEY)
    assert key_sent(base_url=wire.url) == KEY


def test_a_key_in_the_environment_goes_only_to_the_provider_beside_it(monkeypatch):
    monkeypatch.setenv("SMS_API_KEY", KEY)
    monkeypatch.setenv("SMS_PROVIDER", "vak-sms")
    assert "needs an API key" in problem(provider="herosms")


def test_a_key_in_the_environment_does_not_go_to_another_address(monkeypatch, key_sent, wire):
    monkeypatch.setenv("SMS_API_KEY", KEY)
    monkeypatch.setenv("SMS_PROVIDER", "herosms")
    assert key_sent(base_url=wire.url) is None
    assert "needs an API key" in problem(provider="herosms", base_url=wire.url)


def test_a_key_in_the_config_file_goes_only_to_the_provider_beside_it(config, key_sent, wire):
    config(f'provider = "vak-sms"\napi_key = "{KEY}"\n')
    assert "needs an API key" in problem(provider="herosms")
    assert key_sent(base_url=wire.url) is None


def test_a_key_in_the_key_store_does_not_go_to_another_address(key_store, wire):
    key_store.set_password("sms_notebook", "herosms", KEY)
    assert "needs an API key" in problem(provider="herosms", base_url=wire.url)


def test_a_key_goes_to_no_other_origin_than_the_address(wire, opened):
    elsewhere = wire.url.replace("127.0.0.1", "localhost")
    wire.says("", 302, location=elsewhere)
    with pytest.raises(Exception, match="redirect"):
        opened(KEY, base_url=wire.url, retries=0).get_balance()
    assert len(wire.asked) == 1


def test_a_live_provider_without_a_key_is_refused():
    assert problem(provider="herosms") == (
        "HeroSMS needs an API key. Set SMS_API_KEY, or hand it to "
        "Client(api_key=…, provider='herosms'). Client(provider='sandbox') needs none."
    )


@pytest.mark.parametrize(
    ("environment", "arguments"),
    [
        ({}, {"provider": "herosms"}),
        ({}, {"base_url": "https://stranger.example"}),
        ({}, {"provider": "herosms", "base_url": "https://stranger.example"}),
        ({"SMS_PROVIDER": "herosms"}, {}),
        ({"SMS_PROVIDER": "herosms", "SMS_BASE_URL": "https://stranger.example"}, {}),
    ],
)
def test_the_key_is_handed_over_as_is_said(monkeypatch, environment, arguments):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    advised = re.search(r"hand it to Client\((.*?)\)", problem(**arguments))
    names = re.findall(r"(\w+)=", advised[1])
    values = {"api_key": KEY, "provider": "herosms", "base_url": "https://stranger.example"}
    with Client(**{name: values[name] for name in names}) as sms:
        label = sms.about.label
    addresses = {*environment.values(), *arguments.values()}
    assert all(part in label or part == "herosms" for part in addresses), label
    assert ("HeroSMS" in label or "herosms" in label) == ("herosms" in addresses), label


def test_a_key_without_a_provider_is_refused(monkeypatch):
    line = (
        "an API key is set, but no provider. Client(provider=…) chooses one, or SMS_PROVIDER: "
        "herosms, "
    )
    assert problem(KEY).startswith(line)
    assert "sms-activate" not in problem(KEY)  # closed
    monkeypatch.setenv("SMS_API_KEY", KEY)
    assert problem().startswith(line)


@pytest.mark.parametrize(
    ("spelled", "meant"), [("Hero-SMS", "herosms"), ("vaksms", "vak-sms"), ("SMS Man", "sms-man")]
)
def test_a_provider_is_found_however_it_is_spelled(spelled, meant):
    with Client(KEY, provider=spelled) as sms:
        assert sms.provider == meant


def test_an_unknown_provider_is_refused_with_a_guess():
    line = problem(KEY, provider="herosmss")
    assert "Did you mean herosms?" in line
    assert "use base_url" in line


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("api.example.com/stubs/handler_api.php", "lacks http:// or https://"),
        ("ftp://example.com", "lacks http:// or https://"),
        ("https://", "lacks http:// or https://"),
        (f"https://example.com/x?api_key={KEY}", "Hand the key to Client(api_key=…)"),
        (f"https://user:{KEY}@example.com/x", "Hand the key to Client(api_key=…)"),
        ("https://example.com/x#part", "takes no user, query or fragment"),
        ("https://example.com:port/x", "is not an address"),
        ("https://[::1/x", "is not an address"),
    ],
)
@pytest.mark.parametrize("place", ["argument", "environment", "config"])
def test_an_address_that_is_none_is_refused(address, said, place, monkeypatch, config):
    options = {}
    if place == "argument":
        options["base_url"] = address
    elif place == "environment":
        monkeypatch.setenv("SMS_BASE_URL", address)
    else:
        config(f'base_url = "{address}"\n')
    line = problem(KEY, **options)
    assert said in line
    assert KEY not in line


def test_an_address_without_a_path_gets_the_usual_one(wire):
    wire.says(BALANCE)
    with Client(base_url=wire.url.removesuffix("/stubs/handler_api.php")) as sms:
        sms.get_balance()
    assert wire.asked[0].path == "/stubs/handler_api.php"


def test_an_address_that_belongs_to_a_provider_means_that_provider():
    with Client(KEY, base_url="https://vak-sms.com/stubs/handler_api.php") as sms:
        assert sms.provider == "vak-sms"


@pytest.mark.parametrize("where", [{"base_url": "http://example.com/"}, {"provider": "5sim"}])
def test_plain_http_to_another_machine_is_refused_unless_asked_for(where, monkeypatch):
    with pytest.raises(UsageProblem, match="plain http: the API key can be read"):
        Client(KEY, **where)
    Client(KEY, **where, allow_http=True).close()
    monkeypatch.setenv("SMS_ALLOW_HTTP", "1")
    Client(KEY, **where).close()


def test_plain_http_to_this_machine_is_fine():
    Client(KEY, base_url="http://localhost:9/").close()
    Client(KEY, base_url="http://[::1]:9/").close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"provider = herosms", "cannot be read as TOML"),
        (b"\xff\xfe", "cannot be read as TOML"),
        (b'providr = "herosms"', "unknown setting 'providr'"),
        (b"provider = 5", "each setting is a text in quotes"),
    ],
)
def test_a_config_file_that_cannot_be_read_is_named(content, said):
    path = Path(os.environ["SMS_NOTEBOOK_HOME"], "config.toml")
    path.write_bytes(content)
    line = problem()
    assert said in line
    assert str(path) in line


def test_a_folder_in_place_of_the_config_file_is_named():
    path = Path(os.environ["SMS_NOTEBOOK_HOME"], "config.toml")
    path.mkdir()
    assert "cannot be read" in problem()


@pytest.mark.skipif(os.name != "posix", reason="file modes mean something only there")
def test_a_config_file_with_a_key_that_others_can_read_is_warned_of(config):
    path = config(f'provider = "herosms"\napi_key = "{KEY}"\n', mode=0o644)
    assert path.stat().st_mode & stat.S_IROTH
    with pytest.warns(UserWarning, match="chmod 600"):
        Client().close()


@pytest.mark.parametrize(
    "failure",
    [
        keyring.errors.NoKeyringError("none"),
        keyring.errors.KeyringLocked("locked"),
        OSError("no D-Bus"),
        ImportError("secretstorage"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_key_store_that_refuses_has_nothing_to_say(failure, monkeypatch, key_store):
    def refuse(*_args):
        raise failure

    monkeypatch.setattr(key_store, "get_password", refuse)
    with Client() as sms:
        assert sms.provider == "sandbox"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"timeout": -1}, "timeout takes seconds above zero"),
        ({"timeout": 0}, "timeout takes seconds above zero"),
        ({"timeout": float("nan")}, "timeout takes seconds above zero"),
        ({"timeout": True}, "timeout takes seconds above zero"),
        ({"timeout": "30"}, "timeout takes seconds above zero"),
        ({"retries": -1}, "retries takes a whole number from 0"),
        ({"retries": 1.5}, "retries takes a whole number from 0"),
        ({"method": "PUT"}, "method takes 'GET' or 'POST'"),
        ({"provider": "smsbower", "method": "POST"}, "SMSBower takes only GET"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(options, said):
    assert said in problem(**({"provider": "herosms"} | options), api_key=KEY)


@pytest.mark.parametrize("key", ["", "   ", "two words", "tab\tin", "ключ", "line\nbreak"])
def test_a_key_that_no_provider_gives_is_refused_without_showing_it(key):
    line = problem(key, provider="herosms")
    assert "the API key is empty or has characters no key has" in line
    assert not key.strip() or key not in line


def test_blanks_around_a_key_are_dropped(key_sent, wire):
    assert key_sent(f"  {KEY}\n", base_url=wire.url) == KEY


def test_a_client_of_a_served_sandbox_needs_no_key(opened):
    with serve(Sandbox(balance="3.00")) as url:
        assert opened(base_url=url).get_balance().loc[0, "balance"] == 3.0


def test_a_config_file_nested_without_end_is_one_line(config):
    config(f"provider = {'[' * 20000}")
    assert "cannot be read as TOML" in problem()


def test_a_home_that_cannot_be_entered_is_one_line(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SMS_NOTEBOOK_HOME", str(tmp_path / "file" / "home"))
    line = problem()
    assert "config.toml cannot be read: Not a directory." in line
    assert line.endswith("or name a folder in SMS_NOTEBOOK_HOME.")


def test_a_home_of_nobody_is_one_line(monkeypatch):
    monkeypatch.setenv("SMS_NOTEBOOK_HOME", "~nosuchuser/x")
    assert "there is no such user" in problem()
