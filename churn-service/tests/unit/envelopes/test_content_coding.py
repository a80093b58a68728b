"""Compressed bodies: whole ones are inflated up to the limit, all others refused."""

import gzip
import zlib

import pytest
from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge

from churn_service.envelopes.content_coding import read_content
from churn_service.errors import UnreadableBodyError, UnsupportedBodyError

TEXT = b"customers " * 20_000


def read(body: bytes, coding: str, max_bytes: int = 1_000_000) -> bytes:
    headers = {"Content-Encoding": coding}
    with Flask("test").test_request_context("/", method="POST", data=body, headers=headers):
        return read_content(request, max_bytes)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("X-GZIP", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:70_000]) + gzip.compress(TEXT[70_000:])),
        ("gzip", b"".join(gzip.compress(TEXT[n : n + 500]) for n in range(0, len(TEXT), 500))),
    ],
)
def test_a_whole_body_is_inflated(coding: str, body: bytes) -> None:
    assert read(body, coding) == TEXT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"customers",
        gzip.compress(TEXT)[:-1],
        gzip.compress(TEXT) + b"more",
        gzip.compress(TEXT) + gzip.compress(TEXT)[:9],
        gzip.compress(b"") * 1_001,
    ],
)
def test_a_damaged_body_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableBodyError):
        read(body, "gzip")


@pytest.mark.parametrize("body", [gzip.compress(TEXT), gzip.compress(TEXT[:199_000]) * 2])
def test_no_more_than_the_limit_is_inflated(body: bytes) -> None:
    with pytest.raises(RequestEntityTooLarge):
        read(body, "gzip", len(TEXT) - 1)


def test_another_coding_is_refused_with_those_taken() -> None:
    with pytest.raises(UnsupportedBodyError) as refused:
        read(TEXT, "br")
    assert refused.value.headers == {"Accept-Encoding": "gzip, x-gzip, deflate"}
