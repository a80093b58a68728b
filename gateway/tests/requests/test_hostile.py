from typing import Any

import pytest

HOST = "Host: localhost\r\n"
NOT_CANONICAL = [
    "/%70redict",
    "/pre%64ict",
    "//predict",
    "/predict/",
    "/./predict",
    "/v1/../predict",
    "/v1/%2e%2e/predict",
    "/predict%2f",
    "/predict%00",
    "/predict;",
    "/predict;x=1",
    "/v1//campaigns",
    "/v1/campaigns/..%2f..%2fmetrics",
    "/.git/config",
    "/v1/.hidden",
    "/predict\\x",
    "/%2e%2e/",
    "/v1/campaigns/%c3%a9",
    "/v1/campaigns/a%20b",
    "/score/static/../../predict",
    "/score/static/..%2fpredict",
    "/mailbox/%2e%2e/predict",
]
MALFORMED = {
    "no host": "GET /ping HTTP/1.1\r\n\r\n",
    "two hosts": f"GET /ping HTTP/1.1\r\n{HOST}Host: other\r\n\r\n",
    "a bad host": "GET /ping HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "length and chunks": f"POST /predict HTTP/1.1\r\n{HOST}Content-Length: 3\r\n"
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": f"POST /predict HTTP/1.1\r\n{HOST}Content-Length: 3\r\n"
    "Content-Length: 3\r\n\r\nabc",
    "a signed length": f"POST /predict HTTP/1.1\r\n{HOST}Content-Length: +1\r\n\r\na",
    "chunks in 1.0": f"POST /predict HTTP/1.0\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded header": f"GET /ping HTTP/1.1\r\n{HOST}X-A: a\r\n b\r\n\r\n",
    "a zero byte": f"GET /ping HTTP/1.1\r\n{HOST}X-A: a\0b\r\n\r\n",
    "a space before the colon": f"GET /ping HTTP/1.1\r\n{HOST}X-A : a\r\n\r\n",
    "no path": f"GET * HTTP/1.1\r\n{HOST}\r\n",
    "a lower-case method": f"get /ping HTTP/1.1\r\n{HOST}\r\n",
    "garbage": "garbage\r\n\r\n",
    "too many headers": f"GET /ping HTTP/1.1\r\n{HOST}"
    + "".join(f"X-{number}: a\r\n" for number in range(70))
    + "\r\n",
    "a header that is too long": f"GET /ping HTTP/1.1\r\n{HOST}X-A: {'a' * 40_000}\r\n\r\n",
    "two bearers": f"GET /ping HTTP/1.1\r\n{HOST}Authorization: Bearer a\r\n"
    "Authorization: Bearer b\r\n\r\n",
}


@pytest.mark.parametrize("path", NOT_CANONICAL)
def test_a_path_has_one_spelling_only(door: Any, recorder: Any, made_keys: Any, path: str) -> None:
    answer = door.ask("GET", path, X_API_Key=made_keys["demo"][1])
    assert answer.status == 400
    assert answer.problem in {"path-not-canonical", "malformed-request"}
    assert recorder.seen() == []


def test_a_raw_byte_above_ascii_is_not_canonical(door: Any, recorder: Any) -> None:
    answer = door.send(f"GET /v1/caf\u00e9 HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode())
    assert (answer.status, answer.problem) == (400, "path-not-canonical")
    assert recorder.seen() == []


def test_an_absolute_address_cannot_smuggle_another_spelling(door: Any, recorder: Any) -> None:
    target = "http://localhost/%70redict"
    answer = door.send(f"GET {target} HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode())
    assert answer.status == 400
    assert recorder.seen() == []


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_a_400_and_goes_nowhere(door: Any, recorder: Any, name: str) -> None:
    answer = door.send(MALFORMED[name].encode("latin-1"))
    assert (answer.status, answer.problem) == (400, "malformed-request")
    assert recorder.seen() == []


def test_an_address_that_is_too_long_is_a_414(door: Any) -> None:
    answer = door.ask("GET", "/" + "a" * 9000)
    assert (answer.status, answer.problem) == (414, "uri-too-long")


def test_an_unknown_version_is_a_505(door: Any) -> None:
    answer = door.send(f"GET /ping HTTP/3.0\r\n{HOST}\r\n".encode())
    assert (answer.status, answer.problem) == (505, "version-not-supported")


def test_an_unknown_transfer_encoding_is_a_501(door: Any) -> None:
    answer = door.ask("POST", "/predict", Transfer_Encoding="gzip, chunked", content_length="0")
    assert answer.status in {400, 501}
    data = f"POST /predict HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip, chunked\r\n\r\n"
    answer = door.send(data.encode())
    assert (answer.status, answer.problem) == (501, "not-implemented")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_methods_of_proxies_are_refused(door: Any, recorder: Any, method: str) -> None:
    answer = door.ask(method, "/predict")
    assert answer.status in {400, 405}
    assert recorder.seen() == []


@pytest.mark.parametrize("host", ["evil.example", "169.254.1.1", "localhost.evil.example"])
def test_a_request_for_another_host_is_closed(door: Any, recorder: Any, host: str) -> None:
    assert door.send(f"GET /ping HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()) is None
    assert recorder.seen() == []


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:18080", "gateway"])
def test_its_own_hosts_are_answered_at_any_port(door: Any, host: str) -> None:
    assert door.ask("GET", "/health/live", host=host).status == 200


@pytest.mark.parametrize(
    "where", ["/ping?key={}", "/v1/campaigns/{}", "/{}", "/ping?a=1&b={}#", "/{}/../x"]
)
def test_a_key_in_the_address_is_refused_before_anything_logs_it(
    door: Any, recorder: Any, made_keys: Any, where: str
) -> None:
    answer = door.ask("GET", where.format(made_keys["demo"][1]))
    assert (answer.status, answer.problem) == (400, "key-in-url")
    assert made_keys["demo"][1].encode() not in answer.body
    assert recorder.seen() == []


@pytest.mark.parametrize("prefix", ["%63hk_live_", "ch%6B_live_", "chk%5flive_", "chk_%6Cive_"])
def test_a_key_in_the_query_is_found_when_it_is_encoded(door: Any, prefix: str) -> None:
    answer = door.ask("GET", f"/ping?key={prefix}{'A' * 38}")
    assert (answer.status, answer.problem) == (400, "key-in-url")


@pytest.mark.parametrize(
    "credentials",
    [
        "X-API-Key: {0}\r\nX-API-Key: {0}",
        "X-API-Key: {0}\r\nAuthorization: Bearer {0}",
        "X-API-Key: {0}, {0}",
        "X-API-Key: {0}x",
        "Authorization: Basic {0}",
        "Authorization: {0}",
        "Authorization: Bearer {0} {0}",
        "Authorization: Bearer",
    ],
)
def test_a_credential_that_is_not_exactly_one_key_is_malformed(
    door: Any, recorder: Any, made_keys: Any, credentials: str
) -> None:
    lines = credentials.format(made_keys["demo"][1])
    data = f"GET /schema HTTP/1.1\r\n{HOST}Connection: close\r\n{lines}\r\n\r\n"
    answer = door.send(data.encode())
    assert (answer.status, answer.problem) == (401, "key-malformed")
    assert recorder.seen() == []


def test_a_key_in_another_case_is_another_key(door: Any, made_keys: Any) -> None:
    key = made_keys["demo"][1]
    answer = door.ask("GET", "/schema", X_API_Key=key[:9] + key[9:].swapcase())
    assert answer.problem == "key-unknown"


@pytest.mark.parametrize("spelling", ["X_API_Key", "x-api_key"])
def test_an_underscore_does_not_make_a_key_header(door: Any, made_keys: Any, spelling: str) -> None:
    data = f"GET /schema HTTP/1.1\r\n{HOST}{spelling}: {made_keys['demo'][1]}\r\n\r\n"
    assert door.send(data.encode()).problem == "key-missing"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_word_bearer_may_have_any_case(door: Any, made_keys: Any, scheme: str) -> None:
    answer = door.ask("GET", "/schema", Authorization=f"{scheme} {made_keys['predict'][1]}")
    assert answer.status == 200
