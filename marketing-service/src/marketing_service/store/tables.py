"""Every table, with its keys and the indexes that the hot statements need.

Instants are integers in milliseconds UTC, states are the small integers of `words`.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)

from marketing_service.store.columns import ATTRIBUTES, BIG_ID, MILLISECONDS, CanonicalJson

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _partial_index(name: str, *columns: str, where: str) -> Index:
    # The predicate stands in the statements letter by letter: SQLite compares the text.
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


customers: Final = Table(
    "customers",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("external_id", Text, nullable=False, unique=True),
    # Random, so that a token in a mail tells nothing; empty once the customer is erased.
    Column("public_id", LargeBinary(8), unique=True),
    Column("email", Text),
    Column("email_hash", LargeBinary(32), index=True),
    Column("attrs", ATTRIBUTES, nullable=False),
    Column("row_hash", LargeBinary(32), nullable=False),
    Column("schema_digest", Text, nullable=False),
    Column("updated_at", MILLISECONDS, nullable=False),
    Column("erased_at", MILLISECONDS),
)

# What customers were like when a plan chose among them; equal records share one row.
# With row numbers on SQLite: hashes are random, and only their index should be in disorder.
attribute_snapshots: Final = Table(
    "attribute_snapshots",
    metadata,
    Column("row_hash", LargeBinary(32), primary_key=True),
    Column("attrs", ATTRIBUTES, nullable=False),
)

imports: Final = Table(
    "imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sha256", Text, nullable=False, index=True),
    Column("filename", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("mapping", CanonicalJson, nullable=False),
    Column("counts", CanonicalJson, nullable=False),
    Column("chunks_done", Integer, nullable=False),
    Column("schema_digest", Text),
    Column("error", Text),
    Column("created_at", MILLISECONDS, nullable=False),
    Column("finished_at", MILLISECONDS),
    Column("notes", CanonicalJson),
)

import_rejects: Final = Table(
    "import_rejects",
    metadata,
    Column("import_id", ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("field", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
)

scores: Final = Table(
    "scores",
    metadata,
    Column("customer_id", ForeignKey("customers.id"), primary_key=True),
    Column("model_version", Text, primary_key=True),
    Column("p", Double, nullable=False),
    Column("scored_at", MILLISECONDS, nullable=False),
    sqlite_with_rowid=False,
)

campaigns: Final = Table(
    "campaigns",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("status", SmallInteger, nullable=False, index=True),
    Column("spec", CanonicalJson, nullable=False),
    Column("spec_digest", Text, nullable=False),
    # No foreign key: plans point at campaigns, and a circle could not be created in one go.
    Column("active_plan_id", BigInteger),
    Column("author", Text, nullable=False),
    Column("created_at", MILLISECONDS, nullable=False),
    Column("launched_at", MILLISECONDS),
    Column("finished_at", MILLISECONDS),
    Column("pause_reason", Text),
)

plans: Final = Table(
    "plans",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False, index=True),
    Column("stage", Text, nullable=False),
    Column("page_cursor", BigInteger, nullable=False),
    Column("model_version", Text),
    Column("schema_digest", Text),
    Column("summary", CanonicalJson),
    Column("digest", Text),
    Column("created_at", MILLISECONDS, nullable=False),
    Column("planned_at", MILLISECONDS),
)

campaign_targets: Final = Table(
    "campaign_targets",
    metadata,
    Column("plan_id", ForeignKey("plans.id"), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), primary_key=True),
    Column("arm", SmallInteger, nullable=False),
    # Position of the offer in the campaign file; empty where none was chosen.
    Column("offer", SmallInteger),
    Column("p", Double),
    Column("value", Double),
    Column("cost", Double),
    Column("net", Double),
    Column("propensity", Double),
    Column("reason", SmallInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("next_at", MILLISECONDS, nullable=False, server_default=text("0")),
    Column("lease_until", MILLISECONDS),
    Column("epoch", BigInteger),
    Column("attempt", SmallInteger, nullable=False, server_default=text("0")),
    Column("code", SmallInteger),
    Column("detail", Text),
    Column("sent_at", MILLISECONDS),
    # Of the snapshot; empty in plans of older releases. No foreign key: it would be looked
    # up for each of ten million rows, and the same transaction writes both.
    Column("row_hash", LargeBinary(32)),
    _partial_index(
        "ix_campaign_targets_due", "plan_id", "next_at", "customer_id", where="state IN (0, 5)"
    ),
    _partial_index("ix_campaign_targets_lease", "lease_until", where="state = 1"),
    _partial_index("ix_campaign_targets_open", "plan_id", where="state IN (2, 6)"),
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 70},
)

target_counts: Final = Table(
    "target_counts",
    metadata,
    Column("plan_id", ForeignKey("plans.id"), primary_key=True),
    # Number of the worker that counted; 0 for the planner. One row per worker: none waits.
    Column("worker", BigInteger, primary_key=True, autoincrement=False),
    Column("state", SmallInteger, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.id"), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), primary_key=True),
    Column("attempt", SmallInteger, primary_key=True, autoincrement=False),
    Column("event", Text, primary_key=True),
    Column("source_id", Text, primary_key=True, server_default=text("''")),
    Column("code", SmallInteger),
    Column("detail", Text),
    Column("at", MILLISECONDS, nullable=False),
    sqlite_with_rowid=False,
)

outcomes: Final = Table(
    "outcomes",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("value", Double),
    Column("occurred_at", MILLISECONDS, nullable=False),
    Column("reported_at", MILLISECONDS, nullable=False),
    Column("campaign_id", ForeignKey("campaigns.id"), index=True),
    Index("ix_outcomes_customer_id_occurred_at", "customer_id", "occurred_at"),
)

jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("payload", CanonicalJson, nullable=False),
    Column("state", SmallInteger, nullable=False),
    # Grows with every claim: a worker whose claim was taken over can change nothing.
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("lease_until", MILLISECONDS, nullable=False, server_default=text("0")),
    Column("attempt", SmallInteger, nullable=False, server_default=text("0")),
    Column("error", Text),
    Column("progress", CanonicalJson),
    Column("created_at", MILLISECONDS, nullable=False),
    Column("finished_at", MILLISECONDS),
    _partial_index("ix_jobs_open", "lease_until", "id", where="state IN (0, 1)"),
)

workers: Final = Table(
    "workers",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False, unique=True),
    # A counter, not a time: observers measure with their own clock whether it moves.
    Column("heartbeat", BigInteger, nullable=False, server_default=text("0")),
    Column("started_at", MILLISECONDS, nullable=False),
    Column("stopped_at", MILLISECONDS),
    Column("is_leader", Boolean, nullable=False, server_default=text("false")),
)

live_schema: Final = Table(
    "live_schema",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("schema", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("fetched_at", MILLISECONDS, nullable=False),
    CheckConstraint("id = 1", name="single_row"),
)

idempotency_keys: Final = Table(
    "idempotency_keys",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("status", SmallInteger),
    Column("body", Text),
    Column("headers", CanonicalJson),
    Column("created_at", MILLISECONDS, nullable=False, index=True),
)

audit: Final = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", MILLISECONDS, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False, index=True),
    Column("diff", CanonicalJson, nullable=False),
    Column("prev_hash", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)
