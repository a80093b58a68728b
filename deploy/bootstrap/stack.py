"""`make up` and its companions: the compose stack, its key file and its next steps."""

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from bootstrap import doctor
from bootstrap.console import ROOT, SetupError, agreed_to_lose, say, step
from bootstrap.prepare import Setup, prepare
from bootstrap.processes import wait_for

IMPORT_SECONDS = 300
DEFAULT_PROJECT = "retention"
PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
PROFILES = ("--profile", "*")
OWN_TABLE_USAGE = "Usage: make up DATA=customers.csv CONFIG=train.toml"
DEMO_FILES = "customers.csv truth.csv campaign.toml"


def key_file(environ: Mapping[str, str]) -> Path:
    """Return where the demo key of a project lies: two stacks must not share one file.

    Raises:
        SetupError: `COMPOSE_PROJECT_NAME` is no name of a project.
    """
    project = environ.get("COMPOSE_PROJECT_NAME") or DEFAULT_PROJECT
    if not PROJECT_NAME.fullmatch(project):
        rule = "lower-case letters, digits, - and _, a letter or digit first"
        raise SetupError(f"COMPOSE_PROJECT_NAME must be {rule}, not {project!r}.")
    folder = ROOT / ".demo"
    return folder / "api-key" if project == DEFAULT_PROJECT else folder / project / "api-key"


def compose(*arguments: str, stdin: bytes | None = None, quiet: bool = False) -> str:
    """Run `docker compose` in the checkout; its output is shown unless `quiet`.

    Raises:
        SetupError: It failed.
    """
    command = ["docker", "compose", *arguments]
    out = subprocess.PIPE if quiet else None
    done = subprocess.run(command, cwd=ROOT, input=stdin, stdout=out, check=False)
    if done.returncode:
        raise SetupError(f"`docker compose {arguments[0]}` failed: see above, and `make logs`.")
    return (done.stdout or b"").decode()


def up(environ: Mapping[str, str]) -> None:
    """Check, build, start, wait until healthy and customers are there, show what is next.

    Args:
        environ: `DATA` and `CONFIG` name a user's own table and training file; both or none.
    """
    began = time.monotonic()
    own_table, key = _own_table(environ), key_file(environ)
    step("checks")
    prepare(Setup.of_this_machine(environ))
    doctor.run(environ)
    step("build")
    # No provenance index: it would only make the second build slower.
    compose("build", "--quiet")
    if own_table:
        step("hand over your table")
        _hand_over(*own_table)
    step("start and wait until healthy")
    compose("up", "--detach", "--wait", "--wait-timeout", "600", "--remove-orphans")
    copy_key(key)
    if own_table:
        _train_again()
    else:
        wait_for_import(environ)
    say(f"\nUp and healthy after {time.monotonic() - began:.0f} s.")
    show_addresses(environ, demo=not own_table)


def _own_table(environ: Mapping[str, str]) -> tuple[Path, Path] | None:
    """Return the user's table and training file; None when neither is given."""
    data, config = environ.get("DATA", ""), environ.get("CONFIG", "")
    if not data + config:
        return None
    for name, value in (("DATA", data), ("CONFIG", config)):
        if not Path(value).expanduser().is_file():
            raise SetupError(f"{name}: no such file: {value!r}. {OWN_TABLE_USAGE}")
    return Path(data).expanduser(), Path(config).expanduser()


def _hand_over(data: Path, config: Path) -> None:
    """Put the user's files where the trainer reads them, instead of the demo's."""
    for path, name in ((data, "train.csv"), (config, "train.toml")):
        script = f"cd /data && rm -f {DEMO_FILES} && cat >{name}.new && mv {name}.new {name}"
        arguments = ("run", "--rm", "-T", "--no-deps", "--entrypoint", "sh", "sample", "-c", script)
        compose(*arguments, stdin=path.read_bytes(), quiet=True)


def _train_again() -> None:
    step("train on your table")
    # Another table has other fields: the gate would refuse it, and the user has decided.
    training = ("train", "--data", "/data/train.csv", "--config", "/data/train.toml", "--replace")
    compose("run", "--rm", "-T", "--no-deps", "--entrypoint", "churn", "trainer", *training)


def copy_key(target: Path) -> None:
    """Copy the demo key out of its volume to a file for this user only."""
    reading = ("run", "--rm", "-T", "--no-deps", "--entrypoint", "cat", "marketing")
    key = compose(*reading, "/run/keys/demo", quiet=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.chmod(0o600)
    target.write_text(key)


def require_stack(environ: Mapping[str, str]) -> None:
    """Stop with the cure when the gateway of this project does not run.

    Raises:
        SetupError: The stack is not up.
    """
    key_file(environ)
    running = compose("ps", "--quiet", "--status", "running", "gateway", quiet=True)
    if not running.strip():
        raise SetupError("The stack is not up. Cure: make up")


def address(environ: Mapping[str, str]) -> str:
    """Return the address of the gateway as seen from this machine."""
    return f"http://127.0.0.1:{doctor.gateway_port(environ)}"


def get(environ: Mapping[str, str], path: str) -> bytes:
    """Read one answer through the gateway with the demo key."""
    headers = {"X-API-Key": key_file(environ).read_text().strip()}
    request = urllib.request.Request(address(environ) + path, headers=headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
        body: bytes = answer.read()
    return body


def wait_for_import(environ: Mapping[str, str]) -> None:
    """Wait until the worker has imported the demo's customers."""
    step("wait for the customers")

    def imported() -> bool:
        imports = json.loads(get(environ, "/v1/imports"))["imports"]
        failed = [row for row in imports if row["state"] == "failed"]
        if failed:
            raise SetupError(f"The import failed: {failed[0].get('error')}. See `make logs`.")
        return bool(imports) and all(row["state"] == "done" for row in imports)

    wait_for("the import of the demo's customers", imported, IMPORT_SECONDS)


def show_addresses(environ: Mapping[str, str], *, demo: bool) -> None:
    """Print where the stack is and what one does next."""
    base, key = address(environ), key_file(environ).relative_to(ROOT)
    following = "make campaign" if demo else "make import FILE=people.csv"
    say(f"""
  address      {base}
  key          {key}   (sent as X-API-Key)
  pages        {base}/score   {base}/mailbox   (sign in with the key)
  try          curl -H "X-API-Key: $(cat {key})" {base}/models/champion
  next         {following}
  later        make status, make logs, make down""")


def status(environ: Mapping[str, str]) -> None:
    """Print every container with its state, and where the door is."""
    compose("ps", "--all", "--format", "table {{.Service}}\t{{.State}}\t{{.Status}}")
    say(f"gateway: {address(environ)}, key file {key_file(environ).relative_to(ROOT)}")


def clean(environ: Mapping[str, str]) -> None:
    """Delete containers, volumes, images and the key file, after asking.

    Raises:
        SetupError: The question was not answered with yes, or there is nobody to ask.
    """
    say("This deletes customers, campaigns, mails, models and keys of this stack.")
    agreed_to_lose(environ, "clean")
    key = key_file(environ)
    compose(*PROFILES, "down", "--volumes", "--remove-orphans", "--rmi", "local")
    key.unlink(missing_ok=True)
