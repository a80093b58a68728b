"""Keep what an import noticed about its file."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the notes; imports that are there have none."""
    op.add_column("imports", sa.Column("notes", sa.Text(), nullable=True))
