"""What a dialect of the protocol is: the provider's own actions, words and manners, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from sms_notebook.sandbox.state import ActionHandler, MarketRules, ProviderState
from sms_notebook.sandbox.wire import (
    API_PATH,
    Answer,
    Params,
    RefusedError,
    SandboxRequest,
    refused,
)

CONTENT_TYPE: Final = "text/html; charset=UTF-8"
"""Providers serve everything as this, JSON too."""

JSON_TYPE: Final = "application/json"

RETRY_DELAYS: Final = (15, 45, 240, 600, 900, 1800, 3600)
"""Seconds between the tries of a webhook: 8 in all, the last after 2 hours."""

Refuse = Callable[[str, RefusedError], Answer]
"""Writes a refusal: the action that was asked for, and why not."""

RestApi = Callable[[ProviderState, SandboxRequest, str | None], Answer]
"""Answers a second surface beside the protocol: a request, and the only key that is accepted."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


def in_own_words(_action: str, refusal: RefusedError) -> Answer:
    """Refuse as the reference does."""
    return refusal.answer


def in_text(
    words: Mapping[str, str] = _NOTHING, statuses: Mapping[str, int] = MappingProxyType({})
) -> Refuse:
    """Let a provider refuse in plain text.

    Parameters
    ----------
    words
        What it says in place of the reference's words.
    statuses
        HTTP statuses by its own words; 200 for what is not there.
    """

    def refuse(_action: str, refusal: RefusedError) -> Answer:
        word = words.get(refusal.code, refusal.code)
        text = f"{word}:{refusal.rest}" if refusal.rest else word
        return Answer(text, statuses.get(word, HTTPStatus.OK))

    return refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one provider speaks; the market behind it is the same for all.

    Attributes
    ----------
    name
        As people write it: ``herosms``.
    title
        As the provider writes it, and what is peculiar, in one line.
    actions
        All that it answers, by the name on the wire.
    refuse
        How it says no; unknown actions and wrong keys are BAD_ACTION and BAD_KEY there.
    path
        Where it answers.
    posted
        Actions that are asked for with POST.
    takes_post
        Whether all others may be, too.
    wrong_method
        What it says otherwise.
    open_actions
        What works without any key.
    header_key
        Where else it looks for the key.
    without_key
        Its code where none is sent.
    words
        Refusals of its own: further names of faults.
    text_type, json_type
        Content types.
    headers
        Headers of every reply.
    too_many
        What it says to somebody who asks too often, before the headers of the fault.
    looks
        Actions of its own that people wait with.
    rules
        What it does otherwise, whatever its words are.
    retry_delays
        Seconds between the tries of a webhook.
    rest
        A second surface under ``/api/v1/``, where there is one.
    """

    name: str
    title: str
    actions: Mapping[str, ActionHandler]
    refuse: Refuse = in_own_words
    path: str = API_PATH
    posted: frozenset[str] = frozenset()
    takes_post: bool = True
    wrong_method: Answer = field(default_factory=lambda: Answer("Method Not Allowed", 405))
    open_actions: frozenset[str] = frozenset()
    header_key: Callable[[SandboxRequest], str | None] | None = None
    without_key: str = "BAD_KEY"
    words: tuple[str, ...] = ()
    text_type: str = CONTENT_TYPE
    json_type: str = CONTENT_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    too_many: Answer = field(default_factory=lambda: Answer("Too Many Requests", 429))
    looks: frozenset[str] = frozenset()
    rules: MarketRules = field(default_factory=MarketRules)
    retry_delays: tuple[int, ...] = RETRY_DELAYS
    rest: RestApi | None = None

    def answer(self, state: ProviderState, params: Params, key: str | None) -> Answer:
        """Do an action; `key` is the only one that is accepted, None accepts any and none."""
        sent, name = params.get("api_key") or None, params.get("action", "")
        if key is not None and sent != key and (sent or name not in self.open_actions):
            return self.refuse(name, refused("BAD_KEY" if sent else self.without_key))
        action = self.actions.get(name)
        if action is None:
            return self.refuse(name, refused("BAD_ACTION"))
        try:
            return action(state, params)
        except RefusedError as refusal:
            return self.refuse(name, refusal)

    def rest_for(self, request: SandboxRequest) -> RestApi | None:
        """Return the second surface, if that is what a request is for."""
        return self.rest if request.path.startswith(REST_PATH) else None

    def takes(self, request: SandboxRequest) -> bool:
        """Whether an action is asked for with the right method."""
        if request.action in self.posted:
            return request.method == "POST"
        return request.method == "GET" or (request.method == "POST" and self.takes_post)

    def params_of(self, request: SandboxRequest) -> Params:
        """Return the parameters with the key, wherever that was sent."""
        if self.header_key is None or request.params.get("api_key"):
            return request.params
        key = self.header_key(request)
        return request.params if key is None else {**request.params, "api_key": key}

    def type_of(self, text: str) -> str:
        """Return the content type of a reply."""
        return self.json_type if text[:1] in ("{", "[") else self.text_type


REST_PATH: Final = "/api/v1/"
"""Where the second surface begins."""


def kept(params: Params, names: str) -> dict[str, str]:
    """Return the parameters that a provider looks at; it ignores all others without a word."""
    return {name: params[name] for name in names.split() if name in params}
