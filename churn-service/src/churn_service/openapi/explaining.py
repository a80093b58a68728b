"""The path that says why a customer got a score."""

from churn_contract.openapi import example_customer, types_of
from churn_contract.schema import CustomerSchema
from churn_service.envelopes.ignored import IGNORED_FIELDS
from churn_service.explanations import Explanation
from churn_service.openapi.parts import (
    JSON,
    Json,
    Operation,
    Paths,
    answer,
    array_of,
    example,
    media,
    ref,
    schema,
)


def explaining_paths(customers: CustomerSchema) -> Paths:
    """Return the path that explains customers of this schema."""
    good = example_customer(customers)
    both = {"oneOf": [schema("Customer"), array_of(schema("Customer"))]}
    found = {"oneOf": [schema("Explanation"), array_of(schema("Explanation"))]}
    names = ("ModelVersion", "RequestId", "DeadlineMs")
    operation = Operation(
        id="explain",
        tag="Scoring",
        summary="Score customers and say why",
        description="How much each field moved the score, compared with the average customer, "
        "and what the probability would be with other values of the fields that can be changed: "
        "associations, not effects.",
        parameters=[ref("parameters", name) for name in names],
        bodies={
            JSON: media(
                both,
                one=example(good, "One customer"),
                several=example([good, good], "Several customers"),
            )
        },
        answers={"200": answer("Explained.", {JSON: media(found)}, IGNORED_FIELDS)},
        refusals=(400, 404, 406, 413, 415, 422, 503, 504),
    )
    return {"/explain": {"post": operation}}


def explaining_schemas() -> Json:
    """Return the component schemas that this path uses."""
    return types_of(Explanation)
