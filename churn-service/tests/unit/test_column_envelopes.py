"""Forms of columns are there when their extras are; without them 415 names the extra."""

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from churn_service import column_envelopes
from churn_service.envelopes.form import Envelopes
from churn_service.envelopes.json import JsonEnvelope
from churn_service.errors import UnsupportedBodyError

EXTRAS = {
    column_envelopes.ARROW_STREAM: "churn-service[arrow]",
    column_envelopes.PARQUET: "churn-service[parquet]",
}


def request_of(media_type: str) -> Request:
    return Request(EnvironBuilder(method="POST", content_type=media_type).get_environ())


@pytest.mark.parametrize("media_type", EXTRAS)
def test_without_the_extra_the_answer_names_it(
    media_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(column_envelopes, "find_spec", lambda _: None)
    envelopes = Envelopes(JsonEnvelope(), *column_envelopes.column_envelopes())
    with pytest.raises(UnsupportedBodyError) as error:
        envelopes.reader(request_of(media_type))
    assert EXTRAS[media_type] in error.value.detail
    assert media_type not in error.value.headers["Accept-Post"]


def test_numpy_alone_gives_streams_and_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_envelopes, "find_spec", lambda name: name == "numpy" or None)
    types = {name for each in column_envelopes.column_envelopes() for name in each.media_types}
    assert column_envelopes.ARROW_STREAM in types
    assert column_envelopes.PARQUET not in types
