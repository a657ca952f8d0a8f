"""Finding out what became of purchases whose answer was lost, and saying it where nobody can."""

from collections.abc import Mapping, Sequence
from typing import Generic

import pandas as pd

from sms_notebook.client.session import Session
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import Identifier, Texts
from sms_notebook.protocol.calls import Frame
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.steps import Steps, offload

Claims = Mapping[str, Identifier | Sequence[Identifier]]
"""By order id: the id of what it bought, or several."""


class Reconciling(Generic[Frame]):
    """What a client does with purchases of which nobody knows what became."""

    _session: Session

    def _take(self, steps: Steps[pd.DataFrame]) -> Frame:
        """Take the steps of something, in this client's way of waiting."""
        raise NotImplementedError

    def reconcile(
        self,
        *,
        wait: bool = True,
        dismiss: Texts | None = None,
        claim: Claims | None = None,
    ) -> Frame:
        """Find out what became of purchases whose outcome nobody heard. It never buys.

        Looks at getActiveActivations, getHistory, getRentList and continueRentInfo, writes what it
        finds to the ledger, and completes what the ledger does not know yet of numbers.

        What is listed is an order's own where nothing else fits it, nothing of it was there before,
        and nobody else buys the same on this account, as far as its lists show; it is ``inferred``
        then. Otherwise it stays ``unknown``, with its ``candidates``, until you say which it is.

        Parameters
        ----------
        wait : bool
            A purchase counts as not made when two looks, ten seconds apart, both show nothing, at
            a provider that lists purchases at once, and where all of its list could be read.
            Elsewhere it stays open. False looks once, and leaves it open. While it waits it says
            so, as `wait_code` does.
        dismiss : str or list of str, optional
            Order ids that you have looked up yourself: nothing was bought with them. Also takes
            back what was only inferred or claimed.
        claim : mapping, optional
            By order id: the id of the activation or rent that is its own, as you have found out;
            several for a number for several services. ``certainty`` is ``claimed`` then.

        Returns
        -------
        DataFrame
            One row for each purchase that was open: ``phone_number``, ``service``, ``country``,
            ``cost``, ``currency``, ``result`` (``bought``, ``not bought``, ``open``,
            ``unknown``, ``dismissed``), ``why`` (it is not known), ``certainty`` (``read``,
            ``inferred``, ``claimed``), ``candidates`` and ``candidate_numbers`` (lists),
            ``action``, ``key``, ``activation_id``, ``rent_id``, ``order_id``.

        Raises
        ------
        UsageProblem
            If a claim names an order that is not open, or what another order has, the provider does
            not list, or is for something else. Then no claim is written.
        LedgerProblem, ConnectionFailed, BadKey, ServerError

        Examples
        --------
        >>> sms.reconcile().empty
        True
        """
        dismissed = arg.joined("dismiss", dismiss)
        claims = _claims(claim)
        ids = dismissed.split(",") if dismissed else []
        return self._take(self._reconciled(ids, claims, wait=wait))

    def _reconciled(
        self, dismissed: list[str], claims: dict[str, list[str]], *, wait: bool
    ) -> Steps[pd.DataFrame]:
        yield from offload()
        from sms_notebook.ledger.claims import claim, dismiss  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.frames import settled_frame  # noqa: PLC0415 - likewise
        from sms_notebook.ledger.observed import complete  # noqa: PLC0415 - likewise
        from sms_notebook.ledger.reconciliation import settle  # noqa: PLC0415 - likewise

        session = self._session
        account_ledger = session.ledgers.account_ledger
        results = yield from claim(account_ledger, claims, session.read)
        results += dismiss(account_ledger, dismissed)
        results += yield from settle(account_ledger, session.read, wait=wait)
        yield from complete(account_ledger, session.read)
        return settled_frame(account_ledger, results)


def _claims(claim: Claims | None) -> dict[str, list[str]]:
    """Check claims: ids by order id."""
    if claim is None:
        return {}
    if not isinstance(claim, Mapping):
        raise UsageProblem('claim takes {"order id": "activation id"}.')
    return {
        arg.required("claim", arg.one("claim", order)): arg.ids("claim", "activation_id", ids)
        for order, ids in claim.items()
    }
