import io
from typing import Any

import pytest

CSV = b"customerID,tenure,email\nc1,3,a@example.test\n"
PATH = "/v1/imports?filename=c.csv&map=email=email"


def upload(api: Any, body: bytes = CSV, path: str = PATH) -> Any:
    return api.client.post(path, data=body, content_type="text/csv")


def test_an_upload_waits_for_the_worker(api: Any) -> None:
    reply = upload(api)
    assert reply.status_code == 202
    shown = reply.json
    assert (shown["state"], shown["filename"]) == ("queued", "c.csv")
    assert api.get(reply.headers["Location"]).json == shown


def test_the_same_file_again_is_the_earlier_import(api: Any) -> None:
    first = upload(api).json["id"]
    again = upload(api)
    assert again.json["id"] == first


def test_imports_are_listed_newest_first(api: Any) -> None:
    ids = [upload(api, CSV + bytes([97 + n]) + b",1,\n").json["id"] for n in range(2)]
    assert {item["id"] for item in api.get("/v1/imports").json["imports"]} == set(ids)


def test_the_rejects_come_as_csv(api: Any) -> None:
    reply = api.client.get(f"/v1/imports/{upload(api).json['id']}/rejects")
    assert (reply.mimetype, reply.text.strip()) == ("text/csv", "line,field,code,reason,raw")


def test_unknown_imports_are_404(api: Any) -> None:
    for path in ("/v1/imports/none", "/v1/imports/none/rejects"):
        assert api.get(path).json["type"] == "/problems/unknown-import"


def test_an_empty_file_is_refused(api: Any) -> None:
    assert upload(api, b"").json["type"] == "/problems/invalid-import"


def test_a_file_beyond_the_limit_is_refused(api: Any) -> None:
    assert upload(api, CSV + b"x" * 1_000_001).status_code == 413


def test_a_file_may_be_larger_than_other_bodies(api: Any) -> None:
    assert upload(api, CSV + b"c2,4,b@example.test\n" * 10_000).status_code == 202


@pytest.mark.parametrize(("size", "left"), [(300_000, 0), (1_500_000, 500_000)])
def test_a_refused_upload_is_read_to_its_end_within_the_limit(
    api: Any, size: int, left: int
) -> None:
    body = io.BytesIO(b"x" * size)
    reply = api.client.post("/v1/imports?map=nonsense", input_stream=body, content_length=size)
    assert reply.status_code in {413, 422}
    assert len(body.read()) == left


def test_a_file_of_a_header_alone_is_refused(api: Any) -> None:
    reply = upload(api, CSV.splitlines(keepends=True)[0])
    assert reply.json["type"] == "/problems/invalid-import"


def test_an_import_shows_its_notes(api: Any) -> None:
    assert upload(api).json["notes"] == []
