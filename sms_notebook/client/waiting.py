"""Waiting for codes, watching numbers, and ending them, with nothing lost on the way."""

from collections.abc import AsyncGenerator, Iterable
from typing import TYPE_CHECKING

from sms_notebook.client.activation_steps import EVERY, ActivationSteps
from sms_notebook.client.session import PollerHandle, StepTaker
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import OneNumber
from sms_notebook.protocol.calls import Frame
from sms_notebook.protocol.steps import Offload
from sms_notebook.watching.progress import NARRATOR, Progress

if TYPE_CHECKING:
    from sms_notebook.watching.events import Event
    from sms_notebook.watching.watch import Watch


class Waiting(StepTaker[Frame]):
    """What a client does with numbers that are alive, whichever way it waits."""

    _activations: ActivationSteps

    @property
    def _poller_handle(self) -> PollerHandle:
        """The poller of this client."""
        raise NotImplementedError

    def _progress(self) -> Progress | None:
        """Return what a call tells while it waits; None where nobody wants to hear it."""
        raise NotImplementedError

    @property
    def is_masked(self) -> bool:
        """Whether numbers and codes are masked."""
        raise NotImplementedError

    def wait_code(
        self, activation_id: OneNumber, timeout: float | None = None, *, every: float = EVERY
    ) -> Frame:
        """Wait for the code of an activation.

        API documentation: ``getActiveActivations``, ``getStatus``, ``getStatusV2``.

        A code that is there already is returned at once; after `again` only a new one. An
        interrupt stops the wait and leaves the activation alive; passing failures do not end it.
        Meanwhile a notebook shows a bar, a terminal a line, and the log a line now and then.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation.
        timeout : float, optional
            Seconds; as long as the activation lives if not given.
        every : float
            Seconds between two polls. All waits of a client share one request.

        Returns
        -------
        DataFrame
            One row: ``code``, ``text``, ``phone_from``, ``channel`` (``sms``, ``call``,
            ``voice``), ``url``, ``received_at``, ``seen_at``, ``activation_id``.

        Raises
        ------
        CodeTimeout
            No code in time; ``.activation`` is still alive.
        ActivationOver
            The activation ended without a new code; or nobody tells how it ended:
            ``.is_known`` is False then, and a code may have come.
        BadKey, Banned, AccountBlocked, ConnectionFailed

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> sms.sandbox.send_sms(number.loc[0, "activation_id"], "Your code is 01234")
        >>> sms.wait_code(number.loc[0, "activation_id"]).loc[0, "code"]
        '01234'
        """
        ref = arg.activation_id(activation_id)
        return self._take(
            self._activations.wait_code(ref, arg.seconds("timeout", timeout), arg.interval(every))
        )

    def again(self, activation_id: OneNumber) -> Frame:
        """Ask for one more code, for free. `wait_code` then waits for the new one.

        API documentation: ``setStatus``, status 3.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation; it has had a code.

        Returns
        -------
        DataFrame
            One row: ``status`` (``ACCESS_RETRY_GET``), ``activation_id``.

        Raises
        ------
        BadStatus, ActivationNotFound, BadKey, ServerError

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> sms.sandbox.send_sms(number.loc[0, "activation_id"], "Your code is 01234")
        >>> sms.again(number.loc[0, "activation_id"]).loc[0, "status"]
        'ACCESS_RETRY_GET'
        """
        return self._take(self._activations.again(arg.activation_id(activation_id)))

    def finish(self, activation_id: OneNumber) -> Frame:
        """Confirm the code and end an activation: it is paid for. A second time changes nothing.

        API documentation: ``setStatus``, status 6.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation.

        Returns
        -------
        DataFrame
            One row: ``status`` (``ACCESS_ACTIVATION``), ``activation_id``.

        Raises
        ------
        BadStatus, EarlyCancelDenied, ActivationNotFound, BadKey, ServerError

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> sms.sandbox.send_sms(number.loc[0, "activation_id"], "Your code is 01234")
        >>> sms.finish(number.loc[0, "activation_id"]).loc[0, "status"]
        'ACCESS_ACTIVATION'
        """
        return self._take(self._activations.finish(arg.activation_id(activation_id)))

    def cancel(self, activation_id: OneNumber, *, when_allowed: bool = False) -> Frame:
        """Cancel an activation: the money comes back. A code that came before is returned instead.

        API documentation: ``setStatus``, status 8.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation.
        when_allowed : bool
            True waits until it is allowed, two minutes after buying, and shows the time left; a
            code that comes meanwhile is returned, and nothing cancelled.

        Returns
        -------
        DataFrame
            One row: ``status`` (``ACCESS_CANCEL``; ``STATUS_OK`` where a code had come, and
            ``STATUS_CANCEL`` where it was over: nothing was cancelled), ``code``, ``text``,
            ``activation_id``.

        Raises
        ------
        EarlyCancelDenied
            Within the first two minutes, unless ``when_allowed``.
        ActivationOver
            It ended while that was waited for, and nobody tells how.
        BadStatus, ActivationNotFound, BadKey, ServerError

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> sms.sandbox.step(120)
        >>> ended = sms.cancel(number.loc[0, "activation_id"])
        >>> ended.loc[0, "status"] in ("ACCESS_CANCEL", "STATUS_OK")
        True
        """
        ref = arg.activation_id(activation_id)
        return self._take(self._activations.cancel(ref, when_allowed=when_allowed))

    def watch(
        self,
        ids: OneNumber | Iterable[OneNumber] | None = None,
        *,
        rents: OneNumber | Iterable[OneNumber] | bool = False,
        every: float = EVERY,
    ) -> "Watch":
        """Watch numbers: an iterator of events, and a frame of how they stand.

        While it waits for an event it says so, as `wait_code` does.

        Parameters
        ----------
        ids : str or list of str, optional
            Activations; all that are alive if not given, new ones included. Where the provider has
            no list of those, it is those of the ledger.
        rents : str, list of str or bool
            Rents whose messages are watched too; True for all. With ``rents`` and no ``ids``, only
            rents are watched.
        every : float
            Seconds between two polls: one request for all activations, and one for each rent.

        Returns
        -------
        Watch
            ``with sms.watch() as watch: for event in watch: …``; ``watch.frame`` is a DataFrame.

        Raises
        ------
        BadKey, Banned, AccountBlocked
            While iterating; passing failures do not end it, ``watch.trouble`` names them.

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan").loc[0, "activation_id"]
        >>> with sms.watch(number) as watch:
        ...     sms.sandbox.send_sms(number, "Your code is 01234")
        ...     next(watch).code
        '01234'
        """
        from sms_notebook.watching.watch import Watch  # noqa: PLC0415 - loads SQLAlchemy

        activations = None if ids is None else arg.ids("ids", "activation_id", ids)
        rented: list[str] | None = None
        if rents is not True:
            rented = [] if rents is False else arg.ids("rents", "rent_id", rents)
            if rented and ids is None:
                activations = []
        elif ids is None:
            activations = []
        with NARRATOR.telling(self._progress(), Offload()):
            poller_handle = self._poller_handle
        return Watch(
            poller_handle.poller,
            poller_handle.account_ledger,
            activations,
            rented,
            arg.interval(every),
            is_masked=lambda: self.is_masked,
            progress=self._progress,
        )

    async def events(
        self,
        ids: OneNumber | Iterable[OneNumber] | None = None,
        *,
        rents: OneNumber | Iterable[OneNumber] | bool = False,
        every: float = EVERY,
    ) -> AsyncGenerator["Event", None]:
        """Watch numbers from asyncio: ``async for event in sms.events(): …``; see `watch`.

        Parameters
        ----------
        ids, rents, every
            As for `watch`.

        Yields
        ------
        Event
            ``kind``, ``activation_id``, ``rent_id``, ``phone_number``, ``code``, ``text``, ….
        """
        async with self.watch(ids, rents=rents, every=every) as watch:
            async for event in watch:
                yield event
