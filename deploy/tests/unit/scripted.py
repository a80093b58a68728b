"""A stand-in for the shell: answers from a script, notes what was run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bootstrap.commands import StepError, Work
from bootstrap.machine import Engine, Machine

RELEASES = {
    "Debian 12": {
        "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)",
        "ID": "debian",
        "VERSION_ID": "12",
        "VERSION_CODENAME": "bookworm",
    },
    "Debian 13": {
        "PRETTY_NAME": "Debian GNU/Linux 13 (trixie)",
        "ID": "debian",
        "VERSION_ID": "13",
        "VERSION_CODENAME": "trixie",
    },
    "Ubuntu 24.04": {
        "PRETTY_NAME": "Ubuntu 24.04.3 LTS",
        "ID": "ubuntu",
        "ID_LIKE": "debian",
        "VERSION_ID": "24.04",
        "VERSION_CODENAME": "noble",
    },
    "Debian 11": {"PRETTY_NAME": "Debian 11", "ID": "debian", "VERSION_ID": "11"},
    "Fedora": {"PRETTY_NAME": "Fedora Linux 43", "ID": "fedora", "VERSION_ID": "43"},
    "Rocky": {"PRETTY_NAME": "Rocky Linux 10", "ID": "rocky", "ID_LIKE": "rhel centos fedora"},
    "Void": {"PRETTY_NAME": "Void Linux", "ID": "void"},
}
RUNNING = Engine("26.1.5", installed=True, from_distribution=True, compose="2.26.1", buildx="0.13")


def machine(
    name: str = "Debian 12", *, root: bool = True, sudo: bool = False, **others: object
) -> Machine:
    """Return the facts of a machine without an engine, without systemd."""
    facts: dict[str, object] = {
        "system": "Linux" if name in RELEASES else name,
        "release": RELEASES.get(name, {}),
        "is_root": root,
        "has_sudo": sudo,
        "has_systemd": False,
        "engine": Engine(),
    }
    return Machine(**{**facts, **others})


@dataclass
class Scripted:
    """Answers commands by their beginning; the longest that fits wins.

    Args:
        answers: Beginning of a command line to what it prints; None: it fails.
        failing: A beginning at which a run fails.
    """

    answers: dict[str, str | None] = field(default_factory=dict)
    failing: str = "nothing fails"
    ran: list[str] = field(default_factory=list)
    environs: list[Mapping[str, str]] = field(default_factory=list)

    def answer(self, *command: str, seconds: float = 60) -> str | None:
        del seconds
        line = " ".join(command)
        fitting = [start for start in self.answers if line.startswith(start)]
        return self.answers[max(fitting, key=len)] if fitting else None

    def run(
        self,
        work: Work,
        command: Sequence[str],
        *,
        seconds: float,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        assert seconds > 0
        line = " ".join(command)
        self.ran.append(line)
        self.environs.append(environ or {})
        if self.failing in line:
            raise StepError(work, "it was made to fail")
        self.follow(command)

    def follow(self, command: Sequence[str]) -> None:
        """Do what the real program would leave behind."""
        if "debootstrap" in command and "unshare" in command:
            root = Path(command[-2])
            for name in ("etc/apt", "etc/ssl/certs", "etc/dpkg/dpkg.cfg.d", "usr/share/doc/x"):
                (root / name).mkdir(parents=True)
