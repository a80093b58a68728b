"""Paths of bulk jobs: files that take longer than a request."""

from collections.abc import Iterable

from churn_contract.openapi import example_customer, types_of
from churn_contract.schema import CustomerSchema
from churn_service.jobs.job import Order, Progress
from churn_service.jobs.work import RESULT_FORM_OF, file_types, first_name
from churn_service.jobs_api import FileOrder
from churn_service.openapi.customer_text import csv_of, lines_of_json
from churn_service.openapi.parts import (
    JSON,
    Json,
    Operation,
    Paths,
    answer,
    array_of,
    example,
    lines_of,
    media,
    path_parameter,
    record_of,
    ref,
    schema,
)

_TAG = "Jobs"
_OFF = 501
_STRING: Json = {"type": "string"}
_NOT_SHOWN = ("owner", "key", "path")


def job_paths(customers: CustomerSchema) -> Paths:
    """Return the paths of jobs over customers of this schema."""
    job = path_parameter("job", "Id of the job, as POST /jobs answered.", "20260102-0123456789ab")
    return {
        "/jobs": {"get": _all(), "post": _create(customers)},
        "/jobs/{job}": {"get": _show(job), "delete": _end(job)},
        "/jobs/{job}/result": {"get": _result(job)},
    }


def job_schemas() -> Json:
    """Return the component schemas that these paths use."""
    order, progress = types_of(Order)["Order"], types_of(Progress)["Progress"]
    members = order["properties"] | progress["properties"]
    members["share_read"] = {"type": "number", "minimum": 0, "maximum": 1}
    shown = {name: member for name, member in members.items() if name not in _NOT_SHOWN}
    job = {
        "type": "object",
        "description": "What was asked for, how far it is, how it ended.",
        "properties": shown,
        "required": list(shown),
    }
    return {"Job": job} | types_of(FileOrder)


def _create(customers: CustomerSchema) -> Operation:
    names = ("ModelVersion", "IdempotencyKey", "Prefer", "RequestId")
    done = answer("Taken; it is scored later.", {JSON: media(schema("Job"))}, "Location")
    known = answer("The job that this key has made before.", {JSON: media(schema("Job"))})
    named = {"path": "customers.csv"}
    return Operation(
        id="create_job",
        tag=_TAG,
        summary="Score a file",
        description="Send the file with its length, as it is or with gzip, or name "
        "one of the service's data folder as JSON. `Accept` is the type of the result.",
        parameters=[ref("parameters", name) for name in names],
        bodies=_bodies(customers)
        | {JSON: media(schema("FileOrder"), named=example(named, "A file that is not there", 404))},
        answers={"202": done, "200": known},
        refusals=(400, 404, 409, 411, 413, 415, _OFF, 503, 507),
    )


def _bodies(customers: CustomerSchema) -> Json:
    lines = lines_of_json([example_customer(customers)])
    shown = {
        "text/csv": media(_STRING, file=example(csv_of(customers), "A file with a header", 202)),
        "application/x-ndjson": media(
            lines_of(schema("Customer"), "One customer per line."),
            lines=example(lines, "A customer per line", 202),
        ),
    }
    others = (kind for kind in file_types() if kind not in shown)
    return shown | {kind: media(_file()) for kind in others}


def _file() -> Json:
    return {"description": "A file of this type. Bytes."}


def _all() -> Operation:
    return Operation(
        id="jobs",
        tag=_TAG,
        summary="Your jobs, the newest first",
        answers={
            "200": answer("The jobs.", {JSON: media(record_of(jobs=array_of(schema("Job"))))})
        },
        refusals=(_OFF,),
    )


def _show(job: Json) -> Operation:
    return Operation(
        id="job",
        tag=_TAG,
        summary="How far a job is",
        parameters=[job],
        answers={"200": answer("The job.", {JSON: media(schema("Job"))})},
        refusals=(404, _OFF),
    )


def _end(job: Json) -> Operation:
    return Operation(
        id="end_job",
        tag=_TAG,
        summary="Stop a job, or remove one that has ended",
        parameters=[job],
        answers={
            "202": answer("It stops.", {JSON: media(schema("Job"))}),
            "204": {"description": "It is removed."},
        },
        refusals=(404, _OFF),
    )


def _result(job: Json) -> Operation:
    kinds: Iterable[str] = dict.fromkeys(map(first_name, RESULT_FORM_OF))
    contents = {kind: media(_file()) for kind in kinds}
    part = {"description": "The part that the header Range asks for.", "content": contents}
    return Operation(
        id="job_result",
        tag=_TAG,
        summary="The result of a job that is done",
        description="In the type that was asked for; parts of it by the header Range.",
        parameters=[job, ref("parameters", "IfNoneMatch")],
        answers={
            "200": answer("The result.", contents, "ETag"),
            "206": part,
            "304": {"description": "You have it already."},
        },
        refusals=(404, 409, _OFF),
    )
