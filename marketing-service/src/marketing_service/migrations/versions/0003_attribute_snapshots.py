"""Keep what customers were like when a plan was made."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ATTRIBUTES = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)


def upgrade() -> None:
    """Add the snapshots and the column that leads to them; older plans have none."""
    op.create_table(
        "attribute_snapshots",
        sa.Column("row_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("attrs", _ATTRIBUTES, nullable=False),
        sa.PrimaryKeyConstraint("row_hash", name=op.f("pk_attribute_snapshots")),
    )
    op.add_column(
        "campaign_targets", sa.Column("row_hash", sa.LargeBinary(length=32), nullable=True)
    )
