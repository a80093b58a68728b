"""Give this machine what the stack needs: an engine that answers and the base images."""

import getpass
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.base_images import Builder
from bootstrap.commands import LOGS, Commands, Shell, Work
from bootstrap.console import ROOT, SetupError, agreed, say
from bootstrap.engine import Engine
from bootstrap.env_file import ENV_FILE, with_own_lines, write_images
from bootstrap.environment import ensure_environment
from bootstrap.images import BASE_IMAGES, BaseImage, find, stack_images
from bootstrap.machine import Machine, look
from bootstrap.packages import Packages
from bootstrap.plan import STATE_FOLDER, plan_engine
from bootstrap.platforms import what_to_install
from bootstrap.state import FOLDER, State, alone

# Handed to the part that runs as root; all else of the environment stays outside.
PASSED_ON = ("YES", "DEBIAN_MIRROR", "http_proxy", "https_proxy", "no_proxy", "DOCKER_HOST")
TO_BUILD = "BOOTSTRAP_BUILD"
MEMBER = "BOOTSTRAP_MEMBER"
PULL_LINE = "pull the base images; where no registry answers, build them from Debian's packages"
BUILD_LINE = "no registry answers: build {} from Debian's packages, under local tags"
UNDO_LINE = f"What it adds is noted in {STATE_FOLDER}; `make bootstrap-undo` takes it away."


@dataclass(frozen=True)
class Setup:
    """What the preparation works on; tests hand in their own.

    Args:
        commands: How programs are run.
        machine: The facts.
        environ: `YES`, `DEBIAN_MIRROR` and the variables of base images.
        folder: Where the record lives.
        env_file: Where the tags of local images are handed to Compose.
    """

    commands: Commands
    machine: Machine
    environ: Mapping[str, str]
    folder: Path = FOLDER
    env_file: Path = ENV_FILE

    @classmethod
    def of_this_machine(cls, environ: Mapping[str, str]) -> "Setup":
        """Look at this machine."""
        shell = Shell()
        return cls(shell, look(shell), with_own_lines(ENV_FILE, environ))


def prepare(setup: Setup, images: tuple[BaseImage, ...] | None = None) -> None:
    """Bring up an engine and the base images; does nothing where both are there.

    Args:
        setup: The machine.
        images: Base images to have; those of the stack when not given.

    Raises:
        SetupError: It cannot be done here; says exactly what to install.
    """
    asked = _have_engine(setup)
    _have_images(setup, stack_images() if images is None else images, asked=asked)


def _have_engine(setup: Setup) -> bool:
    """Return whether a plan was shown and agreed to."""
    machine = setup.machine
    if machine.engine.answers:
        return False
    if host := setup.environ.get("DOCKER_HOST"):
        raise SetupError(f"DOCKER_HOST names {host}, which does not answer. Cure: unset it")
    if machine.engine.denied or not machine.distribution or not machine.may_install:
        raise SetupError(what_to_install(machine))
    _agree(setup, [*plan_engine(machine).lines(), PULL_LINE])
    if machine.is_root:
        bring_up_engine(setup)
    else:
        as_root("root-engine", {**setup.environ, MEMBER: getpass.getuser()})
        _require_membership(setup)
    return True


def _require_membership(setup: Setup) -> None:
    """Stop with the next step when this user's session is older than its new group."""
    if not Engine(setup.commands, setup.folder).answers():
        raise SetupError(
            "The engine runs. You are in the group docker from your next sign-in on.\n"
            "To go on now: sg docker -c 'make up'"
        )


def _have_images(setup: Setup, images: Iterable[BaseImage], *, asked: bool) -> None:
    found = find(setup.commands, images, setup.environ)
    built = {image.variable: image.local for image in found.missing}
    if built:
        _require_builder(setup, built)
        if not asked:
            _agree(setup, [BUILD_LINE.format(", ".join(built.values()))])
        if setup.machine.is_root:
            build_images(setup, found.missing)
        else:
            as_root("root-images", {**setup.environ, TO_BUILD: " ".join(built)})
    write_images(setup.env_file, {**found.local, **built})


def _require_builder(setup: Setup, built: Mapping[str, str]) -> None:
    machine = setup.machine
    if machine.distribution and machine.may_install:
        return
    why = "as root, or with sudo" if machine.distribution else "on Debian and Ubuntu"
    raise SetupError(
        f"Neither here nor to be pulled: {', '.join(sorted(built))}.\n"
        f"Without a registry they are built from Debian's packages, but only {why}.\n"
        "Cure: make a registry reachable, or: docker load -i FILE (docs/how-to/air-gapped.md)"
    )


def _agree(setup: Setup, lines: list[str]) -> None:
    """Show the plan and ask.

    Raises:
        SetupError: The answer was not yes.
    """
    rights = "as root" if setup.machine.is_root else "with sudo"
    say(f"On {setup.machine.name} the set-up will, {rights}:")
    for number, line in enumerate(lines, 1):
        say(f"  {number}. {line}")
    say(UNDO_LINE)
    if not agreed(setup.environ):
        raise SetupError("Nothing done. `make demo` needs no engine.")


def bring_up_engine(setup: Setup) -> None:
    """Install what is missing and start the engine; runs as root."""
    plan = plan_engine(setup.machine)
    with alone(setup.folder):
        state = State.load(setup.folder)
        if plan.engine:
            Packages(setup.commands, setup.folder).install(plan, state, setup.environ)
        if plan.start:
            Engine(setup.commands, setup.folder).start(plan.start, state)
        if member := setup.environ.get(MEMBER):
            _add_member(setup, member, state)


def _add_member(setup: Setup, member: str, state: State) -> None:
    """Let a user talk to the engine, and note it when it is new."""
    groups = (setup.commands.answer("id", "--name", "--groups", member) or "").split()
    if "docker" not in groups:
        work = Work("join the group docker", LOGS / "group.log", f"usermod -aG docker {member}")
        state.member = member
        state.save(setup.folder)
        setup.commands.run(work, ["usermod", "-aG", "docker", member], seconds=60)


def build_images(setup: Setup, images: Iterable[BaseImage]) -> None:
    """Build base images; runs as root."""
    builder = Builder(setup.commands, setup.machine, setup.environ, setup.folder)
    with alone(setup.folder):
        builder.build(images, State.load(setup.folder))


def build_named_images(setup: Setup) -> None:
    """Build the base images whose variables the calling process handed over."""
    names = setup.environ.get(TO_BUILD, "").split()
    build_images(setup, [image for image in BASE_IMAGES if image.variable in names])


def as_root(verb: str, environ: Mapping[str, str]) -> None:
    """Run one verb of the set-up with sudo, which asks for the password itself.

    Raises:
        SetupError: It failed; it has said why.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    names = (*PASSED_ON, TO_BUILD, MEMBER)
    passed = [f"{name}={environ[name]}" for name in names if environ.get(name)]
    path = [f"PYTHONPATH={ROOT / 'deploy'}", "PYTHONDONTWRITEBYTECODE=1"]
    command = ["sudo", "env", *path, *passed, sys.executable, "-m", "bootstrap", verb]
    if subprocess.run(command, check=False).returncode:
        raise SetupError(f"As root: {shlex.join(command[-3:])} failed, see above.")


def prepare_everything(environ: Mapping[str, str]) -> None:
    """Have the engine and every base image there is a recipe for, then say so."""
    prepare(Setup.of_this_machine(environ), BASE_IMAGES)
    say("The engine answers, and the base images are here.")


def ready_for_tests(environ: Mapping[str, str]) -> None:
    """Prepare machine and environment; without an engine only CI fails.

    Raises:
        SetupError: There is no engine and `CI=true`.
    """
    try:
        prepare(Setup.of_this_machine(environ))
    except SetupError as error:
        if environ.get("CI") == "true":
            raise SetupError(f"{error}\nWith CI=true the container tests must run.") from None
        say(f"{error}\nThe container tests are skipped until then.")
    ensure_environment("dev")
