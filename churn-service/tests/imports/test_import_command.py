"""`churn import`: a candidate, never the champion by itself; or what is to be done."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from churn_service.artefact.aliases import read_alias
from churn_service.artefact.keys import read_private_key, write_key_pair
from churn_service.artefact.listing import list_versions
from churn_service.artefact.signing import sign_version
from churn_service.cli import main


def churn(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def beside(shop, tmp_path: Path) -> list[object]:
    """Return the options for table, training file and registry."""
    lines = [",".join(shop.rows[0]), *(",".join(row.values()) for row in shop.rows)]
    (tmp_path / "shop.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "train.toml").write_text('[data]\ntarget = "gone"\npositive = 1\nid = "who"\n')
    table = ["--data", tmp_path / "shop.csv", "--config", tmp_path / "train.toml"]
    return [*table, "--model-root", tmp_path / "models"]


def test_a_pickle_becomes_a_candidate_that_can_be_promoted(
    all_saved, pickled, beside, tmp_path
) -> None:
    path = pickled(all_saved["pair"].content)
    root = tmp_path / "models"

    done = churn("import", path, "--trust", "--threshold", 0.3, *beside)

    assert done.exit_code == 0, done.output
    [folder] = list_versions(root, "churn")
    assert "agree on all 500 customers" in done.output
    assert done.output.splitlines()[-1] == (
        f'put it in charge: churn models promote {folder.name} --reason "..."'
    )
    assert read_alias(root, "churn", "champion") is None
    promote = ["models", "promote", folder.name, "--reason", "ours", "--model-root", root]
    assert churn(*promote).exit_code == 0
    document = json.loads((folder / "model.json").read_bytes())
    assert document["threshold"] == 0.3
    again = churn("import", path, "--trust", "--threshold", 0.3, *beside)
    assert again.exit_code == 0, again.output


def test_the_gate_judges_it_against_the_champion(all_saved, pickled, beside, tmp_path) -> None:
    first = churn("import", pickled(all_saved["pair"].content), "--trust", *beside)
    version = first.output.split()[-3]
    promote = ["models", "promote", version, "--reason", "x", "--model-root", tmp_path / "models"]
    assert churn(*promote).exit_code == 0

    done = churn("import", pickled(all_saved["codes-boosting"].content), "--trust", *beside)

    assert done.exit_code == 0, done.output
    assert "gate FAILED" in done.output  # 500 customers have too few in the test part
    assert read_alias(tmp_path / "models", "churn", "champion").version == version


def test_two_files_and_joblib_are_taken(all_saved, pickled, joblibbed, beside) -> None:
    vectorizer, model = all_saved["pair"].content
    paths = [pickled(vectorizer, "dv.bin"), joblibbed(model)]

    assert churn("import", *paths, "--trust", *beside).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent"], "there is no absent"),
        (["model.bin"], "--trust it is read by a process without network"),
        (["model.bin", "--trust"], "needs --data and --config"),
        (["a", "b", "c"], "the two files of a course"),
        (["folder", "b"], "give one folder at a time"),
        (["a", "folder"], "give one folder, one file"),
        (["folder"], "has no manifest.json"),
        (["model.onnx"], "ONNX"),
    ],
)
def test_wrong_usage_ends_with_2_and_the_cure(tmp_path, monkeypatch, arguments, said) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "c", "model.bin", "model.onnx"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder").mkdir()

    done = churn("import", *arguments)

    assert done.exit_code == 2
    assert said in done.output


def test_what_cannot_be_converted_ends_with_1_and_writes_nothing(pickled, beside, tmp_path) -> None:
    done = churn("import", pickled({"no": "model"}), "--trust", *beside)

    assert done.exit_code == 1
    assert "there is no model in the file" in done.output
    assert not list_versions(tmp_path / "models", "churn")


def copied(version: Any, tmp_path: Path) -> Path:
    target = tmp_path / "elsewhere" / version.folder.name
    shutil.copytree(version.folder, target)
    return target


def test_a_version_of_another_machine_is_copied_whole(gym_version, tmp_path: Path) -> None:
    folder, root = copied(gym_version, tmp_path), tmp_path / "models"

    done = churn("import", folder, "--model-root", root, "--name", "gym")

    assert done.exit_code == 0, done.output
    [there] = list_versions(root, "gym")
    assert there.name == folder.name
    assert {path.name: path.read_bytes() for path in there.iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
    assert read_alias(root, "gym", "champion") is None
    assert churn("import", folder, "--model-root", root, "--name", "gym").exit_code == 0


def test_a_version_of_another_name_is_refused_with_the_cure(gym_version, tmp_path: Path) -> None:
    done = churn("import", copied(gym_version, tmp_path), "--model-root", tmp_path / "models")

    assert done.exit_code == 2
    assert "--name gym takes it" in done.output


@pytest.mark.parametrize("file", ["model.json", "golden.jsonl", "manifest.json", "report.txt"])
def test_a_changed_version_is_refused(gym_version, tmp_path: Path, file: str) -> None:
    folder, root = copied(gym_version, tmp_path), tmp_path / "models"
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content.replace(b"1", b"2", 1))

    done = churn("import", folder, "--model-root", root, "--name", "gym")

    assert done.exit_code == 3
    assert not (root / "gym").exists()


def test_a_signature_is_checked_and_kept(gym_version, tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    folder, root = copied(gym_version, tmp_path), tmp_path / "models"
    public, _ = write_key_pair(tmp_path / "key.pem")
    options = ["--model-root", root, "--name", "gym", "--public-key", public]

    assert churn("import", folder, *options).exit_code == 3
    sign_version(folder, read_private_key(tmp_path / "key.pem"))
    done = churn("import", folder, *options)

    assert done.exit_code == 0, done.output
    assert (root / "gym" / folder.name / "model.sig").is_file()


SERVING = """
import json, sys
found = []
sys.addaudithook(lambda event, _: found.append(event) if event == "pickle.find_class" else None)
from pathlib import Path
from churn_service.cli.serve import serve
from churn_service.loading import load_predictor
from churn_service import app
predictor = load_predictor(Path(sys.argv[1]))
rows = [json.loads(line)["cells"] for line in (Path(sys.argv[1]) / "golden.jsonl").open()]
predictor.predict(predictor.validator.check_all(rows, text=True))
ours = {name for name in sys.modules if name.startswith("churn_service")}
print(json.dumps({"found": found, "modules": sorted(ours), "all": sorted(sys.modules)}))
"""


def test_serving_opens_no_pickle_and_loads_nothing_that_does(gym_version) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVING, str(gym_version.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout)

    assert said["found"] == []
    assert not {"joblib", "sklearn", "skops", "cloudpickle", "dill"} & set(said["all"])
    for name in said["modules"]:
        source = sys.modules.get(name) or __import__(name, fromlist=["x"])
        text = Path(str(source.__file__)).read_text()
        assert "import pickle" not in text, name
        assert "import joblib" not in text, name
