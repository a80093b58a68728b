"""The lines of the report on features, families, settings and calibration."""

from collections.abc import Iterator

from churn_service.artefact.calibration import (
    Calibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.training.family_names import BLEND, LINEAR, PAIRS, SPLINE, TREES
from churn_service.training.features import level_indices, number_indices
from churn_service.training.logistic import GRADIENT_LIMIT
from churn_service.training.metrics import metric_text
from churn_service.training.pipeline import INNER_FOLDS
from churn_service.training.trained import TrainedModel

_NUMBERS = {
    LINEAR: "one straight line each",
    SPLINE: "straight pieces between up to 12 quantile knots (unscaled), and a straight line",
    PAIRS: "as in a spline scorecard, and up to four ranges each inside a pair",
    TREES: "thresholds chosen by the trees",
    BLEND: "those of its members, spline and trees",
}
_MOST_SETTINGS = 6


def feature_lines(model: TrainedModel) -> Iterator[str]:
    """Yield what each family makes of numbers, levels and missing values."""
    schema = model.document.schema
    numbers, levels = number_indices(schema), level_indices(schema)
    yield f"{len(numbers)} numbers: {_NUMBERS[model.family]}"
    yield f"{len(levels)} categories and booleans: by level"
    nullable = [
        field.label or field.raw or field.name for field in schema.features if field.nullable
    ]
    yield f"may be missing, with an effect of its own: {', '.join(nullable) or 'none'}"


def family_lines(model: TrainedModel) -> Iterator[str]:
    """Yield the families side by side and why one was chosen."""
    if model.comparison is None:
        yield f"family {model.family}, the only one that the training file names"
        return
    yield f"{len(model.comparison.folds)} outer folds, settings chosen inside each:"
    for family, loss in model.comparison.losses.items():
        yield f"  {family:<8} log loss {metric_text('log_loss', loss)}"
    yield from model.comparison.sentences()


def settings_lines(model: TrainedModel) -> Iterator[str]:
    """Yield the best settings that were tried, and the proof of the fit."""
    losses = sorted(model.tuned.losses.items(), key=lambda item: item[1])
    yield f"settings by log loss of {INNER_FOLDS} inner folds of the train part, best first:"
    yield from (f"  {loss:.4f}  {text}" for text, loss in losses[:_MOST_SETTINGS])
    chosen = ", ".join(f"{name} {value:g}" for name, value in model.tuned.settings.items())
    yield f"chosen: {chosen}; fitted again on train and validation"
    for name, value in model.fit.facts().items():
        limit = f" (limit {GRADIENT_LIMIT:.0e})" if name.endswith("gradient") else ""
        shown = f"{value:.1e}" if isinstance(value, float) else str(value)
        yield f"{name}: {shown}{limit}"


def calibration_lines(model: TrainedModel) -> Iterator[str]:
    """Yield how good raw probabilities were and what was done about it."""
    check, table = model.calibration, model.document.interval
    yield (
        f"held-out customers: calibration slope {check.slope:.2f}, mean gap of ten bins "
        f"{check.error:.4f} (noise alone stays under {check.noise:.4f} in 95 of 100)"
    )
    yield f"calibration: {_in_words(model.document.calibration)}"
    if table is not None:
        yield (
            f"intervals of {table.level:.0%} from {len(table.lower)} bands of held-out customers"
        )


def _in_words(calibration: Calibration) -> str:
    if isinstance(calibration, PlattCalibration):
        return f"Platt, logit = {calibration.intercept:.3f} + {calibration.slope:.3f} x score"
    if isinstance(calibration, IsotonicCalibration):
        return f"isotonic, {len(calibration.logits)} corners"
    return "none needed"
