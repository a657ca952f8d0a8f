"""Long lists page by page: the history of activations, the messages of a rent."""

from collections.abc import Callable
from inspect import iscoroutine
from typing import Any, Generic, Self, cast

import pandas as pd

from sms_notebook.client.session import Session, StepTaker
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.arguments import Moment, OneNumber
from sms_notebook.protocol.calls import Call, Frame
from sms_notebook.protocol.errors import SmsError, UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint
from sms_notebook.protocol.steps import Steps

_CALLS = Calls()
_MOST = 100  # rows that getHistory returns at once


class Pages(Generic[Frame]):
    """The pages of a list, each a frame; ``for`` with a `Client`, ``async for`` with the other.

    A page that fails raises its error, which says which page it was; what came before is with you
    already, and going on asks for that page again.

    Parameters
    ----------
    take : callable
        Performs steps as the client does.
    session : Session
        Of the client.
    call_of : callable
        From the number of a page, from 1, and the rows before it, the call that reads it.
    about : str
        A column that tells rows apart; all of them together if empty.
    """

    def __init__(
        self,
        take: Callable[[Steps[pd.DataFrame]], Frame],
        session: Session,
        call_of: Callable[[int, int], Call],
        about: str = "",
    ) -> None:
        self._take = take
        self._session = session
        self._call_of = call_of
        self._about = about
        self._known_keys: set[tuple[str, ...]] = set()
        self._in_all: int | None = None
        self._size = 0
        self._is_over = False
        self.page = 0
        """How many pages came."""
        self.rows = 0
        """How many rows came with them."""

    def _steps(self) -> Steps[pd.DataFrame]:
        """Read the next page; nothing in it is new where that was the last one."""
        number = self.page + 1
        try:
            frame = yield from self._session.frame(self._call_of(number, self.rows))
        except SmsError as error:
            here = Hint(
                "that was page {page}, after {rows} rows; going on asks for it again",
                page=str(number),
                rows=str(self.rows),
            )
            error.hints = (*error.hints, here)
            raise
        fresh, count = self._fresh(frame), len(frame) + int(frame.attrs.get("skipped", 0))
        if number == 1:  # a provider may have smaller pages than were asked for
            self._size = count
        is_all = self._in_all is not None and self.rows + count >= self._in_all
        self._is_over = not len(fresh) or count < self._size or is_all
        if len(fresh) or number == 1:
            self.page, self.rows = number, self.rows + count
        return fresh

    def _fresh(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Leave out what came before: lists move on, and some providers know no pages."""
        columns = [self._about] if self._about else list(frame.columns)
        keys = list(map(tuple, frame[columns].astype(str).to_numpy().tolist()))
        is_new = [key not in self._known_keys for key in keys]
        self._known_keys.update(keys)
        in_all = frame.attrs.get("total", frame.attrs.get("quantity"))
        if isinstance(in_all, int) and in_all > len(frame):  # else it may be what this page has
            self._in_all = in_all
        if all(is_new):
            return frame
        fresh = frame[is_new].reset_index(drop=True)
        fresh.attrs = frame.attrs
        return fresh

    def _is_page(self, frame: pd.DataFrame) -> bool:
        """Tell whether this is one more page: the first always is, so that concat has columns."""
        return bool(len(frame)) or self.rows == 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        if self._is_over:
            raise StopIteration
        frame: Any = self._take(self._steps())
        if iscoroutine(frame):
            frame.close()
            raise UsageProblem("these are pages of an AsyncClient: async for page in ….")
        if not self._is_page(frame):
            raise StopIteration
        return cast("Frame", frame)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> pd.DataFrame:
        if self._is_over:
            raise StopAsyncIteration
        answer: Any = self._take(self._steps())
        frame: pd.DataFrame = await answer if iscoroutine(answer) else answer
        if not self._is_page(frame):
            raise StopAsyncIteration
        return frame

    def __repr__(self) -> str:
        return f"<Pages: {self.page} with {self.rows} rows so far>"


class Paging(StepTaker[Frame]):
    """What a client does with long lists, whichever way it waits."""

    def iter_history(
        self,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        size: int | None = None,
    ) -> Pages[Frame]:
        """All past and present activations, page by page; see `get_history`.

        API documentation: ``getHistory``.

        Parameters
        ----------
        start, end : datetime, str or float, optional
            From when to when: a datetime with a zone, the same as text, or a Unix timestamp.
        size : int, optional
            Rows a page, 100 at most; 100 if not given.

        Returns
        -------
        Pages
            An iterator of frames; ``async for`` with an `AsyncClient`. The first page comes even
            where it is empty, and a row that came before is left out. A page that fails says which
            one it was, and going on asks for it again.

        Raises
        ------
        BadValue, BadKey, BadAction, ServerError
            While iterating.

        Examples
        --------
        >>> import pandas as pd
        >>> history = pd.concat(sms.iter_history(), ignore_index=True)
        """
        rows = arg.whole("size", size, 1, _MOST) or str(_MOST)

        def call_of(_page: int, before: int) -> Call:
            return _CALLS.get_history(start=start, end=end, offset=before, limit=int(rows))

        call_of(1, 0)  # what is wrong is said now
        return Pages(self._take, self._session, call_of, "activation_id")

    def iter_rent_messages(self, rent_id: OneNumber, *, size: int | None = None) -> Pages[Frame]:
        """All messages of a rent, page by page, the newest first; see `get_rent_status`.

        API documentation: ``getRentStatus``.

        Parameters
        ----------
        rent_id : str, int or DataFrame
            The rent.
        size : int, optional
            Rows a page; as many as the provider has in one if not given.

        Returns
        -------
        Pages
            An iterator of frames, as of `iter_history`.

        Raises
        ------
        RentNotFound, BadKey, BadAction
            While iterating.

        Examples
        --------
        >>> rent = sms.rent("full", 2)
        >>> sum(len(page) for page in sms.iter_rent_messages(rent))
        0
        """
        ref = arg.rent_id(rent_id)
        rows = arg.whole("size", size, 1)

        def call_of(page: int, _before: int) -> Call:
            return _CALLS.get_rent_status(ref, page=page, size=None if rows is None else int(rows))

        return Pages(self._take, self._session, call_of)
