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

__all__ = ["ACTIONS", "ALL_ACTIONS", "BEYOND", "Actions", "Calls"]


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


ALL_ACTIONS: dict[str, Action] = declared_actions(*Actions.__bases__)
"""All actions by their names. There is no second list."""
BEYOND = {name: action for name, action in ALL_ACTIONS.items() if action.is_beyond}
"""What several providers have beyond the API documentation."""
ACTIONS = {name: action for name, action in ALL_ACTIONS.items() if name not in BEYOND}
"""Those of the API documentation."""


class Calls(CallBuilder, Actions[Call]):
    """Builds calls and performs none: for tests, tools and those who send themselves.

    Examples
    --------
    >>> call = Calls().get_prices("tg", 2)
    >>> call.action.name, dict(call.params)
    ('getPrices', {'service': 'tg', 'country': '2'})
    """
