"""`make campaign`: one retention campaign through the gateway, with the demo key."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bootstrap.console import SetupError, say, step
from bootstrap.stack import compose, require_stack


def run(environ: Mapping[str, str]) -> None:
    """Plan, launch, wait and report a new campaign.

    Args:
        environ: `FILE` names a campaign file of one's own; without it the demo's is used,
            and outcomes are simulated from the demo's known truth.
    """
    require_stack(environ)
    name = f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    own = environ.get("FILE")
    step(f"plan {name}")
    if own:
        _plan_own(Path(own), name)
    else:
        _require_demo_file()
        _marketing("campaigns", "plan", "/data/campaign.toml", "--name", name)
    step("launch and wait for the mails")
    _marketing("campaigns", "launch", name, "--wait")
    if not own:
        step("post simulated outcomes")
        _marketing("sample-outcomes", name, "--truth", "/data/truth.csv")
    step("report")
    _marketing("campaigns", "report", name, *(() if own else ("--as-of", "end")))


def _require_demo_file() -> None:
    listing = ("run", "--rm", "-T", "--no-deps", "--entrypoint", "ls", "marketing", "/data")
    if "campaign.toml" not in compose(*listing, quiet=True):
        raise SetupError(
            "This stack runs on a table of your own, so the demo's campaign does not fit it. "
            "Cure: make campaign FILE=spring.toml"
        )


def _plan_own(path: Path, name: str) -> None:
    if not path.is_file():
        raise SetupError(f"no such campaign file: {path}. Usage: make campaign FILE=spring.toml")
    say(f"$ marketing campaigns plan {path} --name {name}")
    # By standard input: the container's user need not be allowed to read the file.
    arguments = ("marketing", "campaigns", "plan", "/dev/stdin", "--name", name)
    compose("run", "--rm", "-T", "--no-deps", *arguments, stdin=path.read_bytes())


def _marketing(*arguments: str) -> None:
    """Run one marketing command in a container beside the gateway, on its outer network."""
    say(f"$ marketing {' '.join(arguments)}")
    compose("run", "--rm", "-T", "--no-deps", "marketing", *arguments)
