"""Real databases for every test: a migrated SQLite file and a real PostgreSQL server.

PostgreSQL is the one at MARKETING_TEST_POSTGRES_URL, else a container started here and
removed at the end, else those tests are skipped (with CI=true they fail).
"""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from marketing_service.migrations import upgrade
from marketing_service.store.engine import Database

IMAGE = os.environ.get("POSTGRES_IMAGE", "postgres:17")
START_SECONDS = 60


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Give a migrated, empty database, once on each engine."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def sqlite_database(migrated_sqlite_file: Path, tmp_path: Path) -> Iterator[Database]:
    """Give a migrated, empty SQLite database."""
    path = tmp_path / "marketing.sqlite"
    shutil.copyfile(migrated_sqlite_file, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def postgresql_database(migrated_postgres_url: str) -> Iterator[Database]:
    """Give a migrated, empty PostgreSQL database of its own."""
    name = f"test_{secrets.token_hex(6)}"
    template = make_url(migrated_postgres_url).database
    server = _server(migrated_postgres_url)
    _on_server(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    database = Database(_with_name(server, name))
    yield database
    database.close()
    _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def empty_postgres_url(postgres_server_url: str) -> Iterator[str]:
    """Give the address of a PostgreSQL database without any table."""
    name = f"test_{secrets.token_hex(6)}"
    _on_server(postgres_server_url, f'CREATE DATABASE "{name}"')
    yield _with_name(postgres_server_url, name)
    _on_server(postgres_server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one SQLite file; the tests copy it."""
    path = tmp_path_factory.mktemp("migrated") / "template.sqlite"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres_server_url: str) -> Iterator[str]:
    """Migrate one PostgreSQL database; the tests copy it."""
    name = f"template_{secrets.token_hex(6)}"
    _on_server(postgres_server_url, f'CREATE DATABASE "{name}"')
    url = _with_name(postgres_server_url, name)
    database = Database(url)
    upgrade(database)
    database.close()
    yield url
    _on_server(postgres_server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """Give the address of a PostgreSQL server on which databases can be created."""
    if given := os.environ.get("MARKETING_TEST_POSTGRES_URL"):
        yield given
        return
    _require_engine()
    name = f"marketing-test-{secrets.token_hex(6)}"
    password = secrets.token_hex(16)
    _docker(
        "run", "--detach", "--rm", "--name", name, "--publish", "127.0.0.1::5432",
        "--env", f"POSTGRES_PASSWORD={password}", "--tmpfs", "/var/lib/postgresql/data",
        IMAGE, "-c", "fsync=off", "-c", "max_connections=200",
    )  # fmt: skip
    try:
        host = _docker("port", name, "5432/tcp").split()[0]
        url = f"postgresql://postgres:{password}@{host}/postgres"
        _wait_for_server(url, name)
        yield url
    finally:
        _docker("rm", "--force", "--volumes", name)


def _require_engine() -> None:
    reason = _missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} With CI=true every test must run.")
    if reason:
        pytest.skip(f"{reason} Or set MARKETING_TEST_POSTGRES_URL to a server of your own.")


def _missing() -> str | None:
    try:
        _docker("info")
    except (OSError, subprocess.CalledProcessError):
        return "No container engine answers (docker info)."
    try:
        _docker("image", "inspect", IMAGE)
    except subprocess.CalledProcessError:
        return f"The image {IMAGE} is not on this machine (docker pull {IMAGE})."
    return None


def _docker(*arguments: str) -> str:
    done = subprocess.run(
        ["docker", *arguments], check=True, capture_output=True, text=True, timeout=120
    )
    return done.stdout


def _wait_for_server(url: str, name: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start:\n{_docker('logs', name)}")
            time.sleep(0.1)
        else:
            return


def _on_server(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _server(url: str) -> str:
    return _with_name(url, "postgres")


def _with_name(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
