import csv
import os
from pathlib import Path

import numpy as np
import pytest

from marketing_service.simulator import SampleFiles, write_sample_data
from marketing_service.simulator.laws import Columns, Laws, load_laws
from marketing_service.simulator.population import BLOCK_ROWS, Block, draw_block
from marketing_service.simulator.truth import Truth, truth_of

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def laws() -> Laws:
    return load_laws()


@pytest.fixture(scope="session")
def block(laws: Laws) -> Block:
    """Half a million customers."""
    parts = [draw_block(index, BLOCK_ROWS, seed=42, laws=laws) for index in range(5)]
    columns: Columns = {
        name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns
    }
    return Block(0, columns, np.concatenate([part.luck for part in parts]))


@pytest.fixture(scope="session")
def truth(block: Block, laws: Laws) -> Truth:
    return truth_of(block, laws)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleFiles:
    """The files of the demo."""
    return write_sample_data(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def real_table() -> list[dict[str, str]]:
    """The real table, from TELCO_CSV or the folder beside the repository."""
    beside = sorted((ROOT.parent / "shared" / "data" / "telco").glob("*.csv"))
    path = os.environ.get("TELCO_CSV") or next(iter(beside), None)
    if path is None:
        pytest.skip("the real Telco table is not there; set TELCO_CSV")
    with Path(path).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))
