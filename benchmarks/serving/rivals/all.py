"""The rivals that are measured, and how each is asked for one prediction."""

import json

from benchmarks.serving.client import Request
from benchmarks.serving.rivals.rival import Rival

_SCORER = ("msgspec==0.22.0",)
_MLSERVER = ("mlserver==1.7.1", *_SCORER)
_SKLEARN = ("scikit-learn==1.9.1", "pandas==3.1.1")


def _plain(customer: bytes) -> Request:
    return Request("/predict", customer)


def _tensors(customer: bytes) -> Request:
    """Return one tensor per field, as clients of the protocol send a row of a table."""
    record = json.loads(customer)
    inputs = [
        {"name": name, "datatype": _datatype(value), "shape": [1], "data": [value]}
        for name, value in record.items()
    ]
    return Request("/v2/models/churn/infer", json.dumps({"inputs": inputs}).encode())


def _datatype(value: object) -> str:
    return "BYTES" if isinstance(value, str) else "FP64"


def _bento(customer: bytes) -> Request:
    return Request("/predict", b'{"customer":' + customer + b"}")


def _infer(customer: bytes) -> Request:
    """Return one tensor per field, as pandas codecs of the protocol's servers take them."""
    record = json.loads(customer)
    inputs = [_tensor(name, value) for name, value in record.items()]
    body = {"parameters": {"content_type": "pd"}, "inputs": inputs}
    return Request("/v2/models/churn/infer", json.dumps(body).encode())


def _tensor(name: str, value: object) -> dict[str, object]:
    kind = {"content_type": "str"} if isinstance(value, str) else {"content_type": "np"}
    shape = [1, 1]
    return {
        "name": name,
        "datatype": _datatype(value),
        "shape": shape,
        "data": [value],
        "parameters": kind,
    }


def _mlflow(customer: bytes) -> Request:
    body = {"dataframe_records": [json.loads(customer)]}
    return Request("/invocations", json.dumps(body).encode())


RIVALS = (
    Rival("LitServe", "litserve", ("litserve==0.2.19", *_SCORER), "litserve_server.py", _plain, 10),
    Rival("MLServer", "mlserver", _MLSERVER, "mlserver_server.py", _tensors, 15),
    Rival(
        "MLServer, a route of its own beside the protocol",
        "mlserver",
        _MLSERVER,
        "mlserver_server.py",
        _plain,
        None,
    ),
    Rival("BentoML", "bentoml", ("bentoml==1.4.40", *_SCORER), "bentoml_server.py", _bento, 15),
    Rival(
        "course service (Flask, gunicorn, DictVectorizer)",
        "course",
        ("flask==3.1.3", "gunicorn==27.0.1", *_SKLEARN),
        "course_server.py",
        _plain,
        10,
        same_scorer=False,
    ),
    Rival(
        "MLServer, its scikit-learn runtime",
        "mlserver-sklearn",
        ("mlserver==1.7.1", "mlserver-sklearn==1.7.1", *_SKLEARN),
        "mlserver_sklearn_server.py",
        _infer,
        100,
        same_scorer=False,
    ),
    Rival(
        "MLflow, its scikit-learn flavour",
        "mlflow",
        ("mlflow==3.17.2", *_SKLEARN),
        "mlflow_server.py",
        _mlflow,
        100,
        same_scorer=False,
    ),
)
