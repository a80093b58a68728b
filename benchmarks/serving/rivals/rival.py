"""What a rival is, and how its environment is made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.client import Request
from benchmarks.serving.environment import installed
from benchmarks.serving.model import World
from benchmarks.serving.process import Server, free_port

_ROOT = Path(__file__).parents[3]
_SOURCES = (
    "packages/churn-contract/src",
    "packages/service-kit/src",
    "churn-service/src",
)


@dataclass(frozen=True)
class Rival:
    """One other server.

    Attributes:
        name: As people call it.
        folder: Name of its environment.
        packages: What is installed there, with exact versions.
        program: The file, beside this one, that its Python runs to prepare or serve.
        request: Makes the request it understands from a customer's JSON.
        goal: How many times the CPU time of ours it must take, at least; None without a goal.
        same_scorer: Whether it calls our scorer, so that only the servers differ.
    """

    name: str
    folder: str
    packages: tuple[str, ...]
    program: str
    request: Callable[[bytes], Request]
    goal: float | None
    same_scorer: bool = True

    def install(self) -> Path:
        """Make its environment when it is not there; return its Python.

        Raises:
            OSError: The installer is not there.
            subprocess.CalledProcessError: The packages could not be installed.
        """
        return installed(self.folder, self.packages)

    def start(self, world: World, folder: Path) -> Server:
        """Start it for a model; its files and log go to `folder`."""
        python = self.install()
        port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        program = Path(__file__).with_name(self.program)
        environ = {
            "PATH": f"{python.parent}:/usr/bin:/bin",
            "PYTHONPATH": ":".join(str(_ROOT / source) for source in _SOURCES),
            "BENCH_PORT": str(port),
            "BENCH_MODEL_ROOT": str(world.root.absolute()),
            "BENCH_TABLE": str(world.table.absolute()),
        }
        command = [str(python), str(program.absolute())]
        server = Server(command, port, folder / "log.txt", environ, folder)
        server.wait()
        return server
