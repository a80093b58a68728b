"""Score a table with a trained model the way the service does: checked, then scored."""

import numpy as np
from numpy.typing import NDArray

from churn_contract.prediction import Prediction
from churn_contract.validation import Validator
from churn_service.predictor import Predictor
from churn_service.training.table import Table
from churn_service.training.trained import TrainedModel


def predictions(model: TrainedModel, table: Table) -> list[Prediction]:
    """Return what the service would answer for every row of a table."""
    validator = Validator(model.document.schema)
    predictor = Predictor("bench", model.document, validator)
    wanted = {field.name for field in model.document.schema.features}
    places = [(name, index) for index, name in enumerate(table.names) if name in wanted]
    customers = [
        validator.check_text({name: cells[index] for name, index in places}) for cells in table.rows
    ]
    return predictor.predict(customers)


def probabilities(model: TrainedModel, table: Table) -> NDArray[np.float64]:
    """Return the churn probability of every row of a table."""
    return np.array([found.churn_probability for found in predictions(model, table)])
