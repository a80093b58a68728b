"""What a training tells: as text, as a page, and as data."""

from churn_service.training.report.data import report_data
from churn_service.training.report.facts import Facts, report_facts
from churn_service.training.report.page import report_html
from churn_service.training.report.text import training_report

__all__ = ["Facts", "report_data", "report_facts", "report_html", "training_report"]
