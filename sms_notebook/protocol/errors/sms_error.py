"""What an error says, as data: calls and parameters are named, and each face writes them its way.

A template names them in braces: ``{max_price}`` is a parameter, ``{get_countries()}`` a call, and
what is handed in beside the template is a value, or a tuple for a call with arguments.

>>> str(Hint("{wait} goes on waiting", wait=("wait_code", "7")))
"sms.wait_code('7') goes on waiting"
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, ClassVar, NamedTuple, Self

import msgspec

_FORMATTER = Formatter()
_KEY_LIKE = re.compile(
    r"(?<![A-Za-z0-9])(?:(?=[A-Za-z]*\d)[A-Za-z0-9]{20,}|[\da-fA-F]{8}(?:-[\da-fA-F]{4}){3}-[\da-fA-F]{12})"
)
_ENDS = (".", "!", "?", "…")
_WHOLE = "{text}"  # a text that ends as its writer wanted


def without_keys(text: str) -> str:
    """Return a text without what looks like a key: people paste it in wrong places."""
    return _KEY_LIKE.sub("***", text)


class Parameter(NamedTuple):
    """A parameter of a method, by its name in Python."""

    name: str


class MethodCall(msgspec.Struct, frozen=True):
    """A call that a person can make.

    Attributes
    ----------
    method : str
        The client's method, or ``Client`` itself.
    args : tuple
        Values, and a `Parameter` for what the person has to fill in.
    options : mapping
        Arguments by name.
    """

    method: str
    args: tuple[object, ...] = ()
    options: Mapping[str, object] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, method: str, *args: object) -> "MethodCall":
        """Make it of a tuple in a template; a mapping at the end holds arguments by name."""
        if args and isinstance(args[-1], Mapping):
            return cls(method, args[:-1], args[-1])
        return cls(method, args)


class Speaker:
    """How sentences are written; as it is, for Python."""

    shows_wire = True
    """Whether the action, the provider and its code are named."""

    def call(self, call: MethodCall) -> str | None:
        """Write a call; None where there is nothing like it, and the hint is left out."""
        args = [_python(arg) for arg in call.args]
        args += [f"{name}={_python(value)}" for name, value in call.options.items()]
        owner = "" if call.method[0].isupper() else "sms."
        return f"{owner}{call.method}({', '.join(args)})"

    def parameter(self, name: str) -> str:
        """Write a parameter."""
        return name


PYTHON = Speaker()


def _python(value: object) -> str:
    return value.name if isinstance(value, Parameter) else repr(value)


class Phrase:
    """A part of a sentence.

    Parameters
    ----------
    template : str
        Ours, with names in braces.
    **parts : object
        What stands for them: values, and tuples for calls.
    """

    __slots__ = ("parts", "template")

    def __init__(self, template: str, /, **parts: object) -> None:
        self.template = template
        self.parts = parts

    @classmethod
    def plain(cls, text: str) -> "Phrase":
        """Make a phrase of a text in which braces are braces."""
        return cls(_WHOLE, text=text)

    def filled(self, values: Mapping[str, object]) -> Self:
        """Return the same with those values that it names."""
        names = {name for _, name, _, _ in _FORMATTER.parse(self.template)}
        parts = {name: value for name, value in values.items() if name in names}
        return type(self)(self.template, **{**parts, **self.parts})

    def rewritten(self, change: Callable[[str], str], *, in_calls: bool = False) -> Self:
        """Return the same with its values changed, such as masked; calls may keep their ids."""
        parts = {name: _changed(part, change, in_calls) for name, part in self.parts.items()}
        return type(self)(self.template, **parts)

    def written(self, speaker: Speaker = PYTHON) -> str | None:
        """Write it in the words of a face; None where the face has no such call."""
        words: list[str] = []
        for text, name, spec, conversion in _FORMATTER.parse(self.template):
            words.append(text)
            if name is None:
                continue
            word = self._word(name, spec or "", conversion, speaker)
            if word is None:
                return None
            words.append(word)
        return "".join(words)

    def _word(self, name: str, spec: str, conversion: str | None, speaker: Speaker) -> str | None:
        if name.endswith("()"):
            return speaker.call(MethodCall(name[:-2]))
        value = self.parts.get(name, Parameter(name))
        if isinstance(value, Parameter):
            return speaker.parameter(value.name)
        if isinstance(value, Phrase):
            return value.written(speaker)
        if isinstance(value, tuple):
            return speaker.call(MethodCall.of(*value))
        if conversion is not None:
            return str(_FORMATTER.convert_field(value, conversion))
        return value if isinstance(value, str) else format(value, spec)

    def __str__(self) -> str:
        return self.written() or ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phrase) and (self.template, self.parts) == (
            other.template,
            other.parts,
        )

    def __hash__(self) -> int:
        return hash(self.template)

    def __reduce__(self) -> tuple[Any, ...]:
        return _phrase, (type(self), self.template, self.parts)


class Hint(Phrase):
    """A next step, in the words of whoever reads it."""

    __slots__ = ()


def _phrase(kind: type[Phrase], template: str, parts: Mapping[str, Any]) -> Phrase:
    return kind(template, **parts)


def _changed(value: object, change: Callable[[str], str], in_calls: bool) -> object:
    if isinstance(value, Phrase):
        return value.rewritten(change, in_calls=in_calls)
    if isinstance(value, Parameter | Mapping):
        return value
    if isinstance(value, tuple):  # a call
        return tuple(_changed(part, change, in_calls) for part in value) if in_calls else value
    text = str(value)
    return value if change(text) == text else change(text)


def sentences(phrases: Iterable[Phrase], speaker: Speaker) -> str:
    """Write phrases as sentences, leaving out what a face has no words for."""
    written: list[str] = []
    for phrase in phrases:
        text = phrase.written(speaker)
        if not text:
            continue
        if written and not phrase.template.startswith("{"):
            text = text[0].upper() + text[1:]
        is_done = phrase.template == _WHOLE or text.endswith(_ENDS)
        written.append(text if is_done else f"{text}.")
    return " ".join(written)


class Advised:
    """What errors and interrupts say: what happened, and the next steps.

    Attributes
    ----------
    what : Phrase
        What happened.
    hints : tuple of Hint
        The next steps.
    speaker : Speaker
        Who tells it; Python if nobody else.
    """

    emphasis: ClassVar[Callable[[str], str]] = staticmethod(str)
    """How a notebook sets the line off; a face that is loaded may colour it."""

    what: Phrase = Phrase("")
    hints: tuple[Hint, ...] = ()
    speaker: Speaker = PYTHON

    def written(self, speaker: Speaker) -> str:
        """Write all of it in one line."""
        return sentences((self.what, *self.hints), speaker)

    def rewrite(self, change: Callable[[str], str], *, in_calls: bool = False) -> None:
        """Change the values in it, such as mask them; calls may keep their ids."""
        self.what = self.what.rewritten(change, in_calls=in_calls)
        self.hints = tuple(hint.rewritten(change, in_calls=in_calls) for hint in self.hints)

    def __str__(self) -> str:
        return self.written(self.speaker)

    def _render_traceback_(self) -> list[str]:
        """One line in place of IPython's traceback."""
        return [type(self).emphasis(f"{type(self).__name__}: {self}")]


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """The reply that an error came of, as far as it may be shown: never the key.

    Attributes
    ----------
    status : int
        The HTTP status.
    headers : mapping of str to str
        Those that tell something: the kind of content, when to ask again, a price.
    text : str
        The body, at most 65,536 characters of it; without numbers and codes while masked.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)


class SmsError(Advised, Exception):
    """Anything that went wrong in this package.

    Attributes
    ----------
    action : str or None
        The API's name of the action that failed.
    provider : str or None
        The name of the provider that was asked.
    reply : ErrorReply or None
        What came over the wire, for a bug report; None where nothing came.
    what : Phrase
        What happened.
    hints : tuple of Hint
        The next steps; each face writes them as its own commands.
    """

    action: str | None = None
    provider: str | None = None
    reply: ErrorReply | None = None
    wire = ""
    """What the provider said, as it may be shown: a code, or an excerpt."""
    repeats_arguments: ClassVar[bool] = False
    """Whether it may name what a person passed: nothing in it that looks like a key is shown."""
    _is_whole = False  # a text that says by itself where it happened

    def __init__(
        self,
        what: str | Phrase = "",
        *,
        hints: Iterable[Hint] = (),
        action: str | None = None,
        provider: str | None = None,
        wire: str = "",
    ) -> None:
        super().__init__()
        self._is_whole = isinstance(what, str)
        self.what = Phrase.plain(what) if isinstance(what, str) else what
        self.hints = tuple(hints)
        self.action = action
        self.provider = provider
        self.wire = wire
        if self.repeats_arguments:
            self.rewrite(without_keys)

    @property
    def where(self) -> str:
        """The action and who was asked, as far as there is one."""
        if self.action is None or self._is_whole:
            return ""
        return self.action if self.provider is None else f"{self.action} at {self.provider}"

    @property
    def reason(self) -> Phrase:
        """What the provider said and what it means, without where and the next steps."""
        if not self.what.template:
            return Phrase.plain(self.wire)
        if not self.wire:
            return self.what
        return Phrase("{wire}: {what}", wire=self.wire, what=self.what)

    def written(self, speaker: Speaker) -> str:
        """Write all of it in one line, in the words of a face."""
        if not speaker.shows_wire:
            what = self.what if self.what.template else self.reason
            return sentences((what, *self.hints), speaker)
        reason = self.reason
        if where := self.where:
            reason = Phrase("{where}: {reason}", where=where, reason=reason)
        return sentences((reason, *self.hints), speaker)

    def rewrite(self, change: Callable[[str], str], *, in_calls: bool = False) -> None:
        """Change the values in it, such as mask them; calls may keep their ids."""
        super().rewrite(change, in_calls=in_calls)
        self.wire = change(self.wire)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in vars(self).items() if name != "speaker"}
        return _rebuilt, (type(self), self.args, state)


def _rebuilt(
    kind: type[SmsError], args: tuple[object, ...], attributes: dict[str, object]
) -> SmsError:
    """Unpickle an error without calling its own ``__init__``."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error
