"""Ask churn-service for probabilities; believe only replies that fit the question.

A page of customers goes out as one JSON array. What comes back must have the same
number of predictions in the same order, all of the model version and the schema
that the plan began with.

Errors:
    ChurnServiceError
        ChurnUnavailableError   nobody answered in time; asking again later helps
        ChurnRefusedError       the service answers, but not with predictions
        ModelChangedError       another model or schema than the plan's; start again
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from churn_contract import headers as names
from churn_contract.errors import SchemaError
from churn_contract.prediction import Prediction
from churn_contract.problem import FieldError, Problem
from churn_contract.schema import CustomerSchema
from marketing_service.http_limits import HttpPolicyError, UpstreamUnavailableError
from marketing_service.http_policy import Call, HttpPolicy, Reply

PAGE_ROWS = 1_000


class ChurnServiceError(Exception):
    """No predictions; the message names cause and cure."""


class ChurnUnavailableError(ChurnServiceError):
    """The service did not answer in time."""


class ChurnRefusedError(ChurnServiceError):
    """The service answered with something else than the predictions asked for."""


class ModelChangedError(ChurnServiceError):
    """The served model or its schema is not the one this plan began with."""


class Pin(NamedTuple):
    """The model version and schema digest that a plan holds on to."""

    model_version: str
    schema_digest: str


@dataclass(frozen=True)
class LiveModel:
    """What churn-service serves now."""

    schema: CustomerSchema
    schema_digest: str
    model_version: str


@dataclass(frozen=True)
class Scored:
    """One page's answer, in the order of the question.

    Attributes:
        probabilities: Churn probability per customer; None for a refused one.
        refusals: Position of a refused customer -> why, in words.
        pin: Model version and schema digest that made the numbers.
    """

    probabilities: tuple[float | None, ...]
    refusals: Mapping[int, str]
    pin: Pin


class ChurnClient:
    """Call churn-service under one policy.

    Args:
        policy: Deadline, retries, breaker and limits of this upstream.
        base_url: Where churn-service (or the gateway before it) listens.
        api_key: Sent as X-API-Key; none where no gateway stands between.
        token_hex: Makes random hexadecimal text of some bytes, for trace ids.
    """

    def __init__(
        self,
        policy: HttpPolicy,
        base_url: str,
        api_key: str | None = None,
        *,
        token_hex: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self._policy = policy
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._token_hex = token_hex

    def live_model(self) -> LiveModel:
        """Fetch the schema of the model in charge.

        Raises:
            ChurnServiceError: The service is away or serves no usable schema.
        """
        reply = self._send(Call("GET", f"{self._base_url}/schema", headers=self._headers()))
        if reply.status != HTTPStatus.OK:
            raise ChurnRefusedError(_refusal_text(reply))
        pin = _pin_of(reply)
        try:
            schema = CustomerSchema.from_json(reply.body)
        except SchemaError as error:
            raise ChurnRefusedError(
                f"churn-service serves a schema this release cannot read: {error}. "
                "Run the same release of both services."
            ) from error
        if schema.digest != pin.schema_digest:
            raise ChurnRefusedError(
                "churn-service sent a schema that does not fit its digest; "
                "run the same release of both services"
            )
        return LiveModel(schema, pin.schema_digest, pin.model_version)

    def predict(
        self, records: Sequence[Mapping[str, object]], id_field: str | None, pin: Pin | None = None
    ) -> Scored:
        """Score one page; refused customers are named and the others scored.

        Args:
            records: Customers with canonical names, at most PAGE_ROWS.
            id_field: The schema's id field, to check the order; None without one.
            pin: What the plan began with; None on its first page.

        Raises:
            ChurnServiceError: No predictions that can be trusted.
        """
        reply, asked, refusals = self._ask(records)
        if reply.status != HTTPStatus.OK:
            raise ChurnRefusedError(_refusal_text(reply))
        found = _pin_of(reply)
        _check_pin(found, pin)
        expected = [_id_of(records[index], id_field) for index in asked]
        answers = dict(zip(asked, _read_predictions(reply.body, expected, found), strict=True))
        return Scored(tuple(map(answers.get, range(len(records)))), refusals, found)

    def _ask(
        self, records: Sequence[Mapping[str, object]]
    ) -> tuple[Reply, list[int], dict[int, str]]:
        """Ask for all, then for all but the refused, until no more are refused."""
        refusals: dict[int, str] = {}
        while True:
            asked = [index for index in range(len(records)) if index not in refusals]
            reply = self._post([records[index] for index in asked])
            if reply.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                return reply, asked, refusals
            refusals |= _refused(reply, asked)

    def _post(self, records: Sequence[Mapping[str, object]]) -> Reply:
        headers = {**self._headers(), "Content-Type": "application/json"}
        body = msgspec.json.encode(records)
        return self._send(Call("POST", f"{self._base_url}/predict", body, headers))

    def _send(self, call: Call) -> Reply:
        try:
            return self._policy.send(call)
        except UpstreamUnavailableError as error:
            raise ChurnUnavailableError(
                f"churn-service did not answer: {error}. Check that it runs and that "
                "MARKETING_CHURN_URL points to it."
            ) from error
        except HttpPolicyError as error:
            raise ChurnRefusedError(f"churn-service's answer cannot be used: {error}") from error

    def _headers(self) -> dict[str, str]:
        trace = f"00-{self._token_hex(16)}-{self._token_hex(8)}-01"
        headers = {names.TRACEPARENT: trace, "Accept": "application/json"}
        if self._api_key:
            headers[names.API_KEY] = self._api_key
        return headers


def _pin_of(reply: Reply) -> Pin:
    version = reply.headers.get(names.MODEL_VERSION, "")
    digest = reply.headers.get(names.SCHEMA_DIGEST, "")
    if not version or not digest:
        raise ChurnRefusedError(
            f"churn-service's answer lacks {names.MODEL_VERSION} or {names.SCHEMA_DIGEST}; "
            "check that MARKETING_CHURN_URL points to a churn-service"
        )
    return Pin(version, digest)


def _check_pin(found: Pin, pin: Pin | None) -> None:
    if pin is None or found == pin:
        return
    what = "schema" if found.schema_digest != pin.schema_digest else "model version"
    raise ModelChangedError(
        f"churn-service changed its {what} while the plan was made "
        f"({pin.model_version} -> {found.model_version})"
    )


def _id_of(record: Mapping[str, object], id_field: str | None) -> str | None:
    return None if id_field is None else str(record[id_field])


def _read_predictions(body: bytes, expected: Sequence[str | None], pin: Pin) -> list[float]:
    try:
        predictions = msgspec.json.decode(body, type=list[Prediction])
    except (msgspec.DecodeError, ValueError) as error:
        raise ChurnRefusedError(
            "churn-service's answer is no complete list of predictions"
        ) from error
    if len(predictions) != len(expected):
        raise ChurnRefusedError(
            f"churn-service answered {len(predictions)} predictions for {len(expected)} customers"
        )
    for prediction, customer_id in zip(predictions, expected, strict=True):
        _check_prediction(prediction, customer_id, pin)
    return [prediction.churn_probability for prediction in predictions]


def _check_prediction(prediction: Prediction, customer_id: str | None, pin: Pin) -> None:
    if customer_id is not None and prediction.customer_id != customer_id:
        raise ChurnRefusedError("churn-service answered in another order than asked")
    if prediction.model_version != pin.model_version:
        raise ChurnRefusedError("churn-service mixed two model versions in one answer")
    if not 0.0 <= prediction.churn_probability <= 1.0:
        raise ChurnRefusedError("churn-service answered a probability outside 0 to 1")


def _refused(reply: Reply, asked: Sequence[int]) -> dict[int, str]:
    """Map the positions that the service names to a reason in words."""
    reasons: dict[int, str] = {}
    for error in _problem(reply).errors:
        position = error.pointer.removeprefix("/").partition("/")[0]
        if position.isdecimal() and int(position) < len(asked):
            reasons.setdefault(asked[int(position)], _reason(error))
    if not reasons:
        raise ChurnRefusedError(_refusal_text(reply))
    return reasons


def _reason(error: FieldError) -> str:
    return f"{error.field}: {error.code}" if error.field else error.code


def _problem(reply: Reply) -> Problem:
    try:
        return msgspec.json.decode(reply.body, type=Problem)
    except (msgspec.DecodeError, ValueError):
        return Problem(type="about:blank", title="no explanation", status=reply.status)


CURES: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "Check MARKETING_CHURN_API_KEY_FILE.",
    HTTPStatus.FORBIDDEN: "The access key needs the scope for predictions.",
    HTTPStatus.NOT_FOUND: "Check MARKETING_CHURN_URL.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Train a model or wait until the service is ready.",
}


def _refusal_text(reply: Reply) -> str:
    problem = _problem(reply)
    words = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
    cure = CURES.get(reply.status, "")
    return f"churn-service answered {reply.status} ({words}). {cure}".rstrip()
