"""Numbered steps of the database schema; `upgrade` brings any older database to the newest."""

from marketing_service.migrations.revisions import (
    check,
    current_revision,
    drift,
    head_revision,
    upgrade,
)

__all__ = ["check", "current_revision", "drift", "head_revision", "upgrade"]
