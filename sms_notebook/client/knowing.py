"""What a client knows without asking anybody: names, and what is left of the day's budget."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic

import pandas as pd

from sms_notebook.client.catalogue import Names
from sms_notebook.client.steps import Session, Steps
from sms_notebook.protocol.calls import Frame


class Knowing(Generic[Frame]):
    """What a client knows without asking, whichever way it waits."""

    _session: Session

    def _take(self, steps: Steps[pd.DataFrame]) -> Frame:
        """Take the steps of something, in this client's way of waiting."""
        raise NotImplementedError

    @property
    def names(self) -> Names:
        """The names of services and countries: the provider's where it was asked, else known ones.

        Examples
        --------
        >>> sms.names.services["tg"], sms.names.countries[2]
        ('Telegram', 'Kazakhstan')
        """
        return self._session.catalogue.names

    def budget(self) -> Frame:
        """Tell what may still be spent today (UTC). Asks nobody but the ledger.

        Returns
        -------
        DataFrame
            One row, in the provider's currency: ``budget`` (the day's limit; missing where there is
            none), ``spent_today`` (what today's orders of all kernels that share the ledger cost or
            may cost, refunds taken off), ``left`` (missing without a limit).

        Raises
        ------
        LedgerProblem

        Examples
        --------
        >>> from sms_notebook.sandbox import Sandbox
        >>> careful = Client(sandbox=Sandbox(), budget="2.00")
        >>> number = careful.order("tg", "Kazakhstan")
        >>> careful.budget()
           budget  spent_today  left
        0     2.0         0.86  1.14
        """
        return self._take(self._budgeted())

    def _budgeted(self) -> Steps[pd.DataFrame]:
        from sms_notebook.orders.budget import spent  # noqa: PLC0415 - loads SQLAlchemy

        yield from ()
        books = self._session.keeper.books
        provider, day = books.account.provider, f"{datetime.now(UTC):%Y-%m-%d}"
        already: Decimal = books.ledger.database.read(
            lambda connection: spent(connection, provider, day)
        )
        limit = books.budget
        row: dict[str, Any] = {
            "budget": pd.NA if limit is None else float(limit),
            "spent_today": float(already),
            "left": pd.NA if limit is None else float(max(limit - already, Decimal(0))),
        }
        return pd.DataFrame([row]).astype("Float64")
