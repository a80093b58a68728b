import json
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_contract.errors import MalformedBodyError
from churn_contract.json_text import parse_json

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("body", "offset", "words"),
    [
        (b"", 0, "empty"),
        (b" \n", 0, "empty"),
        (b"\xef\xbb\xbf{}", 0, "byte order mark"),
        (b'{"a": 1', 7, "not valid JSON"),
        (b"{'a': 1}", 1, "not valid JSON"),
        (b'{"a": 01}', 7, "not valid JSON"),
        (b"{} x", 3, "extra data"),
        (b'{"a":\xff}', 5, "UTF-8"),
        (b'{"a":"\xed\xa0\x80"}', 6, "UTF-8"),
        ('{"é": 1,}'.encode(), 9, "not valid JSON"),
        (b'{"a":"\x01"}', 6, "control character"),
        (b'["\\ud800"]', 1, "surrogate"),
        (b'{"a":"\\udc00\\ud800"}', 5, "surrogate"),
        (b'{"\\ud800":1}', 1, "surrogate"),
        (b'{"a":NaN}', 5, "NaN"),
        (b"[1,-Infinity]", 3, "NaN"),
        (b'["NaN", Infinity]', 8, "NaN"),
        (b'{"a":1,"a":2}', 7, "twice"),
        (b'{"a":1,"\\u0061" :2}', 7, "twice"),
        (b'[{"a":1},{"a":{"b":1,"b":2}}]', 21, "twice"),
        (b'{"a":"\\"a\\":","a":2}', 14, "twice"),
        (b"[" * 100_000, 100, "nested"),
        (b'{"a":' * 100_000, 500, "nested"),
        (b'{"a":' + b"[" * 100_000, 104, "nested"),
    ],
)
def test_a_malformed_body_is_refused_at_its_byte(body: bytes, offset: int, words: str) -> None:
    with pytest.raises(MalformedBodyError, match=words) as caught:
        parse_json(body)
    assert caught.value.offset == offset
    assert f"(byte {offset})" in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [b"[" * 100 + b"]" * 100, b'["' + b"[" * 500 + b'\\"[[", "{"]', b"[" + b"[{}]," * 500 + b"1]"],
)
def test_only_open_brackets_outside_of_strings_count_as_depth(body: bytes) -> None:
    assert parse_json(body) == json.loads(body)


SMALL_STACK = """
import sys, threading
from churn_contract.errors import ContractError
from churn_contract.json_text import parse_json
from churn_contract.schema import demo_schema
from churn_contract.validation import Validator

validator = Validator(demo_schema())
starts = [b"[" * 10_000, b'{"a":' * 10_000, b'[{"tenure":' + b"[" * 100_000]
bodies = [*starts, b"[" * 100 + b"]" * 100]
refused = []

def decode():
    for body in bodies:
        for read in (parse_json, validator.decode):
            try:
                read(body)
            except ContractError:
                refused.append(read)

threading.stack_size(256 * 1024)
thread = threading.Thread(target=decode)
thread.start()
thread.join()
sys.stdout.write(str(len(refused)))
"""


def test_deep_nesting_is_refused_on_the_small_stack_of_a_servers_thread() -> None:
    command = [sys.executable, "-c", SMALL_STACK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "7"), done.stderr


@pytest.mark.parametrize(
    "body", [b'{"a":1,"b":{"a":1}}', b'[{"a":1},{"a":1}]', b'{"a":["a","a"]}', b'{"a":"a"}']
)
def test_equal_keys_of_different_objects_are_no_duplicates(body: bytes) -> None:
    assert parse_json(body) == json.loads(body)


def test_whole_surrogate_pairs_are_characters() -> None:
    assert parse_json(b'["\\ud83d\\ude00", "\\u00e9"]') == ["\U0001f600", "\u00e9"]


@pytest.mark.parametrize("number", [b"1e400", b"1" * 5000, b"1" * 401])
def test_a_number_too_large_for_a_float_is_infinite(number: bytes) -> None:
    assert parse_json(number) == math.inf
    assert parse_json(b"-" + number) == -math.inf


@given(JSON_VALUES)
def test_everything_that_json_writes_is_read_back(value: object) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\u0dae1 NI', max_size=40).map(str.encode))
def test_any_bytes_are_parsed_or_refused_but_never_an_accident(body: bytes) -> None:
    offset: int | None = 0
    try:
        parse_json(body)
    except MalformedBodyError as error:
        offset = error.offset
    assert offset is not None
    assert 0 <= offset <= len(body)
