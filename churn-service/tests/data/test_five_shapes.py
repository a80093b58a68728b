"""Two lines of training file are enough: tables of any shape are trained, served and scored."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from click.testing import CliRunner

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema
from churn_service.app import create_app, create_registry
from churn_service.cli import main
from churn_service.settings import Settings
from service_kit.logs import EventLog
from service_kit.metrics import Metrics

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
ROWS = 600
RANDOM = np.random.default_rng(17)
STRENGTH = RANDOM.normal(size=ROWS)
LEFT = RANDOM.random(ROWS) < 1 / (1 + np.exp(0.7 - 1.2 * STRENGTH))
Cells = Sequence[str]


class Shape(NamedTuple):
    """A table, the two lines for it, and columns with what they must become."""

    data: bytes
    lines: str
    kinds: dict[str, str]


def pick(*cells: str, seed: int) -> list[str]:
    return np.random.default_rng(seed).choice(cells, ROWS).tolist()


def felt(form: str, low: float, high: float) -> list[str]:
    """Numbers that go with leaving."""
    share = 1 / (1 + np.exp(-STRENGTH))
    return [form.format(low + (high - low) * value) for value in share]


def german(cells: Cells) -> list[str]:
    return [cell.translate(str.maketrans(",.", ".,")) for cell in cells]


def days(form: str) -> list[str]:
    start = np.datetime64("2019-01-01")
    found = start + np.random.default_rng(4).integers(0, 1500, ROWS)
    return [day.strftime(form) for day in found.tolist()]


def text_of(columns: dict[str, Cells], separator: str = ",") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerows([list(columns), *zip(*columns.values(), strict=True)])
    return text.getvalue()


def bank() -> Shape:
    columns = {
        "Kunden-Nr.": [f"DE{row * 37:07d}" for row in range(ROWS)],
        "Gekündigt": ["Ja" if left else "Nein" for left in LEFT],
        "Monatliche Gebühr": german(felt("{:,.2f} €", 900, 4900)),
        "Kunde seit": days("%d.%m.%Y"),
        "PLZ": pick("01067", "20095", "80331", seed=5),
        "Filiale": pick("Köln", "köln ", "Bonn", "Mainz", seed=6),
        "Newsletter": pick("ja", "nein", seed=7),
        "E-Mail": [f"k{row}@example.test" for row in range(ROWS)],
    }
    kinds = {"monatliche_gebühr": "number", "plz": "category", "newsletter": "boolean"}
    data = text_of(columns, ";").encode("cp1252")
    return Shape(data, 'target = "Gekündigt"\npositive = "Ja"', kinds)


def software() -> Shape:
    columns = {
        "Account\nName": [f"Company {row}" for row in range(ROWS)],
        "Status": ["Churned" if left else "Active" for left in LEFT],
        " Annual Contract ": [cell or "N/A" for cell in felt("${:,.0f}", 800, 90_000)],
        "Seats used": felt("{:.1f}%", 5, 100),
        "Tier": pick("Basic", "Plus", "Premium", seed=8),
        "Net change": [f"({row % 40}.5)" if row % 3 else f"{row % 31}.25" for row in range(ROWS)],
        "Beta\u200b user": pick("✓", "✗", seed=9),
    }
    kinds = {"annual_contract": "number", "seats_used": "number", "net_change": "number",
             "tier": "category", "beta_user": "boolean"}  # fmt: skip
    return Shape(text_of(columns, "\t").encode(), 'target = "Status"\npositive = "Churned"', kinds)


def mobile() -> Shape:
    table = pa.table({
        "msisdn": [f"+4917{row:08d}" for row in range(ROWS)],
        "churned_90d": LEFT.astype(float),
        "minutes": pa.array(
            np.where(RANDOM.random(ROWS) < 0.2, np.nan, STRENGTH), from_pandas=True
        ),
        "roaming": RANDOM.random(ROWS) < 0.3,
        "device": pa.array(pick("A", "B", "C", seed=10)).dictionary_encode(),
        "activated": pa.array(np.arange(ROWS) * 86_400_000_000, pa.timestamp("us")),
        "complaints": RANDOM.poisson(1.5, ROWS),
    })
    file = io.BytesIO()
    parquet.write_table(table, file)
    kinds = {"minutes": "number", "roaming": "boolean", "device": "category"}
    return Shape(file.getvalue(), 'target = "churned_90d"\npositive = 1', kinds)


def shop() -> Shape:
    towns = [f"Town {number}" for number in np.random.default_rng(11).zipf(1.6, ROWS) % 120]
    columns = {
        "town": towns,
        "orders": felt("{:.0f}", 0, 40),
        "note": [f'line one\nand {row % 9} more, "quoted"' for row in range(ROWS)],
        "lapsed": ["TRUE" if left else "FALSE" for left in LEFT],
        "": [""] * ROWS,
    }
    kinds = {"town": "category", "orders": "number", "note": "category"}
    data = gzip.compress(text_of(columns, "|").encode())
    return Shape(data, 'target = "lapsed"\npositive = true', kinds)


def survey() -> Shape:
    answers = ["Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"]
    opinion = [answers[int(place)] for place in np.clip(STRENGTH * 1.2 + 2, 0, 4)]
    columns = {
        "I would stay": opinion,
        "Quarter": pick("Q1", "Q2", "Q3", "Q4", seed=12),
        "Age band": pick("<25", "25-44", "45-64", "65+", "", seed=13),
        "quit?": ["y" if left else "n" for left in LEFT],
    }
    kinds = {"i_would_stay": "category", "quarter": "category", "age_band": "category"}
    return Shape(text_of(columns).encode("utf-16"), 'target = "quit?"\npositive = "Y"', kinds)


SHAPES = {maker.__name__: maker for maker in (bank, software, mobile, shop, survey)}


class Trained(NamedTuple):
    """A trained table: its files and what the training printed."""

    data: Path
    root: Path
    report: str


def train(folder: Path, data: bytes, lines: str) -> Trained:
    (folder / "customers").write_bytes(data)
    # the families are named for speed only
    (folder / "train.toml").write_text(f'[data]\n{lines}\n[model]\nfamilies = ["spline"]\n')
    options = ("--data", folder / "customers", "--config", folder / "train.toml", "--quiet")
    root = folder / "models"
    done = CliRunner().invoke(main, ["train", *map(str, options), "--model-root", str(root)])
    assert done.exit_code == 0, done.output
    return Trained(folder / "customers", root, done.stdout)


def check_scoring(trained: Trained, rows: int) -> None:
    options = ("--data", trained.data, "--model-root", trained.root)
    done = CliRunner().invoke(main, ["predict", *map(str, options)])
    assert done.exit_code == 0, done.stderr
    chances = [float(row["churn_probability"]) for row in csv.DictReader(io.StringIO(done.stdout))]
    assert len(chances) == rows
    assert max(chances) - min(chances) > 0.2


def check_serving(trained: Trained) -> CustomerSchema:
    settings = Settings(model_root=trained.root)
    log, metrics = EventLog("churn-service", "0", io.StringIO()), Metrics()
    registry = create_registry(settings, log=log, metrics=metrics)
    registry.refresh()
    client = create_app(settings, registry=registry, log=log, metrics=metrics).test_client()
    schema = CustomerSchema.from_json(json.dumps(client.get("/schema").json).encode())
    customers = list(islice(sample_customers(schema, 1), 20))
    answer = client.post("/predict", json=customers)
    assert answer.status_code == 200, answer.text
    assert client.get("/score").status_code == 200
    return schema


@pytest.mark.parametrize("name", SHAPES)
def test_two_lines_train_serve_and_score_a_table(name: str, tmp_path: Path) -> None:
    shape = SHAPES[name]()

    trained = train(tmp_path, shape.data, shape.lines)

    schema = check_serving(trained)
    assert {field: schema.field(field).kind for field in shape.kinds} == shape.kinds
    check_scoring(trained, ROWS)


def test_two_lines_are_enough_for_the_public_table(telco_csv: Path, tmp_path: Path) -> None:
    lines = telco_csv.read_bytes().splitlines(keepends=True)[:1501]

    trained = train(tmp_path, b"".join(lines), 'target = "Churn"\npositive = "Yes"')

    assert "customerID: is different in (nearly) every row" in trained.report
    check_serving(trained)
    check_scoring(trained, 1500)


def test_a_mail_experiment_is_understood(telco_csv: Path, tmp_path: Path) -> None:
    found = telco_csv.parents[1] / "hillstrom" / "hillstrom.csv"
    if not found.is_file():
        pytest.skip("needs the Hillstrom table beside the Telco one")
    (tmp_path / "train.toml").write_text('[data]\ntarget = "visit"\npositive = 1\n')
    options = ("--data", str(found), "--config", str(tmp_path / "train.toml"))

    seen = CliRunner().invoke(main, ["findings", *options])

    assert seen.exit_code == 0
    assert "history_segment: levels are in their order" in seen.stdout
    assert "conversion: of the 578 customers with '1', 578 left [leak-level]" in seen.stdout
