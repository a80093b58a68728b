"""The whole document: paths of every noun over the components they share."""

from collections.abc import Callable
from typing import NamedTuple

from churn_contract.openapi import components
from churn_contract.schema import CustomerSchema
from churn_service.openapi import shared
from churn_service.openapi.describing import describing_paths
from churn_service.openapi.health import health_paths
from churn_service.openapi.models import model_paths, model_schemas
from churn_service.openapi.parts import Json, Paths
from churn_service.openapi.scoring import scoring_paths

_DESCRIPTION = """\
Scores customers by one loaded version of a model. Every answer names that version; every error \
is a problem (RFC 9457) that names the wrong fields and never repeats what was sent."""


class Served(NamedTuple):
    """What the document speaks of.

    Attributes:
        code_version: Version of the service.
        model_version: Version of the model in charge.
        customers: The schema of that model.
    """

    code_version: str
    model_version: str
    customers: CustomerSchema


def describe(served: Served, is_served: Callable[[str], bool]) -> Json:
    """Return the OpenAPI document of the paths for which `is_served` is true."""
    paths = {path: methods for path, methods in _all_paths(served).items() if is_served(path)}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": f"Churn service ({served.customers.name})",
            "version": f"{served.code_version}+{served.model_version}",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": _tags(paths),
        "paths": {
            path: {method: operation.described() for method, operation in methods.items()}
            for path, methods in paths.items()
        },
        "components": _components(served.customers),
    }


def _all_paths(served: Served) -> Paths:
    return (
        scoring_paths(served.customers)
        | model_paths(served.model_version)
        | describing_paths()
        | health_paths()
    )


def _tags(paths: Paths) -> list[Json]:
    names = (operation.tag for methods in paths.values() for operation in methods.values())
    return [{"name": name} for name in dict.fromkeys(names)]


def _components(customers: CustomerSchema) -> Json:
    found = components(customers)
    found["schemas"] |= model_schemas()
    return found | {
        "responses": shared.problem_responses(),
        "headers": shared.headers_of_answers(),
        "parameters": shared.parameters(),
        "securitySchemes": shared.security_schemes(),
    }
