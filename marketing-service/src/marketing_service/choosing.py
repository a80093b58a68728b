"""What a plan's policy needs, and what its reader must be warned of."""

from collections.abc import Mapping
from typing import Any

from churn_contract.schema import CustomerSchema, canonical_name
from marketing_service.audience import Audience
from marketing_service.targeting.plan import PlanResult
from marketing_service.targeting.policies import plan_customers
from marketing_service.targeting.terms import DAYS_PER_MONTH, CampaignSpec


class PlanFailedError(Exception):
    """The plan cannot be made; the message names cause and cure."""


def value_field(spec: CampaignSpec) -> str:
    """Name the customer field with the monthly value, in canonical spelling."""
    return canonical_name(spec.value.monthly_column)


def check_schema(spec: CampaignSpec, schema: CustomerSchema) -> None:
    """Check that customers have what the campaign counts with.

    Raises:
        PlanFailedError: The value column is none, or holds no numbers.
    """
    numbers = [field.name for field in schema.features if field.kind == "number"]
    if value_field(spec) not in numbers:
        raise PlanFailedError(
            f"value.monthly_column: {spec.value.monthly_column} is no number column of the "
            f"customers; take one of {', '.join(numbers)}"
        )


def choose(audience: Audience, spec: CampaignSpec) -> PlanResult:
    """Apply the campaign's policy.

    Raises:
        PlanFailedError: There is nobody to choose from, or a value is negative.
    """
    if not len(audience.row_ids):
        raise PlanFailedError("there are no customers yet; import some first")
    try:
        return plan_customers(audience.inputs, spec)
    except ValueError as error:
        raise PlanFailedError(str(error)) from error


def plan_warnings(
    spec: CampaignSpec, schema: CustomerSchema, progress: Mapping[str, Any]
) -> list[str]:
    """List what does not stop a plan but should be known before its launch."""
    found = list(spec.warnings)
    horizon = schema.outcome.horizon_days if schema.outcome else None
    value_days = spec.horizon_months * DAYS_PER_MONTH
    if horizon is not None and horizon != value_days:
        found.append(
            f"the model looks {horizon} days ahead, the value counts {value_days} days; "
            "both are taken as they are"
        )
    if refused := progress.get("refused"):
        found.append(
            f"churn-service refused {refused} customers (the first: {progress['refusal']}); "
            "they stay out"
        )
    return found
