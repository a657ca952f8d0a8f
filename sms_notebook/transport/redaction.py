"""What must not hold the key on its way up: failures from below, and what is logged there."""

import logging
from collections.abc import Callable
from weakref import WeakSet

import httpx

from sms_notebook.providers.key import ApiKey

PARTIAL = "partial"
"""The extension of a request whose reply broke off: what had come until then."""

_HTTPX = ("httpx", "httpx2")
_LOGGERS = (
    *_HTTPX,  # a client that was passed logs whole addresses: it is below the key
    *(
        f"{core}.{part}"
        for core in ("httpcore", "httpcore2")
        for part in ("connection", "http11", "http2", "proxy", "socks")
    ),
    *("hpack.hpack", "hpack.table"),  # the headers of HTTP/2
)
"""A filter is asked by its own logger alone, not by those below it."""


class _KeyFilter(logging.Filter):
    """Takes keys out of what is logged: of a reply all that came, headers included."""

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
    """Keep a key out of the log of whatever sends, as long as the key is in use."""
    _key_filter.keys.add(key)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_key_filter)


def clean_failure(
    failure: BaseException, request: httpx.Request, hide: Callable[[str], str]
) -> BaseException:
    """Return a failure of the same kind without the frames and texts of the one below."""
    if (kind := _namesake(failure)) is not None:
        return kind(hide(str(failure)), request=request)
    if isinstance(failure, Exception):
        text = hide(f"{type(failure).__name__}: {failure}")
        return httpx.RequestError(text, request=request)
    return _copied(failure, hide)


def _namesake(failure: BaseException) -> type[httpx.RequestError] | None:
    """Return what httpx calls such a failure; httpx2, its fork, has classes of the same names."""
    for kind in type(failure).__mro__:
        known = getattr(httpx, kind.__name__, None) if kind.__module__ in _HTTPX else None
        if isinstance(known, type) and issubclass(known, httpx.RequestError):
            return known
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
