"""What to install by hand, per platform, where the set-up does not do it itself."""

from bootstrap.machine import Machine
from bootstrap.plan import packages_for

AGAIN = "Then: docker info && make up"
PAGE = "docs/how-to/install.md"
HAND_WORK = {
    "Darwin": (
        "brew install --cask docker     (Docker Desktop; open it once)\n"
        "  or, without Docker Desktop:\n"
        "  brew install colima docker docker-compose docker-buildx && colima start --memory 4"
    ),
    "Windows": (
        "Docker Desktop with the WSL 2 engine, then work inside WSL:\n"
        "  wsl --install -d Debian, and in it: git clone, make up"
    ),
    "fedora": (
        "sudo dnf install moby-engine docker-compose docker-buildx && sudo systemctl enable --now"
        " docker"
    ),
    "arch": (
        "sudo pacman -S docker docker-compose docker-buildx && sudo systemctl enable --now docker"
    ),
    "alpine": (
        "doas apk add docker docker-cli-compose docker-cli-buildx && doas rc-service docker start"
    ),
    "suse": (
        "sudo zypper install docker docker-compose docker-buildx && sudo systemctl enable --now"
        " docker"
    ),
}
ANY_LINUX = "Docker Engine 24 or newer with the plugins Compose 2.24 or newer and Buildx"


def what_to_install(machine: Machine) -> str:
    """Return why the set-up does not go on here, and exactly what a person does."""
    if machine.engine.denied:
        return _join_the_group(machine)
    if machine.distribution:
        return _as_root(machine)
    return f"{_reason(machine)}\nInstall:\n  {_words(machine)}\n{AGAIN}\nMore: {PAGE}"


def _join_the_group(machine: Machine) -> str:
    rights = "sudo usermod -aG docker $USER" if machine.has_sudo else "as root: usermod -aG docker"
    return (
        "An engine runs here, but this user may not use it.\n"
        f"Cure: {rights}, then sign in again (the group docker is as powerful as root)."
    )


def _as_root(machine: Machine) -> str:
    return (
        f"No container engine answers. On {machine.name} `make up` installs one, but you are"
        " neither root nor is there sudo.\n"
        "Cure: run `make bootstrap` once as root, or let an administrator install:\n"
        f"  {' '.join(packages_for(machine))}"
    )


def _reason(machine: Machine) -> str:
    known = "Debian 12 or newer and Ubuntu 22.04 or newer"
    return f"No container engine answers, and {machine.name} is not set up by itself ({known} are)."


def _words(machine: Machine) -> str:
    family = [machine.system, machine.release.get("ID", "")]
    family += machine.release.get("ID_LIKE", "").split()
    found = (HAND_WORK[name] for name in family if name in HAND_WORK)
    if machine.engine.installed:
        return "nothing: an engine is installed but not running; start it"
    return next(found, ANY_LINUX)
