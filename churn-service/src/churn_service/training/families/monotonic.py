"""Which numbers the risk may only rise, or only fall, with."""

from churn_contract.schema import CustomerSchema, canonical_name
from churn_service.training.config import TrainConfig
from churn_service.training.errors import ConfigError

_SIGNS = {"increasing": 1, "decreasing": -1}


def monotonic_signs(schema: CustomerSchema, config: TrainConfig) -> dict[str, int]:
    """Return the constraints of the training file, by feature name.

    Raises:
        ConfigError: When a constraint is on a field that is no number.
    """
    by_name = {canonical_name(name): column for name, column in config.columns.items()}
    signs = {}
    for field in schema.features:
        column = by_name.get(field.name)
        if column is None or column.monotonic is None:
            continue
        if field.kind != "number":
            raise ConfigError(
                f"[columns.{field.raw or field.name}] monotonic: the column is a {field.kind}; "
                "only numbers have an order"
            )
        signs[field.name] = _SIGNS[column.monotonic]
    return signs
