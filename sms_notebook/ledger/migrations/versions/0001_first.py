"""The first ledger: new ones are made whole, so there is nothing to change.

Revision ID: 0001
"""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Change nothing."""
