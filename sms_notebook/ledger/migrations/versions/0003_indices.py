"""Indices for ledgers that are long: by time, by state, and in the order of buying.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"

_INDICES = (
    ("orders_by_time", "orders", "begun_at"),
    ("orders_in_account", "orders", "id"),
    ("numbers_by_state", "numbers", "state"),
    ("numbers_in_account", "numbers", "id"),
)


def upgrade() -> None:
    """Add them."""
    for name, table, last in _INDICES:
        op.create_index(name, table, ["provider", "account", last])
