"""A PostgreSQL server of its own in a folder, reached by a socket there alone."""

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = ("initdb", "pg_ctl")
_OWNER = "nobody"  # the server refuses to run as root


def missing_program() -> str | None:
    """Return the program that is not installed, or None."""
    return next((name for name in PROGRAMS if shutil.which(name) is None), None)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start a server in an empty folder; give what psycopg connects with; stop it after."""
    owner = _OWNER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(folder, owner)
        _open_path(folder)
    data, log = folder / "data", folder / "log.txt"
    _run(
        owner, "initdb", "-D", data, "-A", "trust", "-U", "tests", "-N", "--locale=C", "-E", "UTF8"
    )
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    _run(owner, "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
    try:
        yield f"host={folder} user=tests dbname=postgres"
    finally:
        _run(owner, "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


def _open_path(folder: Path) -> None:
    """Let the server's user walk to its folder; only the tests' own folders are changed."""
    for parent in folder.parents:
        if parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)


def _run(owner: str, program: str, *arguments: object) -> None:
    command = [str(shutil.which(program)), *map(str, arguments)]
    user = owner if os.geteuid() == 0 else None
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, user=user, cwd="/"
    )
    assert done.returncode == 0, done.stderr
