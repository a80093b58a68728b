"""Every error a caller of this service may meet.

ServiceError (service_kit)
+- NotFoundError                404
|  +- UnknownCampaignError, UnknownCustomerError, UnknownImportError, UnknownPlanError
+- CampaignStateError           409  the campaign is in no state for this step
+- CampaignExistsError          409  the name belongs to another, already launched campaign
+- AudienceChangedError         409  the plan is not the one the caller has seen
+- SchemaChangedError           409  the model expects other fields than the plan's
+- UnderpoweredError            409  the campaign could not prove what its file asks it to
+- IdempotencyConflictError     409  the key came before with another request
+- InvalidRequestError          422  a parameter or the body of a request, field by field
+- MediaTypeError              415  a body of a type that this route does not take
+- InvalidCampaignError         422  the campaign file, one entry per bad field
+- ImportFileError              422  an uploaded file that cannot be read as customers
+- InvalidOutcomesError         422  posted outcomes, one entry per bad field
+- MalformedOutcomesError       400  a body that is no list of outcomes at all
+- NoLiveSchemaError            503  the worker has not yet asked churn-service for its schema
+- StoreBusyError               503  the database is locked by a long write
+- SpoolFullError               507  no room for an upload
DatabaseUrlError(ValueError)         a setting, found at start
LeaseLostError(Exception)            inside the worker: another one took the job over
"""

from service_kit.problems import ServiceError


class NotFoundError(ServiceError):
    """Nothing of that name is stored."""

    status, type, title = 404, "not-found", "There is nothing of that name"


class UnknownCampaignError(NotFoundError):
    """No campaign has that name."""

    type, title = "unknown-campaign", "There is no campaign of that name"


class UnknownCustomerError(NotFoundError):
    """No customer has that id."""

    type, title = "unknown-customer", "There is no customer with that id"


class UnknownImportError(NotFoundError):
    """No import has that id."""

    type, title = "unknown-import", "There is no import with that id"


class UnknownPlanError(NotFoundError):
    """The campaign has no plan, or not that one."""

    type, title = "unknown-plan", "There is no such plan"


class CampaignStateError(ServiceError):
    """The campaign's status does not allow the step."""

    status, type, title = 409, "campaign-state", "The campaign is in no state for this step"


class CampaignExistsError(ServiceError):
    """The name was used by a campaign that can no longer be edited."""

    status, type, title = 409, "campaign-exists", "The name belongs to another campaign"


class AudienceChangedError(ServiceError):
    """The plan to launch is not the one whose digest the caller expects."""

    status, type, title = 409, "audience-changed", "The plan is not the one you have seen"


class SchemaChangedError(ServiceError):
    """The served model expects other fields than the ones this plan was made with."""

    status, type, title = 409, "schema-changed", "The model's schema has changed"


class UnderpoweredError(ServiceError):
    """The file asks for a provable effect, and a campaign of this size has none."""

    status, type, title = 409, "underpowered", "The campaign is too small to prove its effect"


class IdempotencyConflictError(ServiceError):
    """An idempotency key came a second time with another request."""

    status, type, title = 409, "idempotency-conflict", "The key was used for another request"


class InvalidRequestError(ServiceError):
    """A parameter or the body of a request breaks rules; `errors` names each."""

    status, type, title = 422, "invalid-request", "The request has errors"


class MediaTypeError(ServiceError):
    """The content type of a body is none that the route takes."""

    status, type, title = 415, "unsupported-media-type", "The body cannot come in this type"


class InvalidCampaignError(ServiceError):
    """The campaign file breaks rules; `errors` names each."""

    status, type, title = 422, "invalid-campaign", "The campaign file has errors"


class ImportFileError(ServiceError):
    """An uploaded file cannot be read as a table of customers."""

    status, type, title = 422, "invalid-import", "The file cannot be imported"


class InvalidOutcomesError(ServiceError):
    """Posted outcomes break rules; `errors` names each, and nothing was stored."""

    status, type, title = 422, "invalid-outcomes", "The outcomes have errors"


class MalformedOutcomesError(ServiceError):
    """A body cannot be read as a list of outcomes."""

    status, type, title = 400, "malformed-outcomes", "The body is no list of outcomes"


class NoLiveSchemaError(ServiceError):
    """What a customer looks like is not known before churn-service was asked once."""

    status, type, title = 503, "no-schema", "The customer schema is not known yet"


class StoreBusyError(ServiceError):
    """The database could not be written in time."""

    status, type, title = 503, "store-busy", "The database is busy"


class SpoolFullError(ServiceError):
    """An upload does not fit on the disk."""

    status, type, title = 507, "spool-full", "There is no room for the upload"


class DatabaseUrlError(ValueError):
    """A database address that this service cannot use; the message says why."""


class LeaseLostError(Exception):
    """Another worker took over what this one was doing; stop without writing."""
