"""Runs migrations in the transaction that the ledger has begun."""

from alembic import context

from sms_notebook.ledger.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=False,  # whoever opened the connection has begun, and commits
)
context.run_migrations()
