"""What httpcore logs of a reply is what came, headers included: a key sent back is taken out."""

import logging
from weakref import WeakSet

from sms_notebook.transport.key import ApiKey

_LOGGERS = ("httpcore.connection", "httpcore.http11", "httpcore.proxy")


class _Hiding(logging.Filter):
    """Lets every record pass, without the keys in it."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: WeakSet[ApiKey] = WeakSet()

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the keys out of a record."""
        said = hidden = record.getMessage()
        for key in tuple(self.keys):
            hidden = key.hide_in(hidden)
        if hidden != said:
            record.msg, record.args = hidden, ()
        return True


_hiding = _Hiding()


def hide_in_log(key: ApiKey) -> None:
    """Keep a key out of httpcore's log, as long as the key is in use."""
    _hiding.keys.add(key)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_hiding)
