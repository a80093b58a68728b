"""Models of every kind, and the customers that all runtimes score."""

import csv
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from churn_contract.schema import CustomerSchema
from churn_contract.validation import Validator
from churn_service.artefact.calibration import IsotonicCalibration, PlattCalibration
from churn_service.artefact.document import Blend, CurveTerm, LevelTerm, ModelDocument, Scorecard
from churn_service.artefact.listing import find_version
from churn_service.artefact.pairs import LevelAxis, NumberAxis, PairTerm
from churn_service.cli import main
from churn_service.exports.exported import Exported
from churn_service.loading import load_predictor
from churn_service.predictor import Predictor

sys.path.insert(0, str(Path(__file__).parent))  # for the small runtimes beside this file

Row = dict[str, str]
CONFIG = """
[data]
target = "gone"
positive = "1"
id = "who"
[columns.town]
unknown = "other"
[columns.visits]
blank = 0
[model]
families = ["blend"]
"""


@dataclass(frozen=True)
class World:
    """A model and customers as a table spells them, with what the service says of them."""

    exported: Exported
    rows: list[Row]
    chances: list[float]

    @property
    def schema(self) -> CustomerSchema:
        return self.exported.document.schema

    def with_rows(self, rows: Sequence[Row]) -> "World":
        return World(self.exported, list(rows), [])


def world_of(exported: Exported, rows: list[Row]) -> World:
    validator = Validator(exported.document.schema, unknown_fields="ignore")
    predictor = Predictor(exported.version, exported.document, validator)
    used = {field.raw or field.name for field in exported.document.schema.features}
    records = [{name: cell for name, cell in row.items() if name in used} for row in rows]
    customers = validator.check_all(records, text=True)
    found = predictor.predict(customers)
    return World(exported, rows, [prediction.churn_probability for prediction in found])


def shop_rows(count: int = 600, seed: int = 5) -> list[Row]:
    """Draw customers whose risk hangs on what is missing, on towns and on pairs."""
    random = np.random.default_rng(seed)
    rows = []
    for place in range(count):
        visits, spend = int(random.poisson(5)), float(random.normal(40, 15))
        town = f"Town {random.integers(0, 6)}"
        club = str(random.choice(["Yes", "No", ""]))
        logit = (spend > 50) * (club == "Yes") * 2 - 0.2 * visits + (club == "") * 1.5
        logit += town in {"Town 1", "Town 4"}
        gone = int(random.random() < 1 / (1 + np.exp(-logit)))
        rows.append({
            "who": f"c{place}",
            "Visits": "" if random.random() < 0.1 else str(visits),
            "Spend (EUR)": "" if random.random() < 0.2 else f"{spend:.2f}",
            "Town": town,
            "Club": club,
            "gone": str(gone),
        })
    return rows


@pytest.fixture(scope="session")
def shop_predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    folder = tmp_path_factory.mktemp("shop")
    rows = shop_rows()
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (folder / "shop.csv").write_text(text.getvalue())
    (folder / "train.toml").write_text(CONFIG)
    command = ["train", "--data", str(folder / "shop.csv"), "--config", str(folder / "train.toml")]
    command += ["--model-root", str(folder / "models"), "--quiet", "--jobs", "1"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    return load_predictor(find_version(folder / "models", "churn"))


def pairs_for(card: Scorecard) -> tuple[PairTerm, ...]:
    """Make a pair of the first number and the first levels, with a cell for all there is."""
    curve = next(term for term in card.terms if isinstance(term, CurveTerm) and term.missing)
    levels = next(
        term for term in card.terms if isinstance(term, LevelTerm) and term.other is not None
    )
    cells = {level: index for index, level in enumerate(levels.weights)}
    axes = (
        NumberAxis(edges=(30.0, 40.0, 55.5), missing=4),
        LevelAxis(cells=cells, missing=len(cells), other=len(cells) + 1),
    )
    width = len(cells) + 2
    table = tuple(tuple(0.01 * row - 0.07 * column for column in range(width)) for row in range(5))
    return (PairTerm(fields=(curve.field, levels.field), axes=axes, table=table),)


def documents(document: ModelDocument) -> dict[str, ModelDocument]:
    """Return a model of every kind of scorer and of calibration."""
    blend = document.scorer
    assert isinstance(blend, Blend)
    card, trees = blend.members
    assert isinstance(card, Scorecard)
    change = msgspec.structs.replace
    platt = PlattCalibration(intercept=0.1, slope=1.3)
    with_pairs = change(card, pairs=pairs_for(card))
    return {
        "scorecard": change(document, scorer=card),
        "pairs": change(document, scorer=with_pairs),
        "trees": change(document, scorer=trees),
        "blend": document,
        "platt": change(document, scorer=card, calibration=platt),
        "isotonic": change(
            document,
            calibration=IsotonicCalibration(
                logits=(-2.0, -0.5, 0.3, 1.0), probabilities=(0.05, 0.3, 0.31, 0.9)
            ),
        ),
    }


KINDS = ("scorecard", "pairs", "trees", "blend", "platt", "isotonic")


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, shop_predictor: Predictor) -> World:
    document = documents(shop_predictor.document)[request.param]
    return world_of(Exported("0123456789ab", document), shop_rows(200, seed=6))


@pytest.fixture
def plain_world(shop_predictor: Predictor) -> World:
    document = documents(shop_predictor.document)["scorecard"]
    return world_of(Exported("0123456789ab", document), shop_rows(50, seed=6))


@pytest.fixture(scope="session")
def telco_world(telco_version, telco_csv: Path) -> World:
    predictor = load_predictor(telco_version.folder)
    with telco_csv.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return world_of(Exported(predictor.version, predictor.document), rows)


@pytest.fixture(scope="session")
def python() -> str:
    return sys.executable
