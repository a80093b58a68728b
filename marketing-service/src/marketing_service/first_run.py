"""What happens before the first process starts: the schema, and the demo's customers."""

from collections.abc import Callable, Iterator
from pathlib import Path

from marketing_service import migrations
from marketing_service.importing.spool import Spool
from marketing_service.importing.upload import Upload, accept_upload
from marketing_service.settings import MigrateSettings
from marketing_service.store import customers
from marketing_service.store.engine import Database

ACTOR = "migrate"


def migrate(settings: MigrateSettings, *, clock: Callable[[], int]) -> Iterator[str]:
    """Bring the database to this release; yield one line for each thing that was done.

    Args:
        settings: The database, and the file of the demo's customers if there is one.
        clock: Milliseconds UTC.
    """
    database = Database(settings.database_url)
    try:
        migrations.upgrade(database)
        yield f"the database is at revision {migrations.current_revision(database)}"
        if settings.demo_import and settings.demo_import.exists():
            yield _enqueue(database, Spool(settings.spool_dir), settings.demo_import, clock())
    finally:
        database.close()


def _enqueue(database: Database, spool: Spool, file: Path, now_ms: int) -> str:
    """Leave an import job for the worker unless there are customers."""
    with database.read() as conn:
        if customers.exist(conn):
            return "there are customers already: the demo's are not imported"
    with file.open("rb") as body:
        upload = Upload(filename=file.name)
        run = accept_upload(database, spool, body, upload, now_ms=now_ms, actor=ACTOR)
    return f"import {run.id} of {file.name} waits for the worker"
