"""`make import`: a user's own customers through the gateway, with the refused rows saved."""

import json
from collections.abc import Mapping
from pathlib import Path

from bootstrap.console import SetupError, say, step
from bootstrap.stack import compose, get, require_stack


def run(environ: Mapping[str, str]) -> None:
    """Import `FILE` and save refused rows with their reasons beside it.

    Args:
        environ: `FILE` names a CSV file of customers, with an e-mail column.

    Raises:
        SetupError: There is no such file, no stack, or the import failed.
    """
    path = Path(environ.get("FILE", ""))
    if not path.is_file():
        raise SetupError(f"no such file: {str(path)!r}. Usage: make import FILE=people.csv")
    require_stack(environ)
    step(f"import {path}")
    # By standard input: the container's user need not be allowed to read the file.
    arguments = ("marketing", "customers", "import", "/dev/stdin", "--wait", "--json")
    command = ("run", "--rm", "-T", "--no-deps", *arguments)
    found = json.loads(compose(*command, stdin=path.read_bytes(), quiet=True))
    say(", ".join(f"{number:,} {word}" for word, number in found["counts"].items()))
    if found["counts"].get("rejected"):
        rejects = path.with_name(f"{path.name}.rejects.csv")
        rejects.write_bytes(get(environ, f"/v1/imports/{found['id']}/rejects"))
        say(f"the refused rows and their reasons: {rejects}")
