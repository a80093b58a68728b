"""Does the model know something that no service will know?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from churn_service.training.report.judged import Judged, title
from churn_service.training.trained import TrainedModel

ALONE_WARNING = 0.90
ALONE_STOP = 0.95
OVERALL = 0.99
OPTIMISM = 0.03


@dataclass(frozen=True)
class LeakCheck:
    """One check: what was looked at, what was found, and whether that is well."""

    name: str
    found: str
    rule: str
    passed: bool


def leak_checks(model: TrainedModel, judged: Judged) -> tuple[LeakCheck, ...]:
    """Return every check of the split and of the columns."""
    return (
        _one_column(model),
        *_missing_marks(judged),
        _overall(model),
        _optimism(model),
        _parts(model),
        _twins(model),
    )


def _one_column(model: TrainedModel) -> LeakCheck:
    views = model.exploration
    return LeakCheck(
        "the strongest column alone",
        f"{title(views[0].field)}: AUC {views[0].auc:.3f}",
        f"below {ALONE_WARNING:.2f}; from {ALONE_STOP:.2f} a column tells the outcome itself",
        views[0].auc < ALONE_WARNING,
    )


def _missing_marks(judged: Judged) -> Iterator[LeakCheck]:
    found = []
    for index, field in enumerate(judged.schema.features):
        column = judged.matrix[:, index]
        absent = np.isnan(column.astype(float)) if field.kind == "number" else column == ""
        if 0 < absent.sum() < len(absent):
            auc = float(roc_auc_score(judged.churned, absent))
            found.append((max(auc, 1 - auc), title(field)))
    if found:
        auc, name = max(found)
        yield LeakCheck(
            "an empty cell alone",
            f"{name}: AUC {auc:.3f}",
            f"below {ALONE_WARNING:.2f}; fields filled after leaving tell it by being empty",
            auc < ALONE_WARNING,
        )


def _overall(model: TrainedModel) -> LeakCheck:
    auc = model.test.auc
    return LeakCheck(
        "the model as a whole",
        f"AUC {auc:.3f} on the test part",
        f"below {OVERALL:.2f}; behaviour is never that clear",
        auc < OVERALL,
    )


def _optimism(model: TrainedModel) -> LeakCheck:
    gap = abs(model.validation.auc - model.test.auc)
    return LeakCheck(
        "validation and test agree",
        f"AUC {model.validation.auc:.3f} and {model.test.auc:.3f}",
        f"less than {OPTIMISM:.2f} apart, or four standard errors in small tables",
        bool(gap < max(OPTIMISM, 4 / np.sqrt(12 * model.test.churned))),
    )


def _parts(model: TrainedModel) -> LeakCheck:
    keys = model.dataset.keys
    shared = {keys[row] for row in model.split.fit} & {keys[row] for row in model.split.test}
    return LeakCheck(
        "no customer stands on both sides",
        f"{len(shared)} of {len(model.split.test):,} test customers",
        "none: a keyed hash of the id divides them, in every retraining alike",
        not shared,
    )


def _twins(model: TrainedModel) -> LeakCheck:
    values = [customer.values for customer in model.dataset.customers]
    learned = {values[row] for row in model.split.fit}
    twins = sum(values[row] in learned for row in model.split.test)
    share = twins / len(model.split.test)
    return LeakCheck(
        "test customers with a twin that was learned from",
        f"{twins:,} ({share:.1%}) have equal values in every field",
        "below 20 %; a table of few distinct rows, or of copies, flatters every model",
        share < 0.2,
    )
