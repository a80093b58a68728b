"""Install packages of the distribution, and take them away again."""

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.commands import LOGS, Commands, StepError, Work
from bootstrap.console import SetupError, say, step
from bootstrap.mirrors import site_of
from bootstrap.plan import NEXT_RELEASE, Plan
from bootstrap.state import FOLDER, State

INSTALL_SECONDS = 900
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1", "LC_ALL": "C"}
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# retention-bootstrap: packages start no daemon by themselves\nexit 101\n"


def _cure(plan: Plan) -> str:
    if plan.newer:
        return (
            "are the package mirror and its release "
            f"{plan.newer} reachable? DEBIAN_MIRROR=http://HOST/debian names another; then again"
        )
    return "does `apt-get update` work, and (Ubuntu) is `universe` among the sources? Then again"


@dataclass(frozen=True)
class Packages:
    """apt on this machine.

    Args:
        commands: How programs are run.
        folder: Where the record and the own apt view live.
        policy: The file by which Debian's packages are kept from starting daemons.
    """

    commands: Commands
    folder: Path = FOLDER
    policy: Path = POLICY

    def install(self, plan: Plan, state: State, environ: Mapping[str, str]) -> None:
        """Install what the plan names; a failure takes away what had been added.

        Raises:
            StepError: The lists or the packages could not be had.
        """
        work = Work("install packages", LOGS / "install.log", _cure(plan))
        step(f"{work.name} (log: {work.log})")
        known = self.installed()
        suffix = f"/{plan.newer}" if plan.newer else ""
        names = [f"{name}{suffix}" for name in plan.engine]
        names += [name for name in plan.beside if name not in known]
        if not names:
            return
        self._begin(work, state, known)
        try:
            options = self.own_view(plan.newer, environ) if plan.newer else ()
            with self.no_daemon_starts():
                self._update(work, options)
                added = ("install", "--yes", "--no-install-recommends", *names)
                self._apt(work, [*options, *added])
        except BaseException:
            say("taking away what this step had added")
            older = set(state.packages)
            self._settle(state)
            self._purge(sorted(set(state.packages) - older))
            state.packages = sorted(older)
            state.save(self.folder)
            raise
        finally:
            shutil.rmtree(self.folder / "apt", ignore_errors=True)
        self._settle(state)

    def _begin(self, work: Work, state: State, known: Mapping[str, str]) -> None:
        """Note what is there; finish an installation that was killed, whose list still counts."""
        if state.before:
            self.commands.run(work, ["dpkg", "--configure", "-a"], seconds=INSTALL_SECONDS)
        state.before = state.before or dict(known)
        state.save(self.folder)

    def _update(self, work: Work, options: Sequence[str]) -> None:
        try:
            self._apt(work, [*options, "update", "--quiet"])
        except StepError:
            # One broken source among this machine's own need not be ours: the installation tells.
            if options:
                raise

    def own_view(self, newer: str, environ: Mapping[str, str]) -> tuple[str, ...]:
        """Write sources, preferences and folders for the next release; return apt's options."""
        view = self.folder / "apt"
        for name in ("lists/partial", "cache/archives/partial"):
            (view / name).mkdir(parents=True, exist_ok=True)
        (view / "sources.list").write_text(self._sources(newer, environ))
        pin = f"Package: *\nPin: release n={newer}*\nPin-Priority: 100\n"
        (view / "preferences").write_text(pin)
        return (
            *("-o", f"Dir::Etc::sourcelist={view}/sources.list"),
            *("-o", "Dir::Etc::sourceparts=/dev/null"),
            *("-o", f"Dir::Etc::preferences={view}/preferences"),
            *("-o", "Dir::Etc::preferencesparts=/dev/null"),
            *("-o", f"Dir::State::Lists={view}/lists"),
            *("-o", f"Dir::Cache={view}/cache"),
            *("-o", "Acquire::Languages=none"),
            # A list that cannot be had is a failure here, not a warning.
            *("-o", "APT::Update::Error-Mode=any"),
        )

    def _sources(self, newer: str, environ: Mapping[str, str]) -> str:
        """Return this release and the next one on the mirrors that this machine uses."""
        codename = next(old for old, new in NEXT_RELEASE.items() if new == newer)
        signed = f"[signed-by={KEYRING}] " if Path(KEYRING).exists() else ""
        lines = []
        for part in ("", "-updates", "-security"):
            site = site_of(self.commands, f"{codename}{part}", environ)
            names = (codename, newer) if part != "-updates" else (codename,)
            lines += [f"deb {signed}{site} {name}{part} main" for name in names if site]
        return "\n".join(lines) + "\n"

    def installed(self) -> dict[str, str]:
        """Return every installed package with its version."""
        form = "${db:Status-Status} ${Package} ${Version}\n"
        listing = self.commands.answer("dpkg-query", "-W", "-f", form) or ""
        rows = (line.split(" ") for line in listing.splitlines())
        return {row[1]: row[2] for row in rows if row[0] not in {"not-installed", "config-files"}}

    @contextlib.contextmanager
    def no_daemon_starts(self) -> Iterator[None]:
        """Keep packages from starting daemons; what an administrator wrote stays."""
        ours = not self.policy.exists() or self.policy.read_text() == POLICY_TEXT
        if ours:
            self.policy.write_text(POLICY_TEXT)
            self.policy.chmod(0o755)
        try:
            yield
        finally:
            if ours:
                self.policy.unlink(missing_ok=True)

    def _settle(self, state: State) -> None:
        """Turn the list from before an installation into what was added since."""
        now, before = self.installed(), state.before
        state.packages = sorted({*state.packages, *(now.keys() - before.keys())})
        newer = {name: old for name, old in before.items() if now.get(name, old) != old}
        state.upgraded = {**newer, **state.upgraded}
        state.before = {}
        state.save(self.folder)

    def remove(self, state: State) -> None:
        """Take away every package that was added.

        Raises:
            SetupError: A package that came later needs one of them.
        """
        self._purge(sorted(set(state.packages) & self.installed().keys()))
        state.packages = []
        state.save(self.folder)

    def _purge(self, gone: Sequence[str]) -> None:
        if not gone:
            return
        self._refuse_when_needed(gone)
        cure = "look into the log, then: dpkg --configure -a && apt-get --fix-broken install"
        work = Work("remove packages", LOGS / "remove.log", cure)
        with self.no_daemon_starts():
            self._apt(work, ["purge", "--yes", *gone])

    def _refuse_when_needed(self, gone: Sequence[str]) -> None:
        simulated = self.commands.answer("apt-get", "--simulate", "purge", *gone) or ""
        rows = [line.split() for line in simulated.splitlines()]
        removed = {row[1].split(":")[0] for row in rows if row[:1] in (["Purg"], ["Remv"])}
        if others := sorted(removed - set(gone)):
            raise SetupError(
                f"These packages came later and need what was added: {' '.join(others)}.\n"
                f"Nothing removed. Cure: apt-get remove {' '.join(others)}, then again."
            )

    def _apt(self, work: Work, arguments: Sequence[str]) -> None:
        command = ["apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments]
        self.commands.run(work, command, seconds=INSTALL_SECONDS, environ=QUIET)
