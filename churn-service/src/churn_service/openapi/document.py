"""The whole document: paths of every noun over the components they share."""

from collections.abc import Callable
from typing import NamedTuple

from churn_contract.openapi import components
from churn_contract.schema import CustomerSchema
from churn_service.openapi import shared
from churn_service.openapi.describing import describing_paths
from churn_service.openapi.explaining import explaining_paths, explaining_schemas
from churn_service.openapi.health import health_paths
from churn_service.openapi.jobs import job_paths, job_schemas
from churn_service.openapi.models import model_paths, model_schemas
from churn_service.openapi.open_inference import open_inference_paths, open_inference_schemas
from churn_service.openapi.parts import Json, Paths
from churn_service.openapi.platforms import platform_paths, platform_schemas
from churn_service.openapi.scoring import scoring_paths, scoring_schemas

_DESCRIPTION = """\
Scores customers by one loaded version of a model. Every answer names that version; every error \
is a problem (RFC 9457) that names the wrong fields and never repeats what was sent."""
_SCHEMAS = (
    scoring_schemas,
    explaining_schemas,
    open_inference_schemas,
    platform_schemas,
    job_schemas,
    model_schemas,
)


class Subject(NamedTuple):
    """What the document speaks of.

    Attributes:
        code_version: Version of the service.
        model_name: Name of the model.
        model_version: Version of the model in charge.
        customers: The schema of that version.
        media_types: What bodies of customers may be, the usual one first.
        address: Where callers reach the service; empty: where the document was fetched.
    """

    code_version: str
    model_name: str
    model_version: str
    customers: CustomerSchema
    media_types: tuple[str, ...]
    address: str = ""


def describe(subject: Subject, is_served: Callable[[str], bool]) -> Json:
    """Return the OpenAPI document of the paths for which `is_served` is true."""
    paths = {path: methods for path, methods in _all_paths(subject).items() if is_served(path)}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": f"Churn service ({subject.customers.name})",
            "version": f"{subject.code_version}+{subject.model_version}",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": subject.address or "/"}],
        "tags": _tags(paths),
        "paths": {
            path: {method: operation.described() for method, operation in methods.items()}
            for path, methods in paths.items()
        },
        "components": _components(subject.customers),
    }


def _all_paths(subject: Subject) -> Paths:
    return (
        scoring_paths(subject.customers, subject.media_types)
        | explaining_paths(subject.customers)
        | open_inference_paths(subject.customers, subject.model_name, subject.model_version)
        | platform_paths(subject.customers, subject.model_name)
        | job_paths(subject.customers)
        | model_paths(subject.model_version)
        | describing_paths()
        | health_paths()
    )


def _tags(paths: Paths) -> list[Json]:
    names = (operation.tag for methods in paths.values() for operation in methods.values())
    return [{"name": name} for name in dict.fromkeys(names)]


def _components(customers: CustomerSchema) -> Json:
    found = components(customers)
    for part in _SCHEMAS:
        found["schemas"] |= part()
    return found | {
        "responses": shared.problem_responses(),
        "headers": shared.headers_of_answers(),
        "parameters": shared.parameters(),
        "securitySchemes": shared.security_schemes(),
    }
