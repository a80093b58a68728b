"""What would be done to this machine; making a plan changes nothing."""

from dataclasses import dataclass

from bootstrap.machine import Machine

# Debian 12 has Engine 20.10, Compose 1 and no Buildx: there these come from Debian 13.
NEXT_RELEASE = {"bookworm": "trixie"}
ENGINE = {
    "debian": ("docker.io", "docker-cli", "docker-compose", "docker-buildx", "containerd"),
    "ubuntu": ("docker.io", "docker-compose-v2", "docker-buildx", "containerd"),
}
# Recommended by the engine's package; without them no container gets a network.
BESIDE = ("runc", "iptables", "iproute2", "ca-certificates")
STATE_FOLDER = "/var/lib/retention-bootstrap"


@dataclass(frozen=True)
class Plan:
    """What is missing and will be added.

    Attributes:
        engine: Packages of the engine, taken from `newer` where the release is too old.
        beside: Packages that are installed only when they are missing.
        newer: Name of the next release; empty when the machine's own sources have all.
        start: `systemd`, `dockerd` (by ourselves), or nothing when the engine runs.
    """

    engine: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    newer: str = ""
    start: str = ""

    def lines(self) -> list[str]:
        """Return one line per step, for a person."""
        source = "this system's own package sources"
        if self.newer:
            source = (
                f"the packages of the next release, {self.newer}, through an apt view of its own:"
                " this system's sources stay as they are"
            )
        found = []
        if self.engine:
            found.append(f"install {' '.join(self.engine)} from {source}")
        if self.beside:
            found.append(f"install what is missing of: {' '.join(self.beside)}")
        if self.start == "systemd":
            found.append("start the engine: systemctl enable --now docker")
        if self.start == "dockerd":
            found.append(f"start dockerd by itself (no systemd here), log in {STATE_FOLDER}")
        return found


def plan_engine(machine: Machine) -> Plan:
    """Return what brings an engine up on Debian or Ubuntu; empty when one answers."""
    engine = machine.engine
    if engine.answers:
        return Plan()
    complete = engine.installed and engine.compose and engine.buildx
    foreign = engine.installed and not engine.from_distribution
    start = "systemd" if machine.has_systemd else "dockerd"
    if complete or foreign:
        return Plan(start=start)
    return Plan(
        ENGINE[machine.distribution],
        _beside(machine),
        NEXT_RELEASE.get(machine.codename, ""),
        start,
    )


def packages_for(machine: Machine) -> tuple[str, ...]:
    """Return every package that an engine needs here, as an administrator would type it."""
    suffix = NEXT_RELEASE.get(machine.codename, "")
    names = (f"{name}/{suffix}" if suffix else name for name in ENGINE[machine.distribution])
    return (*names, *_beside(machine))


def _beside(machine: Machine) -> tuple[str, ...]:
    return (
        *BESIDE,
        *(("apparmor",) if machine.needs_apparmor else ()),
        *((machine.venv_package,) if machine.venv_package else ()),
    )
