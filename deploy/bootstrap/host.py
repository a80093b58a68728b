"""What a machine is judged by before an engine is asked: clock, disk, memory, kernel."""

import gzip
import platform
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NEEDED_DISK_GB = 4
NEEDED_MEMORY_GB = 2
CLOCK_SECONDS = 120
# Module, and the kernel option that builds it in.
MODULES = {
    "overlay": "CONFIG_OVERLAY_FS",
    "bridge": "CONFIG_BRIDGE",
    "veth": "CONFIG_VETH",
    "nf_nat": "CONFIG_NF_NAT",
    "nf_conntrack": "CONFIG_NF_CONNTRACK",
    "xt_addrtype": "CONFIG_NETFILTER_XT_MATCH_ADDRTYPE",
    "xt_conntrack": "CONFIG_NETFILTER_XT_MATCH_CONNTRACK",
}
CONTROLLERS = ("memory", "pids")
BOOT_CURE = "add cgroup_enable=memory to the kernel's command line and restart"
MOUNT_CURE = "apt-get install cgroupfs-mount, or in a container: docker run --privileged"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `cure` is empty when it is good."""

    subject: str
    detail: str
    cure: str = ""

    def lines(self) -> str:
        """Return what a person reads: the finding, and its cure below it."""
        if self.cure:
            return f" no  {self.subject}: {self.detail}\n     cure: {self.cure}"
        return f" ok  {self.subject}: {self.detail}"


def check_clock(now: float, newest_file: float, engine_time: str) -> Finding:
    """Judge the clock, in Unix seconds, by the newest file and by the engine's own clock.

    A clock that is behind makes certificates and package lists invalid.
    """
    shown = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M} UTC"
    if now < newest_file - CLOCK_SECONDS:
        cure = "set the clock: timedatectl set-ntp true, or date --set"
        return Finding("clock", f"{shown} is older than this checkout's files", cure)
    if engine_time and abs(_seconds_of(engine_time, now) - now) > CLOCK_SECONDS:
        return Finding(
            "clock", "the engine's clock differs", "restart the engine (or Docker Desktop)"
        )
    return Finding("clock", shown)


def _seconds_of(text: str, fallback: float) -> float:
    try:
        return datetime.fromisoformat(re.sub(r"\.\d+", "", text)).timestamp()
    except ValueError:
        return fallback


def check_disk(free_bytes: int) -> Finding:
    """Judge the free disk space, in bytes."""
    free = free_bytes / 1e9
    cure = "" if free >= NEEDED_DISK_GB else f"free {NEEDED_DISK_GB} GB (`docker system df`)"
    return Finding("disk", f"{free:.1f} GB free", cure)


def check_memory(meminfo: Path) -> Finding:
    """Judge the available memory as the kernel states it; unknown elsewhere."""
    found = meminfo.exists() and re.search(r"MemAvailable: +(\d+) kB", meminfo.read_text())
    if not found:
        return Finding("memory", "not known on this system")
    gigabytes = int(found[1]) / 1e6
    cure = "" if gigabytes >= NEEDED_MEMORY_GB else f"close programs; {NEEDED_MEMORY_GB} GB needed"
    return Finding("memory", f"{gigabytes:.1f} GB available", cure)


def check_venv(package: str) -> Finding:
    """Judge Python's venv module by the package that is missing for it."""
    if not package:
        return Finding("python", f"{platform.python_version()} with venv")
    return Finding("python", "its venv module is incomplete", f"apt-get install {package}")


def check_cgroups(groups: Path) -> Finding:
    """Say which version of control groups is there, and which controllers it lacks."""
    version, there = cgroups(groups)
    if not version:
        return Finding("cgroups", "none are mounted", MOUNT_CURE)
    if missing := [name for name in CONTROLLERS if name not in there]:
        return Finding("cgroups", f"version {version} without {', '.join(missing)}", BOOT_CURE)
    return Finding("cgroups", f"version {version}")


def cgroups(groups: Path) -> tuple[int, set[str]]:
    """Return version (0: none) and controllers of the control groups mounted at a folder."""
    unified = groups / "cgroup.controllers"
    if unified.exists():
        return 2, set(unified.read_text().split())
    found = {path.name for path in groups.iterdir()} if groups.is_dir() else set()
    names = {part for name in found for part in name.split(",")}
    return (1, names) if found else (0, set())


def check_modules(root: Path, release: str) -> Finding:
    """Name kernel modules that are neither built in nor to be loaded; unknown is no fault."""
    states = {name: has_module(root, release, name) for name in MODULES}
    if missing := [name for name, there in states.items() if there is False]:
        cure = f"modprobe {' '.join(missing)}, or start a kernel that has them"
        return Finding("kernel modules", f"missing: {', '.join(missing)}", cure)
    unknown = [name for name, there in states.items() if there is None]
    detail = f"not known: {', '.join(unknown)}" if unknown else "all there"
    return Finding("kernel modules", detail)


def has_module(root: Path, release: str, name: str) -> bool | None:
    """Return whether a module is loaded, built in or loadable; None when nothing tells."""
    if (root / "sys/module" / name).is_dir():
        return True
    modules = root / "lib/modules" / release
    lists = [
        path for path in (modules / "modules.builtin", modules / "modules.dep") if path.exists()
    ]
    if any(f"/{name}.ko" in path.read_text() for path in lists):
        return True
    options = _options(root, release)
    if not lists and not options:
        return None
    return re.search(rf"^{MODULES[name]}=[ym]$", options, re.MULTILINE) is not None


def _options(root: Path, release: str) -> str:
    """Return the options of the running kernel; nothing where it does not say."""
    packed, plain = root / "proc/config.gz", root / "boot" / f"config-{release}"
    if packed.exists():
        return gzip.decompress(packed.read_bytes()).decode()
    return plain.read_text() if plain.exists() else ""
