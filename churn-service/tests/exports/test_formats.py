"""`churn export`: every format is listed, written whole, the same each time, or refused."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from churn_service.cli import main
from churn_service.exports.exported import Exported, ExportError
from churn_service.exports.formats import FORMATS, Format, export


def churn(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["export", *arguments])


def content(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {"": path.read_bytes()}
    return {
        str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()
    }


ANY_MODEL = sorted(set(FORMATS) - {"course"})  # which holds linear models only


@pytest.mark.parametrize("name", ANY_MODEL)
def test_a_format_is_written_with_the_same_bytes_each_time(world, tmp_path, name: str) -> None:
    form = FORMATS[name]
    paths = [tmp_path / place / f"churn_model{form.suffix}" for place in ("one", "two")]

    try:
        for path in paths:
            export(form, world.exported, path)
    except ExportError as error:
        if "is not installed" in str(error):
            pytest.skip(str(error))
        raise

    assert content(paths[0]) == content(paths[1])
    assert [path.name for path in (tmp_path / "one").iterdir()] == [paths[0].name]


def test_the_list_names_every_format() -> None:
    done = churn("--list")

    assert [line.split()[0] for line in done.output.splitlines()[:-2]] == sorted(FORMATS)


def test_a_file_that_is_there_is_replaced_only_on_demand(plain_world, tmp_path: Path) -> None:
    target = tmp_path / "model.py"
    target.write_text("mine")

    with pytest.raises(ExportError, match="--force replaces it"):
        export(FORMATS["python"], plain_world.exported, target)
    assert target.read_text() == "mine"
    export(FORMATS["python"], plain_world.exported, target, force=True)
    assert target.read_text() != "mine"


def test_a_folder_takes_the_place_of_an_earlier_one_or_a_file(plain_world, tmp_path: Path) -> None:
    export(FORMATS["c"], plain_world.exported, tmp_path / "folder")
    source = next((tmp_path / "folder").glob("*.c"))
    whole = source.read_bytes()
    source.write_text("old")
    (tmp_path / "file").write_text("old")

    for name in ("folder", "file"):
        export(FORMATS["c"], plain_world.exported, tmp_path / name, force=True)
        assert whole in content(tmp_path / name).values()


@pytest.mark.parametrize(
    ("name", "reason"), [("c", "as thesis.txt; name a new folder"), ("python", "name the file")]
)
def test_a_folder_with_other_files_is_never_removed(
    plain_world, tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(ExportError, match=reason):
        export(FORMATS[name], plain_world.exported, tmp_path, force=True)

    assert content(tmp_path) == {"thesis.txt": b"mine"}


def test_a_missing_package_is_named_with_its_cure(plain_world, tmp_path: Path) -> None:
    form = Format("odd", "no_such_writer", ".odd", "nothing", "nothing", ("oddity",))

    with pytest.raises(ExportError, match="pip install oddity"):
        export(form, plain_world.exported, tmp_path / "model.odd")
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_fails_leaves_nothing(plain_world, tmp_path: Path) -> None:
    exported = Exported("v", plain_world.exported.document, {"dialect": "cobol"})

    with pytest.raises(ExportError, match="cobol"):
        export(FORMATS["sql"], exported, tmp_path / "score.sql")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def registry(gym_version) -> tuple[Path, str, str]:
    folder = gym_version.folder
    return folder.parent.parent, folder.parent.name, folder.name


def test_the_command_writes_a_version_and_says_who_reads_it(registry, tmp_path: Path) -> None:
    root, name, version = registry
    target = tmp_path / "score.sql"
    options = ("--model-root", str(root), "--name", name, "--version", version)

    done = churn(
        "--format", "sql", "--dialect", "duckdb", "--table", "gym.members",
        "--output", str(target), *options,
    )  # fmt: skip

    assert done.exit_code == 0, done.output
    assert f"model {version} for DuckDB" in done.output
    assert 'FROM "gym"."members"' in target.read_text()


def test_the_command_refuses_what_is_there_with_exit_code_2(registry, tmp_path: Path) -> None:
    root, name, version = registry
    target = tmp_path / "model.py"
    target.write_text("mine")
    options = ("--model-root", str(root), "--name", name, "--version", version)

    done = churn("--format", "python", "--output", str(target), *options)

    assert done.exit_code == 2
    assert "--force replaces it" in done.output
