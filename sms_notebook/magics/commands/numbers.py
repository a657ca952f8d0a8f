"""Activations: ordering a number, its codes, and its end."""

from argparse import Namespace

import pandas as pd

from sms_notebook.magics.session import Session
from sms_notebook.magics.spending import ask_first
from sms_notebook.magics.table import (
    COUNTRY,
    EVERY,
    KEY,
    OPERATOR,
    YES,
    Argument,
    Command,
    Often,
    Value,
    activation,
    service,
)
from sms_notebook.magics.watching import wait_with_progress, watch_aloud
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Call

_CALLS = Calls()
_TYPES = {"sms": None, "call": 1, "voice": 2}


def order(session: Session, options: Namespace) -> pd.DataFrame:
    """Order a number."""
    country = session.country_of(options, "order")
    wish = {
        "max_price": options.max_price,
        "operator": options.operator,
        "phone_exception": options.exclude,
        "activation_type": _TYPES[options.type or "sms"],
        "language": options.language,
        "use_cash_back": True if options.cashback else None,
        "ref": options.ref,
        "user_id": options.user,
    }
    call: Call = _CALLS.get_number_v2(options.service, country, **wish)
    ask_first(session, call, yes=options.yes, key=options.key)
    return session.client.order(options.service, country, key=options.key, **wish)


def multi(session: Session, options: Namespace) -> pd.DataFrame:
    """Order one number for several services."""
    country = session.country_of(options, "multi")
    wish = {"operator": options.operator, "ref": options.ref}
    ask_first(
        session,
        _CALLS.get_multi_service_number(options.services, country, **wish),
        yes=options.yes,
    )
    return session.client.get_multi_service_number(options.services, country, **wish)


def reuse(session: Session, options: Namespace) -> pd.DataFrame:
    """Buy another activation on a number, or only see what it costs."""
    sms = session.client
    if options.check:
        return sms.check_extra_activation(options.activation)
    ask_first(session, _CALLS.get_extra_activation(options.activation), yes=options.yes)
    return sms.get_extra_activation(options.activation)


def wait(session: Session, options: Namespace) -> pd.DataFrame:
    """Wait for a code."""
    return wait_with_progress(session, options.activation, options.timeout, options.every)


def watch(session: Session, options: Namespace) -> pd.DataFrame:
    """Show events as they come."""
    return watch_aloud(
        session, options.activations, rents=options.rents, seconds=vars(options)["for"]
    )


def code(session: Session, options: Namespace) -> pd.DataFrame:
    """Show the code of an activation as it stands."""
    sms = session.client
    if options.caller:
        return sms.get_incoming_call_status(options.activation)
    return (
        sms.get_status_v2(options.activation)
        if options.text
        else sms.get_status(options.activation)
    )


def again(session: Session, options: Namespace) -> pd.DataFrame:
    """Ask for one more code."""
    return session.client.again(options.activation)


def finish(session: Session, options: Namespace) -> pd.DataFrame:
    """Finish an activation."""
    return session.client.finish(options.activation)


def cancel(session: Session, options: Namespace) -> pd.DataFrame:
    """Cancel an activation."""
    return session.client.cancel(options.activation, when_allowed=options.when_allowed)


def active(session: Session, _options: Namespace) -> pd.DataFrame:
    """List the activations that are alive."""
    return session.client.get_active_activations()


def history(session: Session, options: Namespace) -> pd.DataFrame:
    """List past activations."""
    return session.client.get_history(
        start=_moment(options.since),
        end=_moment(options.until),
        offset=options.skip,
        limit=options.rows,
    )


def _moment(text: str | None) -> float | str | None:
    """Read seconds with a fraction, as ``time.time()`` gives them; other times stay a text."""
    try:
        return text if text is None else float(text)
    except ValueError:
        return text


def voice(session: Session, options: Namespace) -> pd.DataFrame:
    """Have a call parsed again."""
    sms = session.client
    result: pd.DataFrame = sms.parse_call(options.activation, options.language)
    return sms.get_status_v2(options.activation) if options.text else result


def ready(session: Session, options: Namespace) -> pd.DataFrame:
    """Tell the provider that the SMS has been sent."""
    return session.client.set_status(options.activation, 1)


COMMANDS = (
    Command(
        ("order",),
        "buys a number; with a real provider it asks first",
        order,
        (
            service(),
            COUNTRY,
            OPERATOR,
            Argument("--max-price", "the most you pay (FreePrice)", Value.MONEY),
            KEY,
            YES,
            Argument("--type", "how the code comes", choices=("sms", "call", "voice")),
            Argument("--language", "of the voice, for --type voice", shown="L"),
            Argument(
                "--exclude", "prefixes the number must not have, with commas", shown="PREFIXES"
            ),
            Argument("--cashback", "pay with the cashback first, from now on", None),
            Argument("--ref", "your referral id", shown="REF"),
            Argument("--user", "your user, for the provider's statistics", shown="USER"),
        ),
        ("getNumberV2", "getNumber"),
        ("order tg KZ", "order Telegram --country 2 --max-price 0.90 --key monday"),
    ),
    Command(
        ("wait",),
        "waits for the code, with the time left; an interrupt only stops the wait",
        wait,
        (
            activation(),
            Argument(
                "--timeout",
                "seconds at most; as long as it lives if not given",
                Value.REAL,
                shown="S",
            ),
            EVERY,
        ),
        ("getActiveActivations", "getStatus"),
        ("wait {order.activation_id[0]}",),
    ),
    Command(
        ("watch",),
        "shows codes as they come, of some numbers or of all that are alive",
        watch,
        (
            Argument("activations", "ids", Value.ACTIVATION, Often.ANY, shown="ID"),
            Argument("--rents", "all rents, instead of all activations or beside these", None),
            Argument("--for", "seconds at most", Value.REAL, shown="S"),
        ),
        ("getActiveActivations", "getRentList", "getRentStatus"),
        ("watch", "watch --rents --for 60"),
        is_list=True,
    ),
    Command(
        ("code",),
        "state and code of an activation, as it stands now",
        code,
        (
            activation(),
            Argument("--text", "messages with text, time and recording", None),
            Argument("--caller", "who called, of an activation by call", None),
        ),
        ("getStatus", "getStatusV2", "getIncomingCallStatus"),
        ("code {order.activation_id[0]} --text",),
    ),
    Command(
        ("again",),
        "asks for one more code, for free",
        again,
        (activation(),),
        ("setStatus",),
        ("again {order.activation_id[0]}",),
    ),
    Command(
        ("ready",),
        "tells the provider that the SMS has been sent (optional)",
        ready,
        (activation(),),
        ("setStatus",),
        ("ready {order.activation_id[0]}",),
    ),
    Command(
        ("finish",),
        "ends an activation: its code has been used",
        finish,
        (activation(),),
        ("setStatus",),
        ("finish {order.activation_id[0]}",),
    ),
    Command(
        ("cancel",),
        "cancels an activation, the money comes back; a code that came is shown instead",
        cancel,
        (activation(), Argument("--when-allowed", "wait out the first two minutes", None)),
        ("setStatus",),
        ("cancel {order.activation_id[0]} --when-allowed",),
    ),
    Command(
        ("active",),
        "activations that are alive",
        active,
        actions=("getActiveActivations",),
        examples=("active",),
        is_list=True,
    ),
    Command(
        ("history",),
        "past and present activations, 30 days back at most",
        history,
        (
            Argument("--since", "a time with a zone, or seconds since 1970", shown="TIME"),
            Argument("--until", "likewise", shown="TIME"),
            Argument("--rows", "how many to ask for, 100 at most", Value.WHOLE),
            Argument("--skip", "how many to leave out", Value.WHOLE),
        ),
        ("getHistory",),
        ("history", "history --since 2026-11-01T00:00+00:00 --rows 100"),
        is_list=True,
    ),
    Command(
        ("reuse",),
        "buys another activation on a number that got its code",
        reuse,
        (
            activation(),
            Argument("--check", "only see whether it can be had, and the price", None),
            YES,
        ),
        ("getExtraActivation", "checkExtraActivation"),
        ("reuse {order.activation_id[0]} --check",),
    ),
    Command(
        ("multi",),
        "buys one number for several services",
        multi,
        (
            Argument("services", "codes or names, with commas", Value.SERVICES, shown="SERVICES"),
            COUNTRY,
            OPERATOR,
            Argument("--ref", "your referral id", shown="REF"),
            YES,
        ),
        ("getMultiServiceNumber",),
        ("multi tg,wa KZ",),
    ),
    Command(
        ("voice",),
        "has the recording of a call parsed again, in another language",
        voice,
        (
            activation(),
            Argument("language", "for example en", shown="LANGUAGE"),
            Argument("--text", "show the text after it", None),
        ),
        ("parseCall",),
        ("voice {order.activation_id[0]} en --text",),
    ),
)
