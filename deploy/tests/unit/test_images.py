import dataclasses
from pathlib import Path

import pytest
from scripted import Scripted, machine

from bootstrap.base_images import ROOT_FILES, Builder
from bootstrap.commands import StepError
from bootstrap.console import ROOT, SetupError
from bootstrap.env_file import read_images, with_own_lines, write_images
from bootstrap.images import BASE_IMAGES, STAMP, find, images_of, stack_images, stamp_of
from bootstrap.state import State

PYTHON, NGINX, POSTGRES, PROMETHEUS = BASE_IMAGES
INSPECT = "docker image inspect --format {{.Id}}"
LABEL = f'docker image inspect --format {{{{index .Config.Labels "{STAMP}"}}}}'
MIRROR = "http://mirror.example/debian bookworm main"


def builder(commands: Scripted, folder: Path, name: str = "Debian 12", **environ: str) -> Builder:
    return Builder(commands, machine(name), environ, folder)


def test_the_compose_file_says_which_base_images_there_are() -> None:
    assert {PYTHON, NGINX, POSTGRES} <= set(stack_images())
    assert images_of('image: "${PROMETHEUS_IMAGE:-prom/prometheus:v2.53.3}"') == (PROMETHEUS,)


@pytest.mark.parametrize("image", BASE_IMAGES, ids=lambda image: image.variable)
def test_each_base_image_is_named_alike_everywhere_and_has_a_recipe(image) -> None:
    named = f"{image.variable}:-{image.public}"
    others = (ROOT / "compose.yaml").read_text().count(f"${{{image.variable}:-")

    assert (ROOT / "compose.yaml").read_text().count(named) == others
    assert stamp_of(image)


def test_what_is_here_is_not_pulled_again() -> None:
    commands = Scripted({f"{INSPECT} {PYTHON.public}": "sha256:1"})

    found = find(commands, [PYTHON], {})

    assert (found.local, found.missing) == ({}, ())


def test_what_was_built_here_is_used_without_asking_a_registry() -> None:
    commands = Scripted({f"{LABEL} {PYTHON.local}": stamp_of(PYTHON)})

    found = find(commands, [PYTHON], {})

    assert found.local == {"PYTHON_IMAGE": PYTHON.local}


def test_an_image_built_from_an_older_recipe_is_built_again() -> None:
    commands = Scripted({f"{LABEL} {PYTHON.local}": "older"})

    assert find(commands, [PYTHON], {}).missing == (PYTHON,)


def test_a_reachable_registry_is_used() -> None:
    commands = Scripted({"docker pull": "done"})

    assert find(commands, BASE_IMAGES, {}).missing == ()


def test_a_registry_that_does_not_answer_is_asked_once(capsys) -> None:
    found = find(Scripted(), [PYTHON, NGINX], {})

    assert found.missing == (PYTHON, NGINX)
    assert capsys.readouterr().out.count("pulling") == 1


def test_an_image_of_ones_own_is_taken_or_refused_by_name() -> None:
    own = {"PYTHON_IMAGE": "mirror.example/python:3"}

    assert find(Scripted({INSPECT: "sha256:1"}), [PYTHON], own).local == {}
    with pytest.raises(SetupError, match="PYTHON_IMAGE names mirror"):
        find(Scripted(), [PYTHON], own)


def test_a_recipe_or_the_certificates_change_the_stamp(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python/Dockerfile").write_text("FROM x")
    bundle = tmp_path / "bundle"
    first = stamp_of(PYTHON, tmp_path, bundle)
    bundle.write_text("another authority")
    second = stamp_of(PYTHON, tmp_path, bundle)
    (tmp_path / "python/Dockerfile").write_text("FROM y")

    assert len({first, second, stamp_of(PYTHON, tmp_path, bundle)}) == 3


def test_images_are_built_on_one_root_under_local_tags(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "root-files-of-a-killed-run/root").mkdir(parents=True)
    monkeypatch.setattr("shutil.which", lambda _: "/usr/sbin/debootstrap")
    commands = Scripted({"apt-get indextargets": MIRROR})
    state = State()

    builder(commands, tmp_path).build([PYTHON, NGINX], state)

    bootstrap, packing, importing, python, nginx = commands.ran
    assert bootstrap.startswith("unshare --mount")
    assert bootstrap.endswith("http://mirror.example/debian")
    assert packing.startswith("tar")
    assert f"LABEL {STAMP}={stamp_of(ROOT_FILES)}" in importing
    assert f"--build-arg BASE_IMAGE={ROOT_FILES.local} --tag {PYTHON.local}" in python
    assert NGINX.local in nginx
    assert state.images == [ROOT_FILES.local, PYTHON.local, NGINX.local]
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_finished_images_are_not_built_again(tmp_path: Path) -> None:
    done = {f"{LABEL} {image.local}": stamp_of(image) for image in (PYTHON, ROOT_FILES)}
    commands = Scripted({**done, "apt-get indextargets": MIRROR})

    builder(commands, tmp_path).build([PYTHON, NGINX], State())

    assert len(commands.ran) == 1
    builder(commands, tmp_path).build([PYTHON], State())
    assert len(commands.ran) == 1


def test_debootstrap_is_installed_where_it_is_missing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    commands = Scripted()

    build = builder(commands, tmp_path, "Ubuntu 24.04", DEBIAN_MIRROR="http://m.example/debian")
    monkeypatch.setattr("bootstrap.packages.POLICY", tmp_path / "policy")
    monkeypatch.setattr("bootstrap.base_images.Packages", lambda *_: Installing(commands))
    build.build([PYTHON], State())

    assert commands.ran[0] == "debootstrap debian-archive-keyring"


class Installing:
    def __init__(self, commands: Scripted) -> None:
        self.commands = commands

    def install(self, plan, _state, _environ) -> None:
        self.commands.ran.append(" ".join(plan.beside))


def test_without_a_mirror_it_is_said_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="DEBIAN_MIRROR="):
        builder(Scripted(), tmp_path, "Ubuntu 24.04").build([PYTHON], State())


def test_a_failed_build_leaves_no_folder_behind(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/usr/sbin/debootstrap")
    commands = Scripted({"apt-get indextargets": MIRROR}, failing="docker import")

    with pytest.raises(StepError, match=r"build retention-base/debian(.|\n)*image-trixie\.log"):
        builder(commands, tmp_path).build([PYTHON], State())

    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_removing_forgets_what_was_built(tmp_path: Path) -> None:
    state = State(images=[PYTHON.local])

    builder(Scripted(), tmp_path).remove(state)

    assert State.load(tmp_path).images == []


def test_local_tags_reach_compose_beside_a_users_own_lines(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("GATEWAY_PORT=8090\n# PYTHON_IMAGE=none\nNGINX_IMAGE='mine'\n")

    write_images(path, {"PYTHON_IMAGE": "local/python"})
    write_images(path, {"POSTGRES_IMAGE": "local/postgres"})

    assert read_images(path) == {"POSTGRES_IMAGE": "local/postgres"}
    assert path.read_text().startswith("GATEWAY_PORT=8090\n")
    assert with_own_lines(path, {"GATEWAY_PORT": "1"}) == {
        "GATEWAY_PORT": "1",
        "NGINX_IMAGE": "mine",
    }
    write_images(path, {})
    assert "POSTGRES" not in path.read_text()


def test_a_file_that_held_only_our_lines_goes_away(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write_images(path, {"PYTHON_IMAGE": "x"})
    before = path.stat().st_mtime_ns
    write_images(path, {"PYTHON_IMAGE": "x"})

    assert path.stat().st_mtime_ns == before
    write_images(path, {})
    assert not path.exists()
    write_images(path, {})


def test_public_tags_are_never_shadowed() -> None:
    for image in BASE_IMAGES:
        assert image.local.startswith("retention-base/")
        assert image.local != dataclasses.replace(image).public
