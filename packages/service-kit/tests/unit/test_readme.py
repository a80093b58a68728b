"""The README's service starts and answers as it is printed."""

import importlib.util
import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def test_the_service_of_the_readme_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    path = tmp_path / "shop.py"
    path.write_text(code)
    spec = importlib.util.spec_from_file_location("shop", path)
    assert spec
    assert spec.loader
    shop = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shop)
    monkeypatch.setenv("SHOP_DOOR_SECONDS", "3.5")
    client = shop.create_wsgi().test_client()
    assert client.get("/door").get_json() == {"seconds": 3.5}
    assert client.get("/health/ready").status_code == 200
