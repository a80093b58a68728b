"""Bodies: no more than the limit is read, with and without a declared length."""

import io

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from service_kit.bodies import limit_body, read_body


class Chunks(io.BytesIO):
    """A body whose length nobody knows, as a server hands over a chunked one."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise OSError


def post_chunked(client: FlaskClient, path: str, body: bytes) -> tuple[int, str]:
    terminated = {"wsgi.input_terminated": True, "wsgi.input": Chunks(body)}
    answer = client.post(path, environ_overrides=terminated)
    return answer.status_code, answer.text


def test_a_chunked_body_within_the_limit_is_read(client: FlaskClient) -> None:
    assert post_chunked(client, "/greet", b"x" * 100) == (200, "hello 100")


def test_a_chunked_body_over_the_limit_is_413_and_not_cut(client: FlaskClient) -> None:
    status, text = post_chunked(client, "/greet", b"x" * 101)
    assert status == 413
    assert "/problems/body-too-large" in text


def test_a_view_may_widen_the_limit(app: Flask, client: FlaskClient) -> None:
    def wide() -> str:
        limit_body(1000)
        return str(len(request.get_data()))

    app.add_url_rule("/wide", view_func=wide, methods=["POST"])
    assert post_chunked(client, "/wide", b"x" * 500) == (200, "500")
    assert client.post("/wide", data=b"x" * 500).text == "500"
    assert post_chunked(client, "/wide", b"x" * 1001)[0] == 413


@pytest.mark.parametrize("size", [0, 1, 70_000, 200_000])
def test_without_a_limit_everything_is_read(app: Flask, client: FlaskClient, size: int) -> None:
    def boundless() -> str:
        limit_body(None)
        return str(len(request.get_data()))

    app.add_url_rule("/boundless", view_func=boundless, methods=["POST"])
    assert post_chunked(client, "/boundless", b"x" * size) == (200, str(size))


class Dribble(io.BytesIO):
    """A body of known length that comes in small pieces."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 7))


@pytest.fixture
def reading(app: Flask, client: FlaskClient) -> FlaskClient:
    def whole() -> str:
        limit_body(100)
        return str(len(read_body()))

    app.add_url_rule("/whole", view_func=whole, methods=["POST"])
    return client


def test_a_body_is_read_whole_within_its_limit(reading: FlaskClient) -> None:
    assert reading.post("/whole", data=b"x" * 100).text == "100"
    assert reading.post("/whole", data=b"x" * 101).status_code == 413
    assert post_chunked(reading, "/whole", b"x" * 100) == (200, "100")
    assert post_chunked(reading, "/whole", b"x" * 101)[0] == 413
    assert reading.post("/whole").text == "0"


@pytest.mark.parametrize(("sent", "status"), [(50, 200), (49, 400)])
def test_a_body_that_ends_early_is_400(reading: FlaskClient, sent: int, status: int) -> None:
    environ = {"wsgi.input": Dribble(b"x" * sent), "CONTENT_LENGTH": "50"}
    assert reading.post("/whole", environ_overrides=environ).status_code == status


def test_lines_can_be_read_from_a_bounded_body(app: Flask, client: FlaskClient) -> None:
    def lines() -> str:
        return str([line.decode() for line in request.stream])

    app.add_url_rule("/lines", view_func=lines, methods=["POST"])
    assert post_chunked(client, "/lines", b"a\nb\n") == (200, r"['a\n', 'b\n']")
