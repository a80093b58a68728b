"""What the images promise to the platforms that start them; no engine is needed to read it."""

import json
from pathlib import Path

import pytest

DOCKERFILE = (Path(__file__).resolve().parents[2] / "Dockerfile").read_text()


def stage(name: str) -> list[str]:
    """Return the lines of one stage."""
    part = DOCKERFILE.split(f" AS {name}\n", 1)[1].split("\nFROM ", 1)[0]
    return part.splitlines()


@pytest.mark.parametrize(("name", "stage_name"), [("serve", "serving"), ("train", "train")])
def test_an_argument_chooses_the_command(name: str, stage_name: str) -> None:
    (command,) = [line for line in stage(stage_name) if line.startswith("CMD ")]
    assert json.loads(command.removeprefix("CMD "))[0] == name
    assert 'ENTRYPOINT ["churn"]' in stage("base")


def test_the_image_sets_no_port_so_that_its_host_may() -> None:
    assert "PORT=" not in DOCKERFILE
    assert "EXPOSE 8080" in stage("serving")


@pytest.mark.parametrize("name", ["serve", "serve-arrow"])
def test_a_serving_image_is_compiled_and_tells_whether_it_is_ready(name: str) -> None:
    assert f"FROM serving AS {name}\nCOPY --from=build-{name} " in DOCKERFILE
    assert any("compileall" in line for line in stage(f"build-{name}"))
    assert any("service_kit.probe" in line for line in stage("serving"))


def test_the_image_without_a_target_is_the_one_without_arrow() -> None:
    assert DOCKERFILE.rstrip().rpartition("\nFROM ")[2].startswith("serving AS serve\n")
