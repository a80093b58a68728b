"""Writer, reader, manifest, aliases and listing, over real folders."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from churn_service.artefact import reader
from churn_service.artefact.aliases import Alias, read_alias, write_alias
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.golden import GoldenRow, decode_golden, encode_golden
from churn_service.artefact.listing import find_version, list_versions
from churn_service.artefact.manifest import build_manifest, parse_manifest
from churn_service.artefact.names import checked_name
from churn_service.artefact.reader import read_artefact, read_version
from churn_service.artefact.writer import write_version

EXTRA = {"metrics.json": b"{}"}


@pytest.fixture
def folder(tmp_path: Path, document: ModelDocument, golden: list[GoldenRow]) -> Path:
    version = write_version(tmp_path, document, golden, EXTRA, made_with={"python": "3"})
    return tmp_path / "small" / version


def clock() -> datetime:
    return datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_what_was_written_is_read(
    folder: Path, document: ModelDocument, golden: list[GoldenRow]
) -> None:
    artefact = read_artefact(folder)

    assert read_version(folder) == artefact.document == document
    assert list(artefact.golden) == golden
    assert artefact.manifest.made_with == {"python": "3"}
    assert artefact.contents["metrics.json"] == b"{}"
    assert len(artefact.version) == 12


def test_an_intact_version_is_left_as_it_is(
    tmp_path: Path, folder: Path, document: ModelDocument, golden: list[GoldenRow]
) -> None:
    before = folder.stat().st_ino

    write_version(tmp_path, document, golden, {"metrics.json": b"[]"})

    assert folder.stat().st_ino == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_damaged_version_is_replaced(
    tmp_path: Path, folder: Path, document: ModelDocument, golden: list[GoldenRow]
) -> None:
    (folder / "golden.jsonl").unlink()

    write_version(tmp_path, document, golden, EXTRA)

    assert read_artefact(folder).document == document


def test_an_unlisted_file_is_refused(folder: Path) -> None:
    (folder / "extra.txt").touch()

    with pytest.raises(ArtefactError, match=r"extra\.txt: is not listed in the manifest"):
        read_artefact(folder)


def test_a_renamed_folder_is_refused(folder: Path) -> None:
    moved = folder.rename(folder.with_name("000000000000"))

    with pytest.raises(ArtefactError, match="but the manifest says"):
        read_artefact(moved)


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    outside = (folder / "metrics.json").rename(tmp_path / "metrics.json")
    (folder / "metrics.json").symlink_to(outside)

    with pytest.raises(ArtefactError, match="is not a file inside"):
        read_artefact(folder)


def test_a_folder_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "metrics.json").unlink()
    (folder / "metrics.json").mkdir()

    with pytest.raises(ArtefactError, match="is not a file inside"):
        read_artefact(folder)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"manifest\.json: is missing"):
        read_artefact(tmp_path / "nothing")


def test_a_file_that_cannot_be_opened_is_refused(folder: Path) -> None:
    path = folder / "metrics.json"
    path.unlink()
    path.symlink_to(path)

    with pytest.raises(ArtefactError, match=r"metrics\.json: (cannot be read|is missing)"):
        read_artefact(folder)


def test_a_file_that_is_too_large_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_FILE_BYTES", 100)

    with pytest.raises(ArtefactError, match="is larger than 100 bytes"):
        read_artefact(folder)


def test_a_manifest_must_list_model_and_golden_rows(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(build_manifest("small", "v", {}, {}))

    with pytest.raises(ArtefactError, match=r"does not list model\.json"):
        read_artefact(tmp_path)


def test_a_manifest_of_another_name_is_refused(folder: Path) -> None:
    contents = {
        path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"
    }
    (folder / "manifest.json").write_bytes(build_manifest("other", folder.name, contents, {}))

    with pytest.raises(ArtefactError, match="belongs to a model of another name"):
        read_artefact(folder)


def test_a_manifest_of_another_format_is_refused() -> None:
    data = json.loads(build_manifest("small", "v", {}, {}))

    with pytest.raises(ArtefactError, match="format 2 is unknown"):
        parse_manifest(json.dumps({**data, "format": 2}).encode())
    with pytest.raises(ArtefactError, match="cannot be parsed"):
        parse_manifest(b"{}")
    with pytest.raises(ArtefactError, match="was changed"):
        parse_manifest(json.dumps(data).encode())


def test_golden_rows_must_be_many_and_well_formed(golden: list[GoldenRow]) -> None:
    with pytest.raises(ArtefactError, match="has 49 rows, fewer than 50"):
        decode_golden(encode_golden(golden[1:]))
    with pytest.raises(ArtefactError, match="cannot be parsed"):
        decode_golden(b"[]\n")


def test_an_alias_points_at_a_version_and_its_manifest(tmp_path: Path, folder: Path) -> None:
    alias = write_alias(
        tmp_path, "small", "champion", folder.name, reason="first", actor="ann", clock=clock
    )

    assert read_alias(tmp_path, "small", "champion") == alias
    assert alias == Alias(folder.name, read_artefact(folder).manifest_sha256)
    log = (tmp_path / "small" / "promotions.jsonl").read_text()
    assert json.loads(log) == {
        "alias": "champion",
        "at": "2030-01-02T03:04:05Z",
        "actor": "ann",
        "reason": "first",
        "previous": None,
        "version": folder.name,
    }


def test_pointing_an_alias_where_it_points_logs_nothing(tmp_path: Path, folder: Path) -> None:
    for reason in ("first", "again"):
        write_alias(tmp_path, "small", "champion", folder.name, reason=reason, actor="ann")

    assert (tmp_path / "small" / "promotions.jsonl").read_text().count("\n") == 1


def test_a_torn_alias_is_named_and_cured_by_the_next_promotion(
    tmp_path: Path, folder: Path
) -> None:
    path = tmp_path / "small" / "aliases" / "champion"
    path.parent.mkdir()
    path.write_text('{"version":')

    with pytest.raises(ArtefactError, match="aliases/champion: cannot be read"):
        read_alias(tmp_path, "small", "champion")
    write_alias(tmp_path, "small", "champion", folder.name, reason="cure", actor="ann")
    assert read_alias(tmp_path, "small", "champion") is not None


def test_an_alias_never_points_at_a_damaged_version(tmp_path: Path, folder: Path) -> None:
    (folder / "metrics.json").write_bytes(b"[]")

    with pytest.raises(ArtefactError, match="sha256 differs"):
        write_alias(tmp_path, "small", "champion", folder.name, reason="x", actor="ann")


def test_an_alias_that_was_never_set_is_none(tmp_path: Path) -> None:
    assert read_alias(tmp_path, "small", "champion") is None


def test_an_alias_cannot_lead_out_of_the_registry(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "small" / "aliases" / "champion"
    path.parent.mkdir()
    path.write_text(json.dumps({"version": "../../etc", "sha256": folder.name}))

    with pytest.raises(ArtefactError, match="is not a name of"):
        read_alias(tmp_path, "small", "champion")


def test_the_manifest_that_an_alias_pins_must_be_there(folder: Path) -> None:
    with pytest.raises(ArtefactError, match="is not the one the alias was set for"):
        read_artefact(folder, manifest_sha256="0" * 64)


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", ".a", "A", "a" * 65, "a\n"])
def test_names_that_are_no_folder_names_are_refused(name: str) -> None:
    with pytest.raises(ArtefactError, match="is not a name of"):
        checked_name(name, "model name")


def test_versions_are_listed_and_found(tmp_path: Path, folder: Path) -> None:
    write_alias(tmp_path, "small", "champion", folder.name, reason="first", actor="ann")

    assert list_versions(tmp_path, "small") == [folder]
    assert find_version(tmp_path, "small") == find_version(tmp_path, "small", folder.name) == folder


def test_a_version_that_is_not_there_is_refused_with_those_that_are(
    tmp_path: Path, folder: Path
) -> None:
    with pytest.raises(
        ArtefactError, match=f"'small' in .* has no challenger; .*versions: {folder.name}"
    ):
        find_version(tmp_path, "small", "challenger")
    with pytest.raises(ArtefactError, match="versions: none"):
        find_version(tmp_path, "none")
