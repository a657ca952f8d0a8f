"""When an order was sent: one that certainly never was is not looked for.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; without a time it is only known that an order may have been sent."""
    op.add_column("orders", sa.Column("sent_at", sa.DateTime))
