"""An action as a value: what it is called, what it takes, how its reply is read, what it does.

An action is written once, as a typed method in `sms_notebook.protocol.actions`. The method yields
its wire parameters; the decorator here makes a `Call` of them and hands it to whoever performs
calls: the client sends it, the async client sends it and waits, `Calls` just returns it.
"""

import inspect
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

import msgspec
import pandas as pd

from sms_notebook.protocol.errors import ApiError, MalformedReply, UsageProblem
from sms_notebook.protocol.errors.refusals import refusal
from sms_notebook.protocol.frames import Schema
from sms_notebook.protocol.ids_in_replies import keep_found
from sms_notebook.protocol.readers.shapes import Reader
from sms_notebook.protocol.replies import (
    Body,
    Context,
    Decode,
    Reply,
    Text,
    decode,
    is_failure,
    no_body,
)

P = ParamSpec("P")
Frame_co = TypeVar("Frame_co", covariant=True)
Frame = TypeVar("Frame")
Params = Mapping[str, str | None]

_NEXT_SECTION = re.compile(r"^(?:Raises|Notes|Examples)\n-{4,}$", re.MULTILINE)


class Effect(Enum):
    """What an action does at the provider, and so whether it may be sent again."""

    READ = "read"
    """Changes nothing; may be repeated."""
    CHANGE = "change"
    """Changes something; is sent once, and can be looked up afterwards."""
    PURCHASE = "purchase"
    """Spends money; is sent once, and an open outcome is `PurchaseUncertain`."""


class PurchaseKind(StrEnum):
    """What a purchase brings; the ledger keeps it under this word."""

    NUMBER = "activation"
    """One number for one service."""
    NUMBERS = "activations"
    """One number for several services: an activation each."""
    AGAIN = "again"
    """Another activation on a number that was used before."""
    RENT = "rent"
    """A number for hours or days."""
    EXTENSION = "extension"
    """More hours of a rent."""
    PRODUCT = "product"
    """Partner software."""

    @property
    def is_activation(self) -> bool:
        """Whether it brings activations."""
        return self in ACTIVATIONS

    @property
    def is_rental(self) -> bool:
        """Whether it brings a rent, or more of one."""
        return self in RENTALS


ACTIVATIONS = (PurchaseKind.NUMBER, PurchaseKind.NUMBERS, PurchaseKind.AGAIN)
"""What brings activations."""

RENTALS = (PurchaseKind.RENT, PurchaseKind.EXTENSION)
"""What brings a rent, or more of one."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action of the API.

    Attributes
    ----------
    name : str
        As in the API's documentation, for example ``getPrices``.
    section : str
        The heading under which that documents it.
    method : str
        The method of both clients.
    schema : Schema
        The frame it returns.
    read : callable
        The reader of its reply.
    effect : Effect
        What it does at the provider.
    answers : tuple of str
        How protocol texts begin that are answers here, not errors.
    decode : callable
        From JSON to a value.
    summary : str
        The first line of its documentation.
    buys : PurchaseKind or None
        What it brings, where it spends money.
    order_param : str
        The parameter by which the provider fills the same order once only; empty where there is
        none.
    rest : str
        Where it is asked for by a path of its own, outside the protocol.
    extras : mapping
        Parameters that are beyond the API documentation, by their names on the wire, as the method
        calls them: only some providers take them.
    is_beyond : bool
        Whether the action itself is beyond the API documentation.
    """

    name: str
    method: str
    schema: Schema
    read: Reader
    effect: Effect = Effect.READ
    section: str = ""
    answers: tuple[str, ...] = ()
    decode: Decode = msgspec.json.decode
    summary: str = ""
    buys: PurchaseKind | None = None
    order_param: str = ""
    rest: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)
    is_beyond: bool = False

    @property
    def shows_numbers(self) -> bool:
        """Whether each row of its frame tells of an activation or a rent."""
        return any(column.name in ("activation_id", "rent_id") for column in self.schema.columns)


class Call(msgspec.Struct, frozen=True):
    """An action with its wire parameters: a plain value, without key or address."""

    action: Action
    params: Mapping[str, str] = msgspec.field(default_factory=dict)

    def read(self, reply: Reply, context: Context) -> pd.DataFrame:
        """Read the reply.

        Raises
        ------
        ApiError
            If the provider refused.
        MalformedReply
            If it cannot be read.
        """
        try:
            return self.action.read(
                answer(reply, context, self.action.answers, self.action.decode), context
            )
        except (ApiError, MalformedReply) as error:
            if self.action.buys is not None:
                keep_found(error, reply.body)
            raise


def answer(
    reply: Reply,
    context: Context,
    answers: tuple[str, ...] = (),
    decode_json: Decode = msgspec.json.decode,
) -> Body:
    """Decode a reply, and raise what it refuses.

    Parameters
    ----------
    reply : Reply
        What came.
    context : Context
        Who was asked what.
    answers : tuple of str
        How protocol texts begin that are answers here, not errors.
    decode_json : callable
        From JSON to a value.
    """
    failed = is_failure(reply.status)
    try:
        body = decode(reply, context, decode_json)
    except MalformedReply:
        if not failed:
            raise
        body = no_body(reply.status, reply.body)
    if failed and not isinstance(body, Text):
        body = no_body(reply.status)
    if isinstance(body, Text) and (failed or not body.code.startswith(answers)):
        raise refusal(body, context, reply)
    return body


class Caller(Generic[Frame]):
    """Whoever performs calls. What comes of one is ``Frame``."""

    def _perform(self, call: Call) -> Frame:
        """Perform a call."""
        raise NotImplementedError


class CallBuilder(Caller[Call]):
    """Performs nothing: what comes of a call is the call."""

    def _perform(self, call: Call) -> Call:
        return call


class _Performing(Protocol[P]):
    """A method as checkers see it: what comes of it depends on who performs it.

    Not a callable that takes the caller first: as mypy reads it from its cache, it never returns.
    """

    def __get__(self, caller: Caller[Frame], kind: type | None = None, /) -> Callable[P, Frame]: ...


class _Method(Protocol):
    """Turns a method that yields wire parameters into one that performs the call."""

    def __call__(self, build: Callable[Concatenate[Any, P], Params], /) -> _Performing[P]: ...


def action(
    name: str,
    schema: Schema,
    read: Reader,
    *,
    section: str = "",
    effect: Effect = Effect.READ,
    answers: tuple[str, ...] = (),
    decode_json: Decode = msgspec.json.decode,
    instead: str | None = None,
    buys: PurchaseKind | None = None,
    order_param: str = "",
    extras: Mapping[str, str] | None = None,
    is_beyond: bool = False,
) -> _Method:
    """Declare an action.

    Parameters
    ----------
    name : str
        As in the API's documentation.
    schema : Schema
        The frame it returns.
    read : callable
        The reader of its reply.
    section : str
        The heading under which the API's documentation has it.
    effect : Effect
        What it does at the provider; a purchase where it buys something.
    answers : tuple of str
        How protocol texts begin that are answers here, not errors.
    decode_json : callable
        From JSON to a value, where there is a quicker way.
    instead : str, optional
        What to use instead of this deprecated action.
    buys : PurchaseKind, optional
        What it brings, where it spends money.
    order_param : str
        The parameter by which the provider fills the same order once only.
    extras : mapping, optional
        Parameters that are beyond the API documentation, by their names on the wire.
    is_beyond : bool
        Whether the action itself is.
    """
    does = effect if buys is None else Effect.PURCHASE

    def declare(build: Callable[Concatenate[Any, P], Params]) -> _Performing[P]:
        summary = (build.__doc__ or "").strip().partition("\n")[0]
        declared = Action(
            name,
            build.__name__,
            schema,
            read,
            does,
            section,
            answers,
            decode_json,
            summary,
            buys,
            order_param,
            extras=extras or {},
            is_beyond=is_beyond,
        )
        signature = inspect.signature(build).replace(return_annotation=pd.DataFrame)

        @wraps(build)
        def method(self: Caller[Any], *args: P.args, **kwargs: P.kwargs) -> Any:
            if instead:
                warnings.warn(
                    f"{name} is deprecated by the API: use {instead}.",
                    DeprecationWarning,
                    stacklevel=2,
                )
            try:
                params = build(self, *args, **kwargs)
            except TypeError:
                problem = _misfit(declared.method, signature, (self, *args), kwargs)
                if problem is None:
                    raise
                raise problem from None
            wire = {key: value for key, value in params.items() if value is not None}
            return self._perform(Call(declared, wire))

        method.__signature__ = signature  # type: ignore[attr-defined]  # for people
        method.__doc__ = _documented(build.__doc__ or "", declared)
        method.action = declared  # type: ignore[attr-defined]  # for declared_actions
        return cast("_Performing[P]", method)

    return declare


def _misfit(
    method: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> UsageProblem | None:
    """Say in one line how arguments do not fit, or None where they do."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as misfit:
        from difflib import get_close_matches  # noqa: PLC0415 - only for who misspelt something

        names = [name for name in signature.parameters if name != "self"]
        line = f"{method}: {misfit}. It takes {_describe(signature)}."
        for given in kwargs:
            if given not in names and (near := get_close_matches(given, names, 1)):
                line += f" Did you mean {near[0]}?"
        return UsageProblem(line)
    return None


def _describe(signature: inspect.Signature) -> str:
    """Write what a method takes, and how."""
    parameters = [
        parameter.replace(annotation=parameter.empty)
        for name, parameter in signature.parameters.items()
        if name != "self"
    ]
    signature_text = str(inspect.Signature(parameters)).replace("=None", "=…")
    by_name = next((p.name for p in parameters if p.kind is p.KEYWORD_ONLY), None)
    return f"{signature_text}; write {by_name}=… by name" if by_name else signature_text


def declared_actions(*groups: type) -> dict[str, Action]:
    """Collect the actions that classes declare, by the API's name, in the order of writing."""
    return {
        method.action.name: method.action
        for group in groups
        for method in vars(group).values()
        if hasattr(method, "action")
    }


def _documented(written: str, declared: Action) -> str:
    """Add to a docstring where the API documents the action, and the columns of the frame."""
    text = inspect.cleandoc(written)
    summary, _, rest = text.partition("\n")
    section = f"Returns\n-------\nDataFrame\n{declared.schema.described}\n\n"
    match = _NEXT_SECTION.search(rest)
    cut = match.start() if match else len(rest)
    before = rest[:cut].rstrip()
    heading = f", under “{declared.section}”" if declared.section else ""
    where = f"API documentation: ``{declared.name}``{heading}."
    if declared.is_beyond:
        where = "Beyond the API documentation: docs/actions.md lists which providers have it."
    head = f"{summary}\n\n{where}\n{before}"
    return f"{head.rstrip()}\n\n{section}{rest[cut:]}".rstrip() + "\n"
