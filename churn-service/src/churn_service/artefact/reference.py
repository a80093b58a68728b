"""What the training rows looked like: counts in fixed bins, part of the model document."""

import math
from collections.abc import Iterator

import msgspec

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.rules import ascend, broken

SCORE = "churn_probability"


class NullMoments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Moments of PSI / (1/rows + 1/reference rows) without drift, from resampling."""

    rows: int
    mean: float
    deviation: float
    skewness: float


class BinnedField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reference counts of one field, in bins that never change for a version.

    A field with levels has one bin per level, then one for unseen levels and
    one for missing values. A number has ``len(edges) + 1`` bins, the outer two
    beyond the training range, then one for missing values; a value is in bin
    ``bisect_right(edges, value)``.
    """

    field: str
    counts: tuple[int, ...]
    levels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    null: tuple[NullMoments, ...] = ()

    @property
    def rows(self) -> int:
        """Return how many reference rows were counted."""
        return sum(self.counts)


class CalibrationBin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of the test part with similar probabilities, and how many left."""

    rows: int
    expected: float
    churned: int


class Reference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What served customers are compared with.

    Features are counted over the rows of the fit. The score is counted over the
    test part, which the model has not seen: scores of its own training rows
    are bolder than those of strangers.
    """

    fields: tuple[BinnedField, ...]
    score: BinnedField
    calibration: tuple[CalibrationBin, ...] = ()

    @property
    def tests(self) -> tuple[BinnedField, ...]:
        """Return everything that is compared: the features, then the score."""
        return (*self.fields, self.score)


def reference_problems(schema: CustomerSchema, reference: Reference) -> Iterator[str]:
    """Yield what does not make sense in a reference of this schema."""
    if [binned.field for binned in reference.fields] != [field.name for field in schema.features]:
        yield "the reference's fields are not the schema's features in their order"
        return
    pairs = zip(schema.features, reference.fields, strict=True)
    yield from broken(
        (
            binned.levels == _levels(field),
            f"the reference of {field.name} has other levels than the schema",
        )
        for field, binned in pairs
    )
    if reference.score.field != SCORE or reference.score.levels:
        yield f"the reference of the score is not in bins of {SCORE}"
    for binned in reference.tests:
        yield from _bin_problems(binned)


def _levels(field: Field) -> tuple[str, ...]:
    return () if field.kind == "number" else field.levels


def _bin_problems(binned: BinnedField) -> Iterator[str]:
    bins = len(binned.edges or binned.levels) + 2
    numbers = [value for null in binned.null for value in (null.mean, null.deviation)]
    yield from broken((
        (
            len(binned.counts) == bins,
            f"the reference of {binned.field} has not one count per bin",
        ),
        (
            min(binned.counts, default=0) >= 0 and bool(binned.rows),
            f"the reference of {binned.field} has no rows or a negative count",
        ),
        (ascend(binned.edges), f"the bin edges of {binned.field} do not ascend"),
        (
            all(map(math.isfinite, [*binned.edges, *numbers])),
            f"a number of the reference of {binned.field} is not finite",
        ),
    ))
