"""Run by Alembic, never imported: hands our connection to its migration machinery."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    # SQLite alters a table by copying it; both databases then get the same steps.
    render_as_batch=True,
    # Our connection begins and commits: all steps of an upgrade succeed, or none.
    transactional_ddl=True,
)
context.run_migrations()
