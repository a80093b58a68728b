"""The table that `churn evaluate` prints."""

from churn_service.training.cross_validation import Evaluation, FoldResult, metric_names
from churn_service.training.metrics import METRIC_LABELS

RECIPES = {
    "linear": "linear: straight lines + one-hot, newton-cholesky, C tuned inside",
    "spline": "spline: 12 knots + one-hot, newton-cholesky, C tuned inside",
    "pairs": "pairs: spline and up to 8 pairs of fields, number and C tuned inside",
    "trees": "trees: histogram gradient boosting, 16 draws of settings tuned inside",
    "blend": "blend: mean of the logits of spline and trees",
    "course": "course: DictVectorizer, liblinear, C = 1",
}


def evaluation_report(evaluation: Evaluation) -> str:
    """Return mean and standard deviation over the folds, one column per recipe."""
    folds = len(evaluation.folds)
    lines = [f"means (standard deviations) over {folds} folds, nested, seed 42", ""]
    lines.append(f"{'':<18}" + "".join(f"{recipe:>20}" for recipe in evaluation.recipes))
    for metric in metric_names():
        cells = "".join(f"{_cell(evaluation, recipe, metric):>20}" for recipe in evaluation.recipes)
        lines.append(f"{METRIC_LABELS[metric]:<18}{cells}")
    lines += ["", *(RECIPES[recipe] for recipe in evaluation.recipes)]
    return "\n".join(lines) + "\n"


def progress_line(result: FoldResult, total: int) -> str:
    """Return the line that tells how far an evaluation is."""
    parts = [
        f"{recipe} AUC {metrics.auc:.4f} log loss {metrics.log_loss:.4f}"
        for recipe, metrics in result.metrics.items()
    ]
    return f"fold {result.number}/{total}  " + "  ".join(parts)


def evaluation_json(evaluation: Evaluation) -> dict[str, dict[str, dict[str, float]]]:
    """Return means and deviations by recipe and metric, JSON-ready."""
    return {
        recipe: {
            metric: {
                "mean": evaluation.mean(recipe, metric),
                "sd": evaluation.deviation(recipe, metric),
            }
            for metric in metric_names()
        }
        for recipe in evaluation.recipes
    }


def _cell(evaluation: Evaluation, recipe: str, metric: str) -> str:
    mean, deviation = evaluation.mean(recipe, metric), evaluation.deviation(recipe, metric)
    return f"{mean:.5f} ({deviation:.4f})"
