"""What a training tells: as text, as a page, and as data."""

from churn_service.training.report.text import training_report

__all__ = ["training_report"]
