"""Activations: ordering a number, its codes, and its end."""

import asyncio
import time
from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from sms_notebook.client.activation_steps import EVERY
from sms_notebook.magics.confirmation import confirm
from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.table import (
    ACTIVATION,
    COUNTRY,
    KEY,
    OPERATOR,
    SERVICE,
    YES,
    Argument,
    Command,
    ListCommand,
    Repetition,
    Value,
)
from sms_notebook.protocol.actions import Calls
from sms_notebook.typesetting import printable
from sms_notebook.watching.loop import LOOP

if TYPE_CHECKING:
    from sms_notebook.watching.watch import Watch

_CALLS = Calls()
_REF = Argument("--ref REF", "your referral id")


def order(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Order a number."""
    countries = session.countries_of(options, "order")
    parameters = {
        "max_price": options.max_price,
        "operator": options.operator,
        "phone_exception": options.exclude,
        "activation_type": options.type,
        "language": options.language,
        "use_cash_back": options.cashback or None,
        "ref": options.ref,
        "user_id": options.user,
        "min_price": options.min_price,
        "fixed_price": options.fixed_price or None,
        "provider_ids": options.suppliers,
        "except_provider_ids": options.not_suppliers,
    }
    calls = [_CALLS.get_number_v2(options.service, country, **parameters) for country in countries]
    confirm(session, *calls, yes=options.yes, key=options.key)
    return session.client.order(options.service, countries, key=options.key, **parameters)


def multi(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Order one number for several services."""
    country = session.country_of(options, "multi")
    parameters = {"operator": options.operator, "ref": options.ref}
    call = _CALLS.get_multi_service_number(options.services, country, **parameters)
    confirm(session, call, yes=options.yes)
    return session.client.get_multi_service_number(options.services, country, **parameters)


def reuse(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Buy another activation on a number, or only see what it costs."""
    sms = session.client
    if options.check:
        return sms.check_extra_activation(options.activation)
    confirm(session, _CALLS.get_extra_activation(options.activation), yes=options.yes)
    return sms.get_extra_activation(options.activation)


def code(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Show the code of an activation as it stands."""
    sms = session.client
    if options.all:
        return sms.get_all_sms(options.activation)
    if options.caller:
        return sms.get_incoming_call_status(options.activation)
    ask = sms.get_status_v2 if options.text else sms.get_status
    return ask(options.activation)


def moment(text: str | None) -> float | str | None:
    """Read seconds with a fraction, as ``time.time()`` gives them; other times stay a text."""
    try:
        return text if text is None else float(text)
    except ValueError:
        return text


def _watched(_switches: frozenset[str]) -> Iterable[str]:
    """Return the columns of what was watched."""
    from sms_notebook.watching.watch import WATCHED  # noqa: PLC0415 - loads SQLAlchemy

    return WATCHED.names


def voice(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Have a call parsed again."""
    sms = session.client
    result = sms.parse_call(options.activation, options.language)
    return sms.get_status_v2(options.activation) if options.text else result


def wait(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Wait for a code.

    Raises
    ------
    CodeTimeout, ActivationOver, KeyboardInterrupt
        As of ``sms.wait_code``.
    """
    every = EVERY if options.every is None else options.every
    try:
        return session.client.wait_code(options.activation, options.timeout, every=every)
    except KeyboardInterrupt:  # also one that came before the wait had begun
        from sms_notebook.watching.code_wait import WaitStopped  # noqa: PLC0415 - loads SQLAlchemy

        raise WaitStopped(options.activation) from None


_FIRST_LOOK, _SOON = 2.0, 0.01  # seconds


def watch(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Print events as they come, until all is over, time is up, or an interrupt.

    Raises
    ------
    BadKey, Banned, AccountBlocked
        Passing failures do not end it.
    """
    seconds = vars(options)["for"]
    watching = session.client.watch(options.activations or None, rents=options.rents)
    with watching:
        end = time.monotonic() + _FIRST_LOOK
        while not watching.has_looked and time.monotonic() < end:
            time.sleep(_SOON)
        timer = None if seconds is None else LOOP.submit(_ended(watching, seconds))
        print(f"Watching {len(watching.frame)} now. An interrupt only stops watching.")  # noqa: T201 - what it is for
        try:
            for event in watching:
                print(printable(str(event)), flush=True)  # noqa: T201 - likewise
        except KeyboardInterrupt:
            print("Stopped watching. The numbers stay as they are.")  # noqa: T201 - likewise
        finally:
            if timer is not None:
                timer.cancel()
        return watching.frame


async def _ended(watching: "Watch", seconds: float) -> None:
    await asyncio.sleep(seconds)
    watching.close()


COMMANDS = (
    Command(
        "order",
        "buys a number, in the first country that has one; with a real provider it asks first",
        order,
        (
            SERVICE,
            Argument(
                "countries COUNTRY",
                "id, ISO code or name; several: tried in this order",
                Value.COUNTRY,
                Repetition.ANY,
            ),
            COUNTRY,
            OPERATOR,
            Argument("--max-price P", "the most you pay (FreePrice)"),
            KEY,
            YES,
            Argument("--type sms|call|voice", "how the code comes", parameter="activation_type"),
            Argument("--language L", "of the voice, for --type voice"),
            Argument(
                "--exclude PREFIXES",
                "prefixes the number must not have, with commas",
                parameter="phone_exception",
            ),
            Argument(
                "--cashback",
                "pay with the cashback first, from now on",
                parameter="use_cash_back",
            ),
            _REF,
            Argument(
                "--user USER", "your user, for the provider's statistics", parameter="user_id"
            ),
            Argument("--min-price P", "the least you pay, where the provider takes that"),
            Argument("--fixed-price", "buy at exactly --max-price; it is no ceiling"),
            Argument(
                "--suppliers IDS",
                "only their numbers, with commas; tiers --suppliers names them",
                parameter="provider_ids",
            ),
            Argument(
                "--not-suppliers IDS", "none of their numbers", parameter="except_provider_ids"
            ),
        ),
        ("getNumberV2", "getNumber"),
        (
            "order tg KZ",
            "order tg KZ UZ --max-price 0.50",
            "order Telegram --country 2 --max-price 0.90 --key monday",
        ),
        methods=("order",),
    ),
    Command(
        "wait",
        "waits for the code, with the time left; an interrupt only stops the wait",
        wait,
        (
            ACTIVATION,
            Argument(
                "--timeout S", "seconds at most; as long as it lives if not given", Value.REAL
            ),
            Argument("--every S", "seconds between two polls", Value.REAL),
        ),
        ("getActiveActivations", "getStatus"),
        ("wait {order}",),
        methods=("wait_code",),
    ),
    ListCommand(
        "watch",
        "shows codes as they come, of some numbers or of all that are alive",
        watch,
        (
            Argument("activations ID", "ids", Value.ACTIVATION, Repetition.ANY),
            Argument("--rents", "all rents, instead of all activations or beside these"),
            Argument("--for S", "seconds at most", Value.REAL),
        ),
        ("getActiveActivations", "getRentList", "getRentStatus"),
        ("watch", "watch --rents --for 60"),
        methods=("watch", "watch(rents) --rents"),
        columns=_watched,
    ),
    Command(
        "code",
        "state and code of an activation, as it stands now",
        code,
        (
            ACTIVATION,
            Argument("--text", "messages with text, time and recording"),
            Argument("--caller", "who called, of an activation by call"),
            Argument("--all", "all messages, where the provider keeps them"),
        ),
        ("getStatus", "getStatusV2", "getIncomingCallStatus", "getAllSms"),
        ("code {order} --text",),
        methods=("get_status", "get_status_v2 --text"),
    ),
    Command(
        "again",
        "asks for one more code, for free",
        lambda session, options: session.client.again(options.activation),
        (ACTIVATION,),
        ("setStatus",),
        ("again {order}",),
        methods=("again",),
    ),
    Command(
        "ready",
        "tells the provider that the SMS has been sent (optional)",
        lambda session, options: session.client.set_status(options.activation, 1),
        (ACTIVATION,),
        ("setStatus",),
        ("ready {order}",),
        methods=("set_status(1)",),
    ),
    Command(
        "finish",
        "ends an activation: its code has been used",
        lambda session, options: session.client.finish(options.activation),
        (ACTIVATION,),
        ("setStatus",),
        ("finish {order}",),
        methods=("finish",),
    ),
    Command(
        "cancel",
        "cancels an activation, the money comes back; a code that came is shown instead",
        lambda session, options: session.client.cancel(
            options.activation, when_allowed=options.when_allowed
        ),
        (ACTIVATION, Argument("--when-allowed", "wait out the first two minutes")),
        ("setStatus",),
        ("cancel {order} --when-allowed",),
        methods=("cancel", "cancel(when_allowed) --when-allowed"),
    ),
    ListCommand(
        "active",
        "activations that are alive",
        lambda session, _: session.client.get_active_activations(),
        actions=("getActiveActivations",),
        examples=("active",),
        methods=("get_active_activations",),
    ),
    ListCommand(
        "history",
        "past and present activations, 30 days back at most",
        lambda session, options: session.client.get_history(
            start=moment(options.since),
            end=moment(options.until),
            offset=options.skip,
            limit=options.rows,
        ),
        (
            Argument(
                "--since TIME", "a time with a zone, or seconds since 1970", parameter="start"
            ),
            Argument("--until TIME", "up to when, written as --since", parameter="end"),
            Argument(
                "--rows N", "how many to ask for, 100 at most", Value.WHOLE, parameter="limit"
            ),
            Argument("--skip N", "how many to leave out", Value.WHOLE, parameter="offset"),
        ),
        ("getHistory",),
        ("history", "history --since 2026-11-01T00:00+00:00 --rows 100"),
        methods=("get_history",),
    ),
    Command(
        "reuse",
        "buys another activation on a number that got its code",
        reuse,
        (ACTIVATION, Argument("--check", "only see whether it can be had, and the price"), YES),
        ("getExtraActivation", "checkExtraActivation"),
        ("reuse {order} --check",),
    ),
    Command(
        "multi",
        "buys one number for several services",
        multi,
        (
            Argument("services", "codes or names, with commas", Value.SERVICES),
            COUNTRY,
            OPERATOR,
            _REF,
            YES,
        ),
        ("getMultiServiceNumber",),
        ("multi tg,wa KZ",),
    ),
    Command(
        "voice",
        "has the recording of a call parsed again, in another language",
        voice,
        (
            ACTIVATION,
            Argument("language", "such as en"),
            Argument("--text", "show the text after it"),
        ),
        ("parseCall",),
        ("voice {order} en --text",),
    ),
)
