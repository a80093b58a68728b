"""Environments of Python that a bench makes for packages that nothing else needs."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ENVIRONMENTS = Path("build/bench/rivals")


def installed(folder: str, packages: Sequence[str]) -> Path:
    """Make an environment when it is not there; return its Python.

    Raises:
        OSError: The installer is not there.
        subprocess.CalledProcessError: The packages could not be installed.
    """
    place = ENVIRONMENTS / folder
    python = place.absolute() / "bin" / "python"
    stamp, wanted = place / "packages.txt", "\n".join(packages)
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, place], check=True)
    install = [uv, "pip", "install", "-q", "--python", python, *packages]
    subprocess.run(install, check=True, timeout=900)
    stamp.write_text(wanted)
    return python
