"""The 33 actions of the API, each written once.

`Actions` holds them all. Both clients are made of it, and so is `Calls`, which only builds calls.
"""

from sms_notebook.protocol.actions.account import Account
from sms_notebook.protocol.actions.activations import Activations
from sms_notebook.protocol.actions.market import Market
from sms_notebook.protocol.actions.numbers import Numbers
from sms_notebook.protocol.actions.partner import Partner
from sms_notebook.protocol.actions.rent import Rent
from sms_notebook.protocol.calls import Action, Call, Frame, declared_actions

__all__ = ["ACTIONS", "Actions", "Calls"]


class Actions(
    Account[Frame], Market[Frame], Numbers[Frame], Activations[Frame], Rent[Frame], Partner[Frame]
):
    """Every action of the API, for whoever performs calls."""


ACTIONS: dict[str, Action] = declared_actions(*Actions.__bases__)
"""All actions by the API's name. There is no second list."""


class Calls(Actions[Call]):
    """Builds calls and performs none: for tests, tools and those who send themselves.

    Examples
    --------
    >>> call = Calls().get_prices("tg", 2)
    >>> call.action.name, dict(call.params)
    ('getPrices', {'service': 'tg', 'country': '2'})
    """

    def _perform(self, call: Call) -> Call:
        return call
