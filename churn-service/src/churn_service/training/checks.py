"""Check the customers of a table as a whole; each result is a finding."""

from collections.abc import Sequence

from churn_contract.cells import Value
from churn_contract.schema import CustomerSchema
from churn_service.training.coding import code_column
from churn_service.training.config import TrainConfig
from churn_service.training.dataset import Labels
from churn_service.training.findings import Finding, accepted
from churn_service.training.leaks import find_leaks
from churn_service.training.missing import find_missing_patterns
from churn_service.training.redundancy import find_copies, find_equal_rows


def check_customers(
    schema: CustomerSchema,
    values: Sequence[Sequence[Value]],
    churned: Labels,
    config: TrainConfig,
    *,
    has_ids: bool,
) -> list[Finding]:
    """Return leaks, copies, equal rows and patterns of missing values.

    Args:
        schema: What a customer looks like.
        values: The values of each feature, in the order of the schema.
        churned: 1 for each customer who left, else 0.
        config: Says which rules are accepted, and where.
        has_ids: Whether customers have ids; equal rows are then no surprise.
    """
    columns = [
        code_column(field, column) for field, column in zip(schema.features, values, strict=True)
    ]
    found = [
        *find_equal_rows(values, churned, has_ids=has_ids),
        *find_missing_patterns(columns, churned),
        *find_copies(columns),
        *find_leaks(columns, churned),
    ]
    return [accepted(each) if config.accepts(each.rule, each.column) else each for each in found]
