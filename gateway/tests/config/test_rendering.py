import importlib
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway_keys.errors import RefusedError, UsageError
from gateway_keys.routes.__main__ import main, rendered, run


@pytest.fixture
def copy(gateway_folder: Path, tmp_path: Path) -> Path:
    for name in ("routes.toml", "plans.toml", "problems.toml"):
        shutil.copy(gateway_folder / name, tmp_path / name)
    return tmp_path


def test_the_rendered_files_are_what_the_tables_say(gateway_folder: Path) -> None:
    for name, text in rendered(gateway_folder).items():
        assert (gateway_folder / name).read_text() == text, name
    assert run("check", gateway_folder) == ""


def test_rendering_twice_gives_the_same_bytes(copy: Path) -> None:
    run("render", copy)
    first = {name: (copy / name).read_bytes() for name in rendered(copy)}
    run("render", copy)
    assert {name: (copy / name).read_bytes() for name in rendered(copy)} == first


def test_a_rendered_file_that_was_edited_is_named(copy: Path) -> None:
    run("render", copy)
    with (copy / "conf.d/routes.conf").open("a") as stream:
        stream.write("location /open { }\n")
    with pytest.raises(RefusedError, match=r"conf\.d/routes\.conf differs"):
        run("check", copy)


def test_a_rendered_file_that_is_missing_is_named(copy: Path) -> None:
    with pytest.raises(RefusedError, match="differs from its table"):
        run("check", copy)


def test_the_docs_table_has_a_row_for_every_route_and_method(gateway_folder: Path) -> None:
    table = run("table", gateway_folder)
    assert "| `/predict` | POST | predict | churn-service | 16m |" in table
    assert "| `/mailbox` (profile mailbox) | GET | audit:read | mailbox | 64k |" in table


def test_the_problem_table_has_a_row_for_every_type(gateway_folder: Path) -> None:
    assert "| `/problems/key-revoked` | The access key is revoked |" in run(
        "problems", gateway_folder
    )


def test_an_unknown_action_is_refused_with_the_usage(gateway_folder: Path) -> None:
    with pytest.raises(UsageError, match="usage: python -m"):
        run("draw", gateway_folder)


@pytest.mark.parametrize("words", [[], ["draw"], ["table", "here", "there"]])
def test_a_wrong_command_line_ends_with_the_usage(words: list[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "argv", ["routes", *words])
    with pytest.raises(SystemExit, match="usage: "):
        main()


def test_the_module_prints_the_table(
    gateway_folder: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    importlib.import_module("gateway_keys.routes.__main__")
    monkeypatch.delitem(sys.modules, "gateway_keys.routes.__main__", raising=False)
    monkeypatch.setattr(sys, "argv", ["routes", "table", str(gateway_folder)])
    runpy.run_module("gateway_keys.routes", run_name="__main__")
    assert capsys.readouterr().out.startswith("| route |")
