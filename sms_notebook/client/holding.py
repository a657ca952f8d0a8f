"""A number for the length of a ``with`` block: it finishes or cancels by itself."""

import contextlib
import logging
from typing import TYPE_CHECKING, Any, Generic, Self

import pandas as pd

from sms_notebook.client.steps import Steps
from sms_notebook.client.waiting import EVERY
from sms_notebook.protocol.calls import Frame
from sms_notebook.protocol.errors import (
    ActivationNotFound,
    BadStatus,
    EarlyCancelDenied,
    SmsError,
)

if TYPE_CHECKING:
    from sms_notebook.client.clients import AsyncClient, Client

LOG = logging.getLogger("sms_notebook")
_RECEIVED = "STATUS_OK"


class Holding(Generic[Frame]):
    """An activation that ends with its block; made by ``sms.activation()``.

    With a code it is finished. Without one it is cancelled as soon as that is allowed, two minutes
    after buying; an interrupt of that wait leaves it alive, and says so.

    Parameters
    ----------
    client : Client or AsyncClient
        Whose number it is.
    steps : Steps
        How it is ordered.

    Attributes
    ----------
    order : DataFrame
        The order, as ``sms.order()`` returns it.
    """

    def __init__(self, client: "Client | AsyncClient", steps: Steps[pd.DataFrame]) -> None:
        self._client: Any = client
        self._steps = steps
        self.order = pd.DataFrame()

    @property
    def activation_id(self) -> str:
        """Its id."""
        return str(self.order.loc[0, "activation_id"])

    @property
    def phone_number(self) -> str:
        """The number, with country code and without +."""
        return str(self.order.loc[0, "phone_number"])

    def wait_code(self, timeout: float | None = None, *, every: float = EVERY) -> Frame:
        """Wait for its code; see ``sms.wait_code``."""
        frame: Frame = self._client.wait_code(self.activation_id, timeout, every=every)
        return frame

    def again(self) -> Frame:
        """Ask for one more code; see ``sms.again``."""
        frame: Frame = self._client.again(self.activation_id)
        return frame

    def __enter__(self) -> Self:
        self.order = self._client._take(self._steps)  # noqa: SLF001 - a part of the client
        return self

    def __exit__(self, _kind: object, failure: BaseException | None, _trace: object) -> None:
        try:
            self._client._take(self._let_go())  # noqa: SLF001 - a part of the client
        except SmsError as problem:
            self._tell(problem, failure)
        except KeyboardInterrupt:
            LOG.warning("%s", self._still_alive())
            raise

    async def __aenter__(self) -> Self:
        self.order = await self._client._take(self._steps)  # noqa: SLF001 - a part of the client
        return self

    async def __aexit__(self, _kind: object, failure: BaseException | None, _trace: object) -> None:
        try:
            await self._client._take(self._let_go())  # noqa: SLF001 - a part of the client
        except SmsError as problem:
            self._tell(problem, failure)

    def _let_go(self) -> Steps[None]:
        """Finish with a code, cancel without one; what is over already is left alone."""
        ref, client = self.activation_id, self._client
        try:
            try:
                ended = yield from client._cancelled(ref, when_allowed=False)  # noqa: SLF001 - a part of the client
            except EarlyCancelDenied:
                LOG.warning(
                    "No code for activation %s yet. It can be cancelled in its third minute, and "
                    "is then; a code that comes before is kept. An interrupt leaves it alive.",
                    ref,
                )
                ended = yield from client._cancelled(ref, when_allowed=True)  # noqa: SLF001 - likewise
        except ActivationNotFound:
            return
        except BadStatus:  # it had a code before one more was asked for
            has_code = True
        else:
            has_code = ended.loc[0, "status"] == _RECEIVED
        if has_code:
            with contextlib.suppress(BadStatus):  # one by call ends by itself
                yield from client._finished(ref)  # noqa: SLF001 - likewise

    def _tell(self, problem: SmsError, failure: BaseException | None) -> None:
        """Raise what went wrong at the end; beside another failure it is only said."""
        if failure is None:
            raise problem
        LOG.error("%s %s", self._still_alive(), problem)

    def _still_alive(self) -> str:
        ref = self.activation_id
        return f"Activation {ref} may still be alive: sms.cancel('{ref}') or sms.finish('{ref}')."
