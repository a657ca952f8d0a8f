"""An action as a value: what it is called, what it takes, how its reply is read, what it does.

An action is written once, as a typed method in `sms_notebook.protocol.actions`. The method yields
its wire parameters; the decorator here makes a `Call` of them and hands it to whoever performs
calls: the client sends it, the async client sends it and waits, `Calls` just returns it.
"""

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

import msgspec
import pandas as pd

from sms_notebook.protocol.context import Context
from sms_notebook.protocol.documents import complete
from sms_notebook.protocol.errors import MalformedReply, UsageProblem
from sms_notebook.protocol.errors.refusals import is_error_code, is_failure, no_body, refusal
from sms_notebook.protocol.frames import Schema
from sms_notebook.protocol.readers.shapes import Reader
from sms_notebook.protocol.replies import Body, Decode, Reply, Text, decode

P = ParamSpec("P")
Frame_co = TypeVar("Frame_co", covariant=True)
Frame = TypeVar("Frame")
Params = Mapping[str, str | None]


class Effect(Enum):
    """What an action does at the provider, and so whether it may be sent again."""

    READ = "read"
    """Changes nothing; may be repeated."""
    CHANGE = "change"
    """Changes something; is sent once, and can be looked up afterwards."""
    PURCHASE = "purchase"
    """Spends money; is sent once, and an open outcome is `PurchaseUncertain`."""


class Buys(Enum):
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


@dataclass(frozen=True, slots=True)
class Action:
    """An action of the API.

    Attributes
    ----------
    name : str
        As in the API's documentation, for example ``getPrices``.
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
    buys : Buys or None
        What it brings, where it spends money.
    order_param : str
        The parameter by which the provider fills the same order once only; empty where there is
        none.
    """

    name: str
    method: str
    schema: Schema
    read: Reader
    effect: Effect = Effect.READ
    answers: tuple[str, ...] = ()
    decode: Decode = msgspec.json.decode
    summary: str = ""
    buys: Buys | None = None
    order_param: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """An action with its wire parameters: a plain value, without key or address."""

    action: Action
    params: Mapping[str, str] = field(default_factory=dict)

    def read(self, reply: Reply, context: Context) -> pd.DataFrame:
        """Read the reply.

        Raises
        ------
        ApiError
            If the provider refused.
        MalformedReply
            If it cannot be read.
        """
        return self.action.read(
            answer(reply, context, self.action.answers, self.action.decode), context
        )


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
        body = no_body(reply.status)
    if failed and not isinstance(body, Text):
        body = no_body(reply.status)
    if isinstance(body, Text) and (failed or not body.code.startswith(answers)):
        raise refusal(body, context, reply.status, reply.retry_after)
    return body


def raw_answer(reply: Reply, context: Context) -> Any:
    """Decode a reply without reading it: a JSON value, or the protocol's text as it came.

    Raises
    ------
    ApiError
        If the provider refused.
    MalformedReply
        If it cannot be decoded.
    """
    body = answer(reply, context, ("",))
    if not isinstance(body, Text):
        return body
    if body.is_error or is_error_code(body.code):
        raise refusal(body, context)
    return f"{body.code}:{body.rest}" if body.rest else body.code


def raw_call(name: str, params: Mapping[str, str], known: Mapping[str, Action]) -> Call:
    """Make a call of any action; one nobody has described is sent once, like a change.

    Parameters
    ----------
    name : str
        The action.
    params : mapping of str to str
        Wire parameters.
    known : mapping
        The actions of the documentation, by name.
    """
    undescribed = Action(name, name, Schema(()), raw_frame, Effect.CHANGE)
    return Call(known.get(name, undescribed), params)


def raw_frame(_body: Body, _context: Context) -> pd.DataFrame:
    """Return a frame that says nothing: an undescribed action has no columns."""
    return pd.DataFrame()


class Caller(Generic[Frame]):
    """Whoever performs calls. What comes of one is ``Frame``."""

    def _perform(self, call: Call) -> Frame:
        """Perform a call."""
        raise NotImplementedError


class _Method(Protocol):
    """Turns a method that yields wire parameters into one that performs the call."""

    def __call__(
        self, build: Callable[Concatenate[Any, P], Params], /
    ) -> Callable[Concatenate[Caller[Frame], P], Frame]: ...


def action(
    name: str,
    schema: Schema,
    read: Reader,
    *,
    effect: Effect = Effect.READ,
    answers: tuple[str, ...] = (),
    decode_json: Decode = msgspec.json.decode,
    instead: str | None = None,
    buys: Buys | None = None,
    order_param: str = "",
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
    effect : Effect
        What it does at the provider; a purchase where it buys something.
    answers : tuple of str
        How protocol texts begin that are answers here, not errors.
    decode_json : callable
        From JSON to a value, where there is a quicker way.
    instead : str, optional
        What to use instead of this deprecated action.
    buys : Buys, optional
        What it brings, where it spends money.
    order_param : str
        The parameter by which the provider fills the same order once only.
    """
    does = effect if buys is None else Effect.PURCHASE

    def declare(
        build: Callable[Concatenate[Any, P], Params],
    ) -> Callable[Concatenate[Caller[Frame], P], Frame]:
        summary = (build.__doc__ or "").strip().partition("\n")[0]
        declared = Action(
            name,
            build.__name__,
            schema,
            read,
            does,
            answers,
            decode_json,
            summary,
            buys,
            order_param,
        )
        signature = inspect.signature(build).replace(return_annotation=pd.DataFrame)

        @wraps(build)
        def method(self: Caller[Frame], *args: P.args, **kwargs: P.kwargs) -> Frame:
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
        method.__doc__ = complete(build.__doc__ or "", name, schema)
        method.action = declared  # type: ignore[attr-defined]  # for declared_actions
        return cast("Callable[Concatenate[Caller[Frame], P], Frame]", method)

    return declare


def _misfit(
    method: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> UsageProblem | None:
    """Say in one line how arguments do not fit, or None where they do."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as misfit:
        names = [name for name in signature.parameters if name != "self"]
        line = f"{method}: {misfit}. It takes {_shown(signature)}."
        for given in kwargs:
            if given not in names and (near := get_close_matches(given, names, 1)):
                line += f" Did you mean {near[0]}?"
        return UsageProblem(line)
    return None


def _shown(signature: inspect.Signature) -> str:
    """Write what a method takes, and how."""
    parameters = [
        parameter.replace(annotation=parameter.empty)
        for name, parameter in signature.parameters.items()
        if name != "self"
    ]
    shown = str(inspect.Signature(parameters)).replace("=None", "=…")
    by_name = next((p.name for p in parameters if p.kind is p.KEYWORD_ONLY), None)
    return f"{shown}; write {by_name}=… by name" if by_name else shown


def declared_actions(*groups: type) -> dict[str, Action]:
    """Collect the actions that classes declare, by the API's name, in the order of writing."""
    return {
        method.action.name: method.action
        for group in groups
        for method in vars(group).values()
        if hasattr(method, "action")
    }
