"""The routes of other protocols, put together."""

from flask import Flask

from churn_service.current_model import CurrentModel
from churn_service.instances_api import InstanceRoutes
from churn_service.invocations_api import InvocationRoutes
from churn_service.open_inference_api import OpenInferenceRoutes
from churn_service.record_scoring import RecordScoring
from churn_service.served import Served
from churn_service.settings import Settings
from churn_service.vertex import vertex_paths


def register_protocols(
    app: Flask, settings: Settings, current: CurrentModel, scoring: RecordScoring, served: Served
) -> None:
    """Add the routes of Open Inference, SageMaker, MLflow and Vertex AI to an app.

    Raises:
        SettingsError: Vertex AI's settings cannot be followed.
    """
    OpenInferenceRoutes(scoring, current, served).register(app)
    InvocationRoutes(scoring, served, threads=settings.threads).register(app)
    InstanceRoutes(scoring, served, vertex_paths(settings)).register(app)
