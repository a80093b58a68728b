"""Scorecards: one curve or one weight per level and field, added up."""

from dataclasses import dataclass

from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import Scorecard
from churn_service.training.compiler import compile_pipeline
from churn_service.training.dataset import Matrix
from churn_service.training.families.family import Facts, Floats, Sample, Tuned
from churn_service.training.pipeline import Fit, fit_scorecard, tune


@dataclass(frozen=True)
class ScorecardFit:
    """A fitted scorecard with its proof of convergence."""

    fit: Fit

    def logits(self, matrix: Matrix) -> Floats:
        """Return the raw score of each row."""
        return self.fit.logits(matrix)

    def compile(self, schema: CustomerSchema, matrix: Matrix) -> Scorecard:
        """Return the lookup tables; `matrix` holds the rows of the means."""
        return compile_pipeline(self.fit, schema, matrix)

    def facts(self) -> Facts:
        """Return the number of weights, the gradient and the Newton steps."""
        return {
            "weights": int(self.fit.model.coefficients.size),
            "gradient": self.fit.model.gradient,
            "iterations": self.fit.model.iterations,
        }


class ScorecardFamily:
    """Penalised logistic regression on pieces between quantile knots.

    Args:
        knots: Knots per number; with two a number has one straight line.
    """

    def __init__(self, knots: int) -> None:
        self.knots = knots

    def tune(self, sample: Sample) -> Tuned:
        """Choose C by the log loss of three inner folds."""
        tuning = tune(
            sample.matrix,
            sample.churned,
            sample.schema,
            sample.weights,
            knots=self.knots,
            monotonic=sample.monotonic,
        )
        losses = {f"C {c:g}": loss for c, loss in tuning.losses.items()}
        return Tuned({"C": tuning.best_c}, losses)

    def fit(self, sample: Sample, tuned: Tuned) -> ScorecardFit:
        """Fit to proven convergence; raise FitError otherwise."""
        return ScorecardFit(
            fit_scorecard(
                sample.matrix,
                sample.churned,
                sample.schema,
                tuned.settings["C"],
                sample.weights,
                knots=self.knots,
                monotonic=sample.monotonic,
            )
        )
