import re
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.console import ROOT

HOSTS = re.compile(
    r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian\.org|archive\.ubuntu|registry-1\.docker"
)
DEMO_WORDS = re.compile(
    r"tenure|monthlycharges|totalcharges|paperlessbilling|seniorcitizen", re.IGNORECASE
)
DEMO_PLACES = ("churn_contract/schemas/telco.json", "marketing_service/simulator/")
SOURCES = ("packages", "churn-service/src", "marketing-service/src", "gateway/src", "loadtests/src")
SECRET = re.compile(r"chk_(live|test)_[0-9A-Za-z]{38}")
# Packages whose modules are all imported; each is tried in a process of its own.
PACKAGES = ("churn_contract", "service_kit", "churn_service", "marketing_service", "gateway_keys")
IMPORT_EVERYTHING = """
import importlib, pkgutil, sys, threading
import requests  # urllib3 tries an IPv6 socket when it is imported; that is not ours
def watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.system"):
        raise SystemExit(f"importing does {event}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise SystemExit(f"importing opens {arguments[0]} for writing")
sys.dont_write_bytecode = True
sys.addaudithook(watch)
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if ".versions." not in module.name and not module.name.endswith(("__main__", ".env")):
        importlib.import_module(module.name)
assert threading.active_count() == 1, "importing starts a thread"
"""


def text_of(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def is_test(path: Path) -> bool:
    return "tests" in path.relative_to(ROOT).parts


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_does_nothing(package: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", IMPORT_EVERYTHING, package]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-2000:]


def test_no_file_names_a_package_or_image_registry(tracked: list[Path]) -> None:
    here = Path(__file__)

    assert [str(p) for p in tracked if p != here and HOSTS.search(text_of(p))] == []


def test_no_key_is_committed_but_test_vectors(tracked: list[Path]) -> None:
    outside = [path for path in tracked if not is_test(path)]

    assert [str(path) for path in outside if SECRET.search(text_of(path))] == []


def test_no_code_knows_the_demo_table(tracked: list[Path]) -> None:
    shipped = [p for p in tracked if str(p.relative_to(ROOT)).startswith(SOURCES)]
    sources = [p for p in shipped if p.suffix != ".md" and not is_test(p)]
    others = [p for p in sources if not any(place in str(p) for place in DEMO_PLACES)]

    assert len(others) > 50
    assert [str(path) for path in others if DEMO_WORDS.search(text_of(path))] == []


def test_no_data_or_model_is_committed(tracked: list[Path]) -> None:
    suffixes = {".csv", ".parquet", ".onnx", ".pkl", ".joblib", ".bin", ".sqlite"}

    assert [str(path) for path in tracked if path.suffix in suffixes] == []


def test_compose_stays_readable() -> None:
    assert len((ROOT / "compose.yaml").read_text().splitlines()) <= 220


def test_every_make_target_is_in_the_help() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE)) - {"environment"}
    shown = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True)

    assert sorted(t for t in targets if f"make {t} " not in shown.stdout) == []


def test_suppressed_warnings_carry_code_and_reason(tracked: list[Path]) -> None:
    bare = re.compile(r"#\s*(noqa(?!: [A-Z0-9, ]+(?: - |  # ))|type: ignore(?!\[[a-z-, ]+\]\s+# ))")
    python = [path for path in tracked if path.suffix == ".py" and path != Path(__file__)]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in python
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if bare.search(line)
    ]

    assert found == []
