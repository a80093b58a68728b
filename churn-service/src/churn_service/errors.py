"""The serving part's errors; each becomes one problem document.

ServiceError (service_kit)
├── CrossSiteError             a form was sent by another site          (403)
├── NoModelError               no model can be served yet                (503)
├── VersionNotLoadedError      a request names a version that is not loaded (404)
├── VersionNotFoundError       the registry has no such version         (404)
├── RefusedPromotionError      the gate or a rule forbids the promotion (409)
├── RegistryReadOnlyError      the registry folder cannot be written    (503)
├── UnreadableBodyError        the body is not what its type promises    (400)
├── RefusedCustomersError      customers do not fit the schema           (422)
├── TooManyCustomersError      the body holds more customers than allowed (413)
├── UnsupportedBodyError       the body's media type is not taken        (415)
├── NoAcceptableAnswerError    no answer has a type the caller takes     (406)
├── JobsOffError               bulk jobs are not set up                  (501)
├── JobNotFoundError           there is no such job                      (404)
├── JobNotDoneError            the job has no result                     (409)
├── KeyReusedError             an Idempotency-Key has another order      (409)
├── TooManyJobsError           as many jobs wait as may                  (503)
├── LengthRequiredError        an upload does not say how long it is     (411)
├── StorageFullError           there is no room for an upload            (507)
└── FileNotFoundInDataError    the data folder has no such file          (404)
"""

from churn_contract.errors import (
    InvalidCustomersError,
    MalformedBodyError,
    TooManyRowsError,
)
from service_kit.problems import ServiceError

Refusal = MalformedBodyError | TooManyRowsError | InvalidCustomersError
REFUSALS = (MalformedBodyError, TooManyRowsError, InvalidCustomersError)


class CrossSiteError(ServiceError):
    """A form that changes something was not sent by a page of this origin."""

    status, type, title = 403, "cross-site", "The request came from another site"


class NoModelError(ServiceError):
    """No version of the model has been loaded; the detail says why."""

    status, type, title = 503, "no-model", "No model is being served"


class VersionNotLoadedError(ServiceError):
    """A request names a version or alias that this process has not loaded."""

    status, type, title = 404, "version-not-loaded", "This version is not loaded"


class VersionNotFoundError(ServiceError):
    """The registry has no such version or alias."""

    status, type, title = 404, "version-not-found", "There is no such version"


class RefusedPromotionError(ServiceError):
    """The gate failed or never ran, or a rule of the life cycle forbids the promotion."""

    status, type, title = 409, "promotion-refused", "The version is not promoted"


class RegistryReadOnlyError(ServiceError):
    """The registry folder cannot be written by this process."""

    status, type, title = 503, "registry-read-only", "The registry cannot be written here"


class UnreadableBodyError(ServiceError):
    """The body is broken: syntax, encoding or keys that stand twice."""

    status, type, title = 400, "malformed-body", "The body cannot be read"


class RefusedCustomersError(ServiceError):
    """At least one customer does not fit the served model's schema."""

    status, type, title = 422, "invalid-customers", "Some fields are wrong"


class TooManyCustomersError(ServiceError):
    """The body holds more customers than one request may carry."""

    status, type, title = 413, "body-too-large", "Too many customers in one body"


class UnsupportedBodyError(ServiceError):
    """The body's media type, charset or coding is not taken at this address."""

    status, type, title = 415, "unsupported-media-type", "The body's media type is not taken"


class NoAcceptableAnswerError(ServiceError):
    """The caller accepts none of the types this address can answer with."""

    status, type, title = 406, "not-acceptable", "No acceptable answer"


class JobsOffError(ServiceError):
    """Bulk jobs are not set up here."""

    status, type, title = 501, "jobs-off", "Bulk jobs are switched off"


class JobNotFoundError(ServiceError):
    """There is no such job, or it belongs to somebody else."""

    status, type, title = 404, "job-not-found", "There is no such job"


class JobNotDoneError(ServiceError):
    """The job has no result: it has not ended, or not well."""

    status, type, title = 409, "job-not-done", "The job has no result"


class KeyReusedError(ServiceError):
    """An Idempotency-Key came with another order than the first time."""

    status, type, title = 409, "key-reused", "The Idempotency-Key was used for something else"


class TooManyJobsError(ServiceError):
    """As many jobs wait as may wait."""

    status, type, title = 503, "too-many-jobs", "Too many jobs are waiting"


class LengthRequiredError(ServiceError):
    """An upload does not say how long it is, so nobody could tell that it broke off."""

    status, type, title = 411, "length-required", "The upload must say how long it is"


class StorageFullError(ServiceError):
    """There is no room on the disk for what was sent."""

    status, type, title = 507, "storage-full", "There is no room for the file"


class FileNotFoundInDataError(ServiceError):
    """A job names a file that the data folder does not have."""

    status, type, title = 404, "file-not-found", "There is no such file"


def refusal_of(error: Refusal) -> ServiceError:
    """Turn a refusal of the contract into the error that HTTP callers see."""
    if isinstance(error, MalformedBodyError):
        return UnreadableBodyError(_sentence(str(error)))
    if isinstance(error, TooManyRowsError):
        return TooManyCustomersError(_sentence(str(error)))
    return RefusedCustomersError(_summary(error), errors=error.errors)


def _summary(error: InvalidCustomersError) -> str:
    if error.total > len(error.errors):
        return (
            f"{error.total} errors; the first {len(error.errors)} are listed. Nothing was scored."
        )
    count = "1 error" if error.total == 1 else f"{error.total} errors"
    return f"{count}; nothing was scored."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
