"""`make test`: everything without containers first, then what needs an engine."""

import os
import subprocess
import sys
from collections.abc import Sequence

from bootstrap.console import ROOT, step
from bootstrap.doctor import check_engine
from bootstrap.env_file import ENV_FILE, read_images

CONTAINER_MARKS = "engine or stack"


def main() -> int:
    """Run pytest in one or two parts and judge the coverage of both; 0 when all is green."""
    step("tests without containers")
    code = _pytest("-m", f"not ({CONTAINER_MARKS})", "--cov", "--cov-report=")
    if code == 0 and not check_engine().cure:
        step("tests with containers")
        code = _pytest("-m", CONTAINER_MARKS, "--cov", "--cov-append", "--cov-report=")
    if code == 0:
        step("branch coverage")
        code = _tool("coverage", "report")
    return code


def _pytest(*arguments: str) -> int:
    return _tool("pytest", "-q", *arguments)


def _tool(module: str, *arguments: str) -> int:
    command: Sequence[str] = (sys.executable, "-m", module, *arguments)
    # Make's own variables would reach the `make` calls that the tests try.
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    environ = {**read_images(ENV_FILE), **clean}
    return subprocess.run(command, cwd=ROOT, check=False, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main())
