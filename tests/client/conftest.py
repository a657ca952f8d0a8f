"""A watch that looks for a key in all that a person could see or save; a sandbox that counts."""

import gc
import logging
import os
import pickle
import traceback
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest
from IPython.core.ultratb import VerboseTB

from sms_notebook import SmsError
from sms_notebook.providers.key import ApiKey
from sms_notebook.sandbox import Sandbox

LIBRARIES = ("pandas", "numpy", "_py", "sqlalchemy")
"""Whose objects are not looked into; what the ledger keeps is looked for in its files."""
ATOMS = (str, bytes, bytearray, int, float, complex, type(None))
"""What has nothing within reach."""


def reachable(*roots: object) -> Iterator[object]:
    """Yield objects within reach of some, but for what an ApiKey keeps to itself."""
    left, seen = list(roots), set()
    opaque = (type, types.ModuleType, types.FunctionType, types.CodeType, ApiKey, logging.Logger)
    while left:
        item = left.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        if (
            type(item) in ATOMS
            or isinstance(item, opaque)
            or type(item).__module__.startswith(LIBRARIES)
        ):
            continue
        if isinstance(item, BaseException):
            frames = [frame for frame, _line in traceback.walk_tb(item.__traceback__)]
            left += [item.__cause__, item.__context__, *(frame.f_locals for frame in frames)]
        if isinstance(item, dict):
            left += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple | set | frozenset):
            left += item
        elif isinstance(item, types.MethodType):
            left.append(item.__self__)
        elif not isinstance(item, types.FrameType | types.GeneratorType):
            left.append(getattr(item, "__dict__", None))
            slots = [getattr(kind, "__slots__", ()) for kind in type(item).__mro__]
            names = [
                name for group in slots for name in ([group] if group == str(group) else group)
            ]
            names += getattr(type(item), "__struct_fields__", ())
            left += [getattr(item, name, None) for name in names if not name.startswith("__")]


def texts_of(*roots: object) -> Iterator[str]:
    for item in reachable(*roots):
        try:
            yield f"{item!r} {item!s}"
        except Exception as failure:  # noqa: BLE001 - what cannot be shown shows nothing
            yield repr(failure)
        if isinstance(item, bytes | bytearray):
            yield item.decode("utf-8", "replace")


def tracebacks(error: BaseException) -> Iterator[str]:
    """Yield what Python and Jupyter print of an exception and of all that led to it."""
    yield "".join(traceback.format_exception(error))
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    yield "".join(whole.format())
    chain, seen = [error], set()
    while chain:
        link = chain.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        chain += [link.__cause__, link.__context__]  # also where the context is suppressed
        yield "\n".join(getattr(link, "__notes__", ()))
        if link.__traceback__ is not None and is_new(link.__traceback__):
            stb = verbose().structured_traceback(type(link), link, link.__traceback__)
            yield "\n".join(stb)


_lines_seen: set[tuple[tuple[types.CodeType, int], ...]] = set()


def is_new(stack: types.TracebackType) -> bool:
    """Whether IPython has not written just these lines of code yet.

    It takes long. Which names it shows hangs on the lines alone; their values are within reach
    of the exception, so that they are looked through each time.
    """
    lines = tuple((frame.f_code, line) for frame, line in traceback.walk_tb(stack))
    is_fresh = lines not in _lines_seen
    _lines_seen.add(lines)
    return is_fresh


@cache
def verbose() -> VerboseTB:
    return VerboseTB(color_scheme="NoColor", include_vars=True)


def saved(error: BaseException) -> Iterator[str]:
    if isinstance(error, SmsError):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled in this line
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again).keys() == vars(error).keys()
        yield pickle.dumps(error).decode("latin-1")
        yield "".join(error._render_traceback_())


class Log(logging.Handler):
    """Keeps every record of every logger."""

    def __init__(self) -> None:
        super().__init__(0)
        self.records: list[logging.LogRecord] = []
        self.seen = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def texts(self) -> Iterator[str]:
        """Yield what has been logged since this was asked last."""
        fresh, self.seen = self.records[self.seen :], len(self.records)
        for record in fresh:
            yield logging.Formatter("%(message)s").format(record)
            atoms, others = [], []
            for value in vars(record).values():
                (atoms if type(value) in ATOMS else others).append(value)
            yield f"{atoms!r} {' '.join(map(str, atoms))}"
            yield from texts_of(*others)


class Watch:
    """Looks for a key in everything that comes to light."""

    def __init__(
        self, secrets: Iterable[Callable[[], str]], log: Log, told: list[warnings.WarningMessage]
    ) -> None:
        self._needles = cache(  # in a function nothing that holds the watch shows them
            lambda: [text.casefold() for secret in secrets for text in self.spellings(secret())]
        )
        self.log = log
        self.told = told

    reachable = staticmethod(reachable)

    def check(self, *things: object) -> None:
        """Fail where the key shows in things, the log or a warning."""
        for text in (*texts_of(*things), *self.log.texts()):
            self.check_text(text)
        for warning in self.told:
            self.check_text(str(warning))
        for thing in things:
            if isinstance(thing, BaseException):
                for text in (*tracebacks(thing), *saved(thing)):
                    self.check_text(text)

    @staticmethod
    def spellings(secret: str) -> tuple[str, ...]:
        """Return a secret as it is, and as URLs write it."""
        quoted = str(httpx.QueryParams({"k": secret})).removeprefix("k=")
        return tuple(dict.fromkeys((secret, quoted, quoted.lower())))

    @staticmethod
    def failure_of(ask: Callable[..., object], *args: object, **kwargs: object) -> BaseException:
        """Return how a call fails; this frame is all that is added."""
        try:
            ask(*args, **kwargs)
        except BaseException as failure:  # noqa: BLE001 - an interrupt is one of them
            return failure
        raise AssertionError("it did not fail")

    def check_files(self, folder: Path) -> None:
        """Fail where the key shows in a file."""
        for path in folder.rglob("*"):
            if not path.is_file() or path.name == "config.toml":  # where a person wrote it
                continue
            self.check_text(path.read_bytes().decode("latin-1"))

    def check_text(self, text: str) -> None:
        folded = text.casefold()
        for needle in self._needles():
            at = folded.find(needle)
            if at >= 0:
                around = text[max(0, at - 150) : at] + "<<KEY>>"
                pytest.fail(f"the key shows: …{around}", pytrace=False)


@pytest.fixture(scope="module")
def garbage_of_others() -> Iterator[None]:
    """Let collecting garbage after a test look only at what that test made."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@pytest.fixture
def watch(monkeypatch, request, garbage_of_others) -> Iterator[Watch]:
    """Log everything at the lowest level, and look through it after the test.

    It looks for what the functions in ``SECRETS`` of the test's module return.
    """
    log, root = Log(), logging.getLogger()
    names = [name for name, one in root.manager.loggerDict.items() if hasattr(one, "level")]
    loggers = [root, *(logging.getLogger(name) for name in names)]
    for logger in loggers:
        monkeypatch.setattr(logger, "level", logging.NOTSET if logger is not root else 1)
        monkeypatch.setattr(logger, "propagate", True)
        monkeypatch.setattr(logger, "disabled", False)
    root.manager._clear_cache()
    root.addHandler(log)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        watch = Watch(request.module.SECRETS, log, told)
        yield watch
        root.removeHandler(log)
        gc.collect()
        gc.freeze()
        watch.check()
        watch.check_files(Path(os.environ["SMS_NOTEBOOK_HOME"]))


@pytest.fixture
def failing_network(monkeypatch):
    """Fail below httpx, with an exception that knows the signed address in every way it can."""

    def fail(make, key: str) -> None:
        def handle(_self: object, request: httpx.Request) -> httpx.Response:
            signed = request.url
            assert signed.params.get("api_key", "") == key
            try:
                {}[f"first {signed}"]
            except KeyError:
                failure = make(request)
                failure.add_note(f"seen at {signed}")
                raise failure from None

        async def handle_async(self: object, request: httpx.Request) -> httpx.Response:
            return handle(self, request)

        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)
        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle_async)

    return fail


class Counting(Sandbox):
    """A sandbox that counts what it is asked; a code comes only where a test sends one."""

    def __init__(self, **options):
        super().__init__(**{"speed": 0, "success": 0, **options})
        self.asked: list[str] = []

    def answer(self, params):
        self.asked.append(params.get("action", ""))
        return super().answer(params)
