"""Every command of the page on imports runs, in its order."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[3] / "docs/how-to/import-a-model.md"
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_commands_of_the_page_run(shop, gym_version, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [",".join(shop.rows[0]), *(",".join(row.values()) for row in shop.rows)]
    (tmp_path / "shop.csv").write_text("\n".join(lines) + "\n")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "FOLDER": str(gym_version.folder),
    }
    said = []

    for language, code in BLOCK.findall(PAGE.read_text()):
        if language == "python":
            exec(code, {"customers": shop.records, "churned": shop.gone})  # noqa: S102 - the page is ours
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)

    assert len(said) == 2
    assert gym_version.version in said[0]
    assert "agree on all 500 customers" in said[1]
    assert all("candidate" in text or "put it in charge" in text for text in said)
