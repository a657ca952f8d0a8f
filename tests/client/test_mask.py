"""Under the mask nobody sees a number or a code, whatever is printed, exported or listened to."""

import io
import json
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notebook import Client, CodeAlreadyReceived, MalformedReply, SmsError
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.frames.kinds import Secret
from sms_notebook.protocol.masking import masked, masked_raw, masked_text
from sms_notebook.protocol.replies import Context, Reply
from sms_notebook.sandbox import Sandbox

pytestmark = pytest.mark.alike
REPLIES = json.loads((Path(__file__).parents[1] / "protocol" / "replies.json").read_text())
NUMBER, CALLER, CODE, LICENCE = "79991231234", "380507778899", "40815", "LK-77AB-XYZZY"
TRUE = {
    Secret.PHONE: NUMBER,
    Secret.CALLER: CALLER,
    Secret.CODE: CODE,
    Secret.WORDS: f"From {NUMBER}: your code is {CODE}, once more 408-15",
    Secret.LINK: f"https://voice.example/{CODE}?secret=qwertz",
    Secret.LICENCE: LICENCE,
}
each_action = pytest.mark.parametrize("action", sorted(ACTIONS))


def names_of(action: str) -> dict[str, Secret]:
    return {
        name: column.kind.secret
        for column in ACTIONS[action].schema.columns
        if column.kind.secret is not None
        for name in (*column.wire, column.name)
    }


def planted(value, names: dict[str, Secret], true: dict[Secret, str], key: str = ""):
    """Put secrets into a good reply: where they belong, and where nobody expects them."""
    if isinstance(value, dict):
        return {name: planted(one, names, true, name) for name, one in value.items()} | (
            {
                "unknownField": f"+{true[Secret.PHONE]} {true[Secret.CODE]}",
                "tel": int(true[Secret.PHONE]),
            }
            if names and not all(name.isdigit() for name in value)
            else {}
        )
    if isinstance(value, list):
        return [planted(one, names, true, key) for one in value]
    secret = names.get(key)
    return true[secret] if secret is not None and value not in (None, "") else value


def reply_of(action: str, true: dict[Secret, str]) -> str:
    """Return the richest good reply of an action, with secrets in it."""
    good = REPLIES[action]
    value = good.get("many", good["one"])
    if isinstance(value, str):
        value = value.replace("79584******", true[Secret.PHONE])
        word, _, rest = value.partition(":")
        if word == "ACCESS_NUMBER":
            return f"{word}:{rest.partition(':')[0]}:{true[Secret.PHONE]}"
        return f"{word}:{true[Secret.CODE]}" if word == "STATUS_OK" else value
    return json.dumps(planted(value, names_of(action), true))


def shapes_of(frame: pd.DataFrame):
    """Yield all ways in which a frame is shown, exported and saved."""
    yield repr(frame)
    yield frame.to_string(max_colwidth=None)
    yield frame.to_html(max_cols=None)
    yield frame.to_csv()
    yield frame.to_json(default_handler=str, date_format="iso")
    yield repr(frame.attrs)
    yield repr(frame.to_dict())
    if not any(frame[name].dtype == object for name in frame):
        kept = io.BytesIO()
        frame.to_parquet(kept)
        yield kept.getvalue().decode("latin-1")


def assert_hidden(frame: pd.DataFrame, *secrets: str) -> None:
    for text in shapes_of(frame):
        for secret in secrets:
            assert secret not in text, f"{secret} shows in {text[:300]}"


@each_action
def test_no_frame_shows_a_number_or_a_code(opened, wire, action):
    wire.says(reply_of(action, TRUE))
    sms = opened("0" * 32, base_url=wire.url, retries=0)
    sms.client.mask()
    args, kwargs = REPLIES[action]["ask"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        frame = getattr(sms, ACTIONS[action].method)(*args, **kwargs)
    assert_hidden(frame, NUMBER, CALLER, CODE, "408-15", LICENCE, "qwertz")
    if Secret.PHONE in names_of(action).values():
        assert set(frame["phone_number"].dropna()) == {"7999•••1234"}
    sms.client.mask(False)
    assert not sms.client.is_masked


digits = st.text("0123456789", min_size=1)
numbers = st.from_regex(r"[1-9][0-9]{9,13}", fullmatch=True)
codes = st.from_regex(r"[0-9]{4,8}|[A-Z]{2}[0-9]{2,4}", fullmatch=True)


@each_action
@given(phone=numbers, caller=numbers, code=codes, before=st.text(max_size=10))
def test_whatever_the_secrets_are_they_do_not_show(action, phone, caller, code, before):
    true = TRUE | {
        Secret.PHONE: phone,
        Secret.CALLER: caller,
        Secret.CODE: code,
        Secret.WORDS: f"{before} {code} {phone}",
        Secret.LINK: f"https://voice.example/{code}",
    }
    args, kwargs = REPLIES[action]["ask"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        call = getattr(Calls(), ACTIONS[action].method)(*args, **kwargs)
    context = Context(action, call.params, "acme", UTC, {}, datetime(2026, 3, 1, tzinfo=UTC))
    frame = call.read(Reply(200, reply_of(action, true).encode()), context)
    shown = masked(frame)
    hidden = [phone, caller]
    ids = {"activation_id", "rent_id", "product_id"} & set(frame.columns)
    open_text = repr([frame[name].tolist() for name in ids]) + repr(
        frame.drop(columns=[*names_of(action)], errors="ignore").to_dict()
    )
    hidden += [code] if code not in open_text and code not in f"{phone[:4]} {phone[-4:]}" else []
    if names_of(action):
        for text in (repr(shown.to_dict()), shown.to_csv(), shown.to_html()):
            for secret in hidden:
                assert secret not in text
        assert not any(one in repr(shown.attrs["extra"]) for one in (phone, code))
    pd.testing.assert_frame_equal(masked(shown), shown)
    assert masked(shown).attrs == shown.attrs
    assert shown.dtypes.equals(frame.dtypes)
    assert frame.equals(call.read(Reply(200, reply_of(action, true).encode()), context))
    for name in ids:
        assert shown[name].equals(frame[name])


CODES = [
    *("QWERTY", "ABCD-EFGH", "1|2|3|4", "12:34:56", "1\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e3"),
    *(
        "quux zyzz vwvw",
        "\uff11\uff12\uff13\uff14",
        "\u0661\u0662\u0663\u0664",
        "1_2_3_4",
        "qwerty",
    ),
    *(
        "zza zzb zzc",
        "G-Zxcvb",
        "\u2776\u2777\u2778\u2779",
        "\U0001f34e\U0001f34f\U0001f350",
        "1\n2\n3\n4",
    ),
    *("O1I1O", "<b>1</b>23", "Жщ-Юэ", "1 \u200b2 \u200b3", "=1+1+1", "1\u03382\u03383\u0338"),
]
odd_codes = st.sampled_from(CODES) | st.text(min_size=3, max_size=8)


def pieces(code: str) -> set[str]:
    return {code[place : place + 3] for place in range(len(code) - 2)}


def seen_of(action: str, code: str) -> str:
    """Show all of a reply under the mask: its frame, the same reply undescribed, its refusal."""
    true = TRUE | {Secret.CODE: code, Secret.WORDS: f"Use {code}.", Secret.LINK: f"http://x/{code}"}
    reply = reply_of(action, true)
    if reply[:1] in "{[":
        value = json.loads(reply)
        more = {"memo": f"Use {code}.", "pin": code, "inner": [{"note": code}]}
        value = value | more if isinstance(value, dict) else [{**value[0], **more}, *value[1:]]
        reply = json.dumps(value)
    args, kwargs = REPLIES[action]["ask"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        call = getattr(Calls(), ACTIONS[action].method)(*args, **kwargs)
    context = Context(action, call.params, "acme", UTC, {}, datetime(2026, 3, 1, tzinfo=UTC))
    frame = masked(call.read(Reply(200, reply.encode()), context))
    raw = masked_raw(json.loads(reply) if reply[:1] in "{[" else reply)
    return repr(frame.to_dict()) + frame.to_csv() + repr(frame.attrs) + repr(raw)


@pytest.mark.parametrize(
    "action",
    [name for name in sorted(ACTIONS) if {Secret.CODE, Secret.WORDS} & {*names_of(name).values()}],
)
@given(code=odd_codes)
def test_no_three_characters_of_a_code_show(action, code):
    shown = seen_of(action, code)
    assert not any(piece in shown for piece in pieces(code) - pieces(seen_of(action, "")))


@pytest.mark.parametrize("code", CODES)
def test_no_three_characters_of_a_code_show_in_errors_and_replies(opened, wire, code):
    sms = opened("0" * 32, base_url=wire.url, retries=0)
    sms.client.mask()
    refusals = [
        {"title": "OTP_RECEIVED", "status": "error", "info": {"data": [{"code": code}]}},
        {"title": "OTP_RECEIVED", "status": "error", "info": {"data": [code]}},
        {"title": "OTP_RECEIVED", "status": "error", "details": f"Use {code}."},
        {"status": "error", "message": f"The code has come: {code}"},
        {"status": "error", "error": code, "text": code},
    ]
    for said in (*map(json.dumps, refusals), f"OTP_RECEIVED:{code}", code, '{"text": "' + code):
        wire.says(said)
        for ask in (lambda: sms.set_status("1", 8), lambda: sms.get_status("1")):
            with pytest.raises(SmsError) as caught:
                ask()
            shown = repr(vars(caught.value)) + str(caught.value)
            shown = shown.replace(sms.client.about.provider.name, "")  # it has a port of any digits
            assert not any(piece in shown for piece in pieces(code)), shown
    for said in (f"STATUS_OK:{code}", f"FULL_SMS:Use {code}."):
        wire.says(said)
        shown = sms.get_status("1").to_csv() + str(sms.call("getStatus", id="1"))
        assert not any(piece in shown for piece in pieces(code)), shown


def test_flows_by_id_go_on_and_the_ledger_keeps_what_is_true(opened):
    shop = Sandbox(speed=0, success=1.0)
    sms = opened(sandbox=shop)
    sms.client.mask()
    order = sms.order("tg", 2, key="mine")
    ref = order.loc[0, "activation_id"]
    true = sms.client._session.ledgers.account_ledger.numbers()
    number = true[0].phone_number
    shop.send_sms(ref, "Your code is 40815")
    code = sms.wait_code(ref)
    rent = sms.rent("full", 2, 4)
    shop.send_sms(rent.loc[0, "rent_id"], "And 40816")
    frames = [
        order,
        code,
        rent,
        sms.get_status_v2(ref),
        sms.get_active_activations(),
        sms.get_rent_status(rent.loc[0, "rent_id"]),
        sms.get_rent_list(),
        sms.finish(ref),
        sms.get_history(),
        sms.ledger(),
    ]
    for frame in frames:
        assert_hidden(frame, number, "40815", "40816")
    assert code.loc[0, "text"] == "•••"
    assert "40815" not in str(sms.call("getStatus", id=ref))
    sms.client.mask(False)
    assert sms.ledger().loc[0, "phone_number"] == number
    assert sms.ledger().loc[0, "codes"] == ["40815"]


def test_watches_their_events_and_listeners_are_masked_while_it_is_on():
    shop = Sandbox(speed=0, success=1.0)
    with Client(sandbox=shop) as sms:
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        number = sms.get_active_activations().loc[0, "phone_number"]
        sms.mask()
        heard = []
        with sms.watch([ref], every=0.1) as watch:
            watch.listen(heard.append)
            shop.send_sms(ref, "Your code is 40815")
            event = next(watch)
            assert_hidden(watch.frame, number, "40815")
            for one in (event, *heard):
                assert number not in repr(one) + str(one)
                assert "40815" not in repr(one) + str(one)
            assert event.activation_id == ref
            sms.mask(False)
            assert watch.frame.loc[0, "code"] == "40815"


def test_a_block_shows_its_number_masked():
    shop = Sandbox(speed=0, success=1.0)
    with Client(sandbox=shop) as sms:
        sms.mask()
        with sms.activation("tg", 2) as number:
            assert "•••" in number.phone_number
            shop.send_sms(number.activation_id, "Your code is 40815")
            assert number.wait_code().loc[0, "code"] == "•••"


def test_errors_do_not_tell_what_frames_hide(opened, wire):
    sms = opened("0" * 32, base_url=wire.url, retries=0)
    sms.client.mask()
    wire.says('{"phoneNumber": "79991231234", "activation')
    with pytest.raises(MalformedReply) as caught:
        sms.check_extra_activation("1")
    assert "79991231234" not in str(caught.value)
    wire.says(
        json.dumps({"title": "OTP_RECEIVED", "status": "error", "info": {"data": [{"code": CODE}]}})
    )
    with pytest.raises(CodeAlreadyReceived) as caught:
        sms.set_status("1", 8)
    assert caught.value.messages
    assert CODE not in repr(vars(caught.value)) + str(caught.value)


def test_it_can_be_asked_for_and_costs_nothing_when_it_is_off(opened):
    sms = opened(sandbox=Sandbox(speed=0)).client
    assert not sms.is_masked
    assert sms.shown("code 12345") == "code 12345"
    sms.mask()
    assert sms.is_masked
    assert sms.shown("code 12345, 123-456 from 79991231234") == "code •••, ••• from •••"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Open https://t.me/login/AbCdEf now", "AbCdEf"),
        ("code aB3xYz", "aB3xYz"),
        ("12\u201334", "34"),
        ("1, 2, 3, 4", "3"),
        ("code\n1\n2\n3\n4", "3"),
        ("12\u200b34", "34"),
        ("1\u20112\u20113\u20114", "3"),
        ("+7/999/123/12/34", "12"),
        ("+7 (999) 123-12-34", "7"),
    ],
)
def test_codes_and_numbers_as_people_write_them_are_hidden_in_texts(text, secret):
    shown = masked_text(text)
    assert secret not in shown
    assert masked_text(shown) == shown


def test_a_number_in_a_refusal_does_not_show_in_the_error_nor_in_what_it_came_of(opened, wire):
    sms = opened("0" * 32, base_url=wire.url, retries=0)
    sms.client.mask()
    for said in (
        json.dumps({"status": "error", "message": f"the number +7 (999) 123-12-34, {NUMBER}"}),
        json.dumps({"status": "error", "message": "NO_ACTIVATION", "info": {"phone": NUMBER}}),
        f"NO_ACTIVATION:{NUMBER}",
        f"<title>{NUMBER}</title>",
    ):
        wire.says(said)
        for ask in (lambda: sms.get_status("635468024"), lambda: sms.get_number("tg", 2)):
            with pytest.raises(SmsError) as caught:
                ask()
            error = caught.value
            while error is not None:
                for secret in (NUMBER, "123-12-34"):
                    assert secret not in f"{error} {error!r} {vars(error)}"
                error = error.__cause__ or error.__context__


def test_a_failure_of_a_watch_is_masked(opened, wire):
    wire.says(f"BAD_KEY:{NUMBER}")
    with Client("0" * 32, base_url=wire.url, retries=0) as sms:
        sms.mask()
        with sms.watch(["1"], every=0.1) as watch:
            with pytest.raises(SmsError) as caught:
                next(watch)
            assert NUMBER not in repr(vars(caught.value)) + repr(
                watch.trouble and vars(watch.trouble)
            )


def test_many_numbers_are_masked_quickly():
    rows = [
        {
            "activationId": number,
            "phoneNumber": str(79990000000 + number),
            "smsCode": [str(10000 + number)],
            "smsText": [f"Your code is {10000 + number}"],
        }
        for number in range(1000)
    ]
    body = json.dumps({"status": "success", "activeActivations": rows}).encode()
    context = Context("getActiveActivations")
    frame = Calls().get_active_activations().read(Reply(200, body), context)
    began = time.thread_time()
    assert not (masked(frame)["sms_text"] != "•••").any()
    assert time.thread_time() - began < 3
