"""The history of the tables, for Alembic; `reference_impl.migrate` runs it."""
