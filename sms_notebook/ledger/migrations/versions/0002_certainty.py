"""How sure it is whose a number is; when lists were read, and what was seen there.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Replace the mark of a guess by how sure it is; add what makes a trace sharp."""
    with op.batch_alter_table("numbers") as numbers:
        numbers.add_column(sa.Column("certainty", sa.String(16)))
    op.execute("UPDATE numbers SET certainty = CASE WHEN is_guess THEN 'inferred' ELSE 'read' END")
    with op.batch_alter_table("numbers") as numbers:
        numbers.alter_column("certainty", existing_type=sa.String(16), nullable=False)
        numbers.drop_column("is_guess")
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("listed_at", sa.DateTime))
        orders.add_column(sa.Column("missed_at", sa.DateTime))
    with op.batch_alter_table("sightings") as sightings:
        sightings.add_column(sa.Column("is_rent", sa.Boolean))
        sightings.add_column(sa.Column("service", sa.Text))
        sightings.add_column(sa.Column("country", sa.Integer))
