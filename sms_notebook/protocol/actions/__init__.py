"""The 33 actions of the API, each written once.

`Actions` holds them all, and those that several providers have beyond them. Both clients are made
of it, and so is `Calls`, which only builds calls.
"""

from sms_notebook.protocol.actions.account import Account, Partner
from sms_notebook.protocol.actions.activations import Activations
from sms_notebook.protocol.actions.beyond import Beyond
from sms_notebook.protocol.actions.market import Market
from sms_notebook.protocol.actions.numbers import Numbers
from sms_notebook.protocol.actions.rent import Rent
from sms_notebook.protocol.calls import Action, Call, CallBuilder, Frame, declared_actions

__all__ = ["ACTIONS", "BEYOND", "Actions", "Calls"]


class Actions(
    Account[Frame],
    Market[Frame],
    Numbers[Frame],
    Activations[Frame],
    Rent[Frame],
    Partner[Frame],
    Beyond[Frame],
):
    """Every action, for whoever performs calls."""


_DECLARED = declared_actions(*Actions.__bases__)

ACTIONS: dict[str, Action] = {
    name: action for name, action in _DECLARED.items() if not action.is_beyond
}
"""All actions of the API by its names. There is no second list."""

BEYOND: dict[str, Action] = {name: action for name, action in _DECLARED.items() if action.is_beyond}
"""What several providers have beyond the API documentation."""


class Calls(CallBuilder, Actions[Call]):
    """Builds calls and performs none: for tests, tools and those who send themselves.

    Examples
    --------
    >>> call = Calls().get_prices("tg", 2)
    >>> call.action.name, dict(call.params)
    ('getPrices', {'service': 'tg', 'country': '2'})
    """
