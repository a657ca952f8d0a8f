"""What must not hold the key on its way up: failures from below, and what httpcore logs."""

import logging
from collections.abc import Callable
from weakref import WeakSet

import httpx

from sms_notebook.providers.key import ApiKey

PARTIAL = "partial"
"""The extension of a request whose reply broke off: what had come until then."""

_LOGGERS = tuple(
    name
    for fork in ("", "2")  # httpx2 may be injected
    for name in (
        f"httpx{fork}",
        *(f"httpcore{fork}.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
    )
)
_FORKS = ("httpx2",)


class _KeyFilter(logging.Filter):
    """Takes keys out of what is logged below: addresses, and all that came, headers included."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: WeakSet[ApiKey] = WeakSet()

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the keys in it."""
        logged = hidden = record.getMessage()
        for key in tuple(self.keys):
            hidden = key.hide_in(hidden)
        if hidden != logged:
            record.msg, record.args = hidden, ()
        return True


_key_filter = _KeyFilter()


def hide_in_log(key: ApiKey) -> None:
    """Keep a key out of the logs of httpx and httpcore, as long as the key is in use."""
    _key_filter.keys.add(key)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_key_filter)


def clean_failure(
    failure: BaseException, request: httpx.Request, hide: Callable[[str], str]
) -> BaseException:
    """Return a failure of the same kind without the frames and texts of the one below."""
    if isinstance(failure, httpx.RequestError):
        known = (kind for kind in type(failure).__mro__ if kind.__module__ == "httpx")
        kind: type[httpx.RequestError] = next(known)
        return kind(hide(str(failure)), request=request)
    if (alike := _alike(failure)) is not None:
        return alike(hide(str(failure)), request=request)
    if isinstance(failure, Exception):
        text = hide(f"{type(failure).__name__}: {failure}")
        return httpx.RequestError(text, request=request)
    return _copied(failure, hide)


def _alike(failure: BaseException) -> type[httpx.RequestError] | None:
    """Return the failure of httpx that another library's stands for, by its name."""
    for kind in type(failure).__mro__:
        same = getattr(httpx, kind.__name__, None)
        if (
            kind.__module__.partition(".")[0] in _FORKS
            and isinstance(same, type)
            and issubclass(same, httpx.RequestError)
        ):
            return same
    return None


def _copied(interrupt: BaseException, hide: Callable[[str], str]) -> BaseException:
    """Copy an interrupt of whatever kind, without what it has seen below."""

    def shown(value: object) -> object:
        text = value if isinstance(value, str) else repr(value)
        return value if hide(text) == text else hide(text)

    if isinstance(interrupt, BaseExceptionGroup):
        members = [_copied(member, hide) for member in interrupt.exceptions]
        return BaseExceptionGroup(hide(interrupt.message), members)
    args = [shown(arg) for arg in interrupt.args]
    copied = BaseException.__new__(type(interrupt), *args)
    if isinstance(interrupt, SystemExit) and isinstance(copied, SystemExit):
        copied.code = interrupt.code
    copied.__dict__.update(
        {name: shown(value) for name, value in vars(interrupt).items() if name != "__notes__"}
    )
    return copied
