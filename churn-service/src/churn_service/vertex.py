"""What Vertex AI tells a container: further paths, checked before anything starts."""

import re
from typing import NamedTuple

from churn_service.settings import Settings
from service_kit.settings import SettingsError

_PATH = re.compile(r"/[A-Za-z0-9._~:/-]*")
_NOT_INSTANCES = "/predict"


class VertexPaths(NamedTuple):
    """Further paths that Vertex AI asks for; None when it does not."""

    health: str | None
    predict: str | None


def vertex_paths(settings: Settings) -> VertexPaths:
    """Return the paths of the settings.

    Raises:
        SettingsError: One is no path, or predictions are wanted where customers are taken.
    """
    paths = VertexPaths(settings.aip_health_route, settings.aip_predict_route)
    problems = [
        f"AIP_{name.upper()}_ROUTE: must be a path such as /v1/{name}"
        for name, path in paths._asdict().items()
        if path is not None and not _PATH.fullmatch(path)
    ]
    if paths.predict == _NOT_INSTANCES:
        problems.append(
            f"AIP_PREDICT_ROUTE: {_NOT_INSTANCES} takes customers, not instances; choose another "
            f"path, as /v1/models/{settings.model_name}:predict"
        )
    if problems:
        raise SettingsError(problems)
    return paths
