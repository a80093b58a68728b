"""The checkout's `.env`, which every `docker compose` reads: names of local base images."""

from collections.abc import Mapping
from pathlib import Path

from bootstrap.console import ROOT

BEGIN = "# base images of this machine; written by `make up`, removed by `make bootstrap-undo`"
END = "# end of base images"
ENV_FILE = ROOT / ".env"


def read_images(path: Path) -> dict[str, str]:
    """Return the variables that the set-up wrote; a user's own lines are not ours."""
    pairs = (line.partition("=") for line in _split(path)[0] if "=" in line)
    return {name: value for name, _, value in pairs}


def write_images(path: Path, images: Mapping[str, str]) -> None:
    """Replace our lines and keep all others; without images and others the file goes away."""
    kept = _split(path)[1]
    ours = [f"{name}={tag}" for name, tag in sorted(images.items())]
    lines = [*kept, *([BEGIN, *ours, END] if ours else [])]
    if not lines:
        path.unlink(missing_ok=True)
        return
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text() != text:
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_text(text)
        fresh.replace(path)


def with_own_lines(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment as Compose sees it: a user's own lines, then the shell's."""
    lines = (line for line in _split(path)[1] if not line.lstrip().startswith("#"))
    pairs = (line.partition("=") for line in lines if "=" in line)
    own = {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
    return {**own, **environ}


def _split(path: Path) -> tuple[list[str], list[str]]:
    """Return our lines and all others."""
    lines = path.read_text().splitlines() if path.exists() else []
    if BEGIN not in lines or END not in lines:
        return [], lines
    first, last = lines.index(BEGIN), lines.index(END)
    return lines[first + 1 : last], lines[:first] + lines[last + 1 :]
