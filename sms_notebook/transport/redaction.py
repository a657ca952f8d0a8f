"""Failures from below on their way up, and what is logged there: without the key, in few words."""

import logging
from collections.abc import Callable
from weakref import WeakValueDictionary

import httpx

from sms_notebook.protocol.errors import ConnectionFailed
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.ids_in_replies import found_in_part
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
        self._keys: WeakValueDictionary[int, ApiKey] = WeakValueDictionary()

    def hide(self, key: ApiKey) -> None:
        """Take out a key too, as long as it is in use."""
        self._keys[id(key)] = key

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the keys in it."""
        logged = hidden = record.getMessage()
        for used in self._keys.valuerefs():  # others may come meanwhile, from other threads
            if (key := used()) is not None:
                hidden = key.hide_in(hidden)
        if hidden != logged:
            record.msg, record.args = hidden, ()
        return True


_key_filter = _KeyFilter()


def hide_in_log(key: ApiKey) -> None:
    """Keep a key out of the log of whatever sends, as long as the key is in use."""
    _key_filter.hide(key)
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

    def redact(value: object) -> object:
        text = value if isinstance(value, str) else repr(value)
        return value if hide(text) == text else hide(text)

    if isinstance(interrupt, BaseExceptionGroup):
        members = [_copied(member, hide) for member in interrupt.exceptions]
        return BaseExceptionGroup(hide(interrupt.message), members)
    args = [redact(arg) for arg in interrupt.args]
    copied = BaseException.__new__(type(interrupt), *args)
    if isinstance(interrupt, SystemExit) and isinstance(copied, SystemExit):
        copied.code = interrupt.code
    copied.__dict__.update(
        {name: redact(value) for name, value in vars(interrupt).items() if name != "__notes__"}
    )
    return copied


_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
_WORDS: dict[type[Exception], str] = {
    httpx.ConnectTimeout: "connecting took too long",
    httpx.ReadTimeout: "it took too long",
    httpx.WriteTimeout: "sending took too long",
    httpx.PoolTimeout: "too many calls at once",
    httpx.RemoteProtocolError: "the connection broke off before the reply was complete",
    httpx.ReadError: "the connection broke off before the reply was complete",
}
_CHECK_THE_NETWORK = Hint("check the network and the address, then try again")


def no_answer(error: Exception, action: str, provider: str, hint: str = "") -> ConnectionFailed:
    """Say in one line that the provider did not answer.

    Parameters
    ----------
    error : Exception
        Why, as `clean_failure` returned it.
    action : str
        What was asked for.
    provider : str
        Who was asked.
    hint : str, optional
        What to do about it, where that is known of the provider.
    """
    what = _WORDS.get(type(error), str(error).strip() or type(error).__name__)
    failed = ConnectionFailed(
        Phrase("no answer: {what}", what=what),
        hints=[Hint("{hint}", hint=hint) if hint else _CHECK_THE_NETWORK],
        action=action,
        provider=provider,
    )
    failed.sent = not isinstance(error, _NEVER_SENT)
    if isinstance(error, httpx.RequestError):
        failed.found = found_in_part(error.request.extensions.get(PARTIAL, b""))
    return failed
