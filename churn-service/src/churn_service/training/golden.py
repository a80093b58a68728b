"""Construct golden rows from a schema: ends, centres, missing, unseen."""

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np

from churn_contract.schema import CustomerSchema, Field, training_range
from churn_contract.validation import Validator
from churn_service.artefact.golden import GoldenRow
from churn_service.training.calibration import CalibratedFit
from churn_service.training.dataset import to_matrix

FEWEST_ROWS = 64
UNSEEN_LEVEL = "never_seen_in_training"

Cells = dict[str, str]


def golden_rows(fit: CalibratedFit, schema: CustomerSchema) -> tuple[GoldenRow, ...]:
    """Return constructed customers with the answers of the training pipeline."""
    cells = golden_cells(schema)
    validator = Validator(schema)
    matrix = to_matrix(schema, [validator.check_text(row) for row in cells])
    scores = zip(cells, fit.logits(matrix), fit.probabilities(matrix), strict=True)
    return tuple(
        GoldenRow(cells=row, logit=float(logit), churn_probability=float(probability))
        for row, logit, probability in scores
    )


def golden_cells(schema: CustomerSchema) -> list[Cells]:
    """Return at least 64 rows of cells, the same ones for the same schema.

    A centre row; each notable value of each field in an otherwise central
    row; mixed rows until there are enough. No customer is looked at.
    """
    notable = {field.name: list(_notable_cells(field)) for field in schema.features}
    centre = {name: cells[0] for name, cells in notable.items()}
    single = [centre | {name: cell} for name, cells in notable.items() for cell in cells[1:]]
    rows = [centre, *single]
    rows += [_mixed_row(notable, number) for number in range(len(rows), FEWEST_ROWS)]
    return rows


def _mixed_row(notable: dict[str, list[str]], number: int) -> Cells:
    return {name: _pick(cells, f"{name} {number}") for name, cells in notable.items()}


def _notable_cells(field: Field) -> Iterator[str]:
    yield from _number_cells(field) if field.kind == "number" else field.levels
    if field.accepts_missing:
        yield ""
    if field.kind != "number" and field.unknown == "other":
        yield UNSEEN_LEVEL


def _number_cells(field: Field) -> Iterator[str]:
    """Yield the centre, tenths of the range, the ends, beyond them, the limits."""
    low, high = training_range(field)
    minimum = low if field.minimum is None else field.minimum
    maximum = high if field.maximum is None else field.maximum
    places = (low + (high - low) * np.array([5, 1, 2, 3, 4, 6, 7, 8, 9]) / 10).tolist()
    beyond = [(minimum + low) / 2, (high + maximum) / 2]
    for number in dict.fromkeys([*places, low, high, *beyond, minimum, maximum]):
        yield repr(float(number))


def _pick(cells: list[str], seed: str) -> str:
    """Return one of the cells, spread evenly and the same on every machine."""
    digest = blake2b(seed.encode(), digest_size=8).digest()
    return cells[int.from_bytes(digest, "big") % len(cells)]
