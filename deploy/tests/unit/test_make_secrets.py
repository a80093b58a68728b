import os
import subprocess
from pathlib import Path

from bootstrap.console import ROOT


def make_secrets(folder: Path) -> None:
    script = ROOT / "marketing-service" / "make-secrets"
    subprocess.run([str(script), str(folder), str(os.getgid())], check=True, capture_output=True)


def contents(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_secrets_are_random_private_and_kept(tmp_path: Path) -> None:
    make_secrets(tmp_path / "one")
    first = contents(tmp_path / "one")
    make_secrets(tmp_path / "one")
    make_secrets(tmp_path / "two")

    assert contents(tmp_path / "one") == first
    assert contents(tmp_path / "two") != first
    assert set(first) == {"database/password", "marketing/token-key", "marketing/database-url"}
    assert len(first["marketing/token-key"]) == 64
    assert first["database/password"] in first["marketing/database-url"]
    assert (tmp_path / "one/marketing/token-key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "one/database/password").stat().st_mode & 0o777 == 0o440


def test_a_half_written_secret_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "marketing").mkdir()
    (tmp_path / "marketing/token-key").touch()

    make_secrets(tmp_path)

    assert len((tmp_path / "marketing/token-key").read_text()) == 64
