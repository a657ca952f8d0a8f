"""What can go wrong: the tree of errors, and the table of the API's codes."""

from sms_notebook.protocol.errors.tree import *  # noqa: F403 - the one list of names is there
from sms_notebook.protocol.errors.tree import __all__ as __all__
