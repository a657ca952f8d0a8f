"""Panels for a person who prefers clicking to typing; each closes itself with its cell."""

from sms_notebook.panels.dashboard import Dashboard
from sms_notebook.panels.order import OrderPanel
from sms_notebook.panels.rent import RentPanel
from sms_notebook.panels.watch import WatchPanel

__all__ = ["Dashboard", "OrderPanel", "RentPanel", "WatchPanel"]
