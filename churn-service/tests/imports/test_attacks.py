"""Files that are made to do harm are refused, and nothing of them runs.

Each attack would write a file, `harm`, if any of it ran; a control shows that it can.
"""

# ruff: noqa: ARG005 - every attack is told where it would do harm, whether it needs it or not

import bz2
import gzip
import io
import lzma
import os
import pickle
import pickletools
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from churn_service.training.errors import ForeignModelError
from churn_service.training.imports import child, pickle_machine, sandbox
from churn_service.training.imports.sandbox import read_foreign

PROTO = b"\x80\x04"
STOP = b"."


class Calling:
    """Pickles as a call of a function."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> Any:
        return self.call


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def call(module: str, name: str, *args: str) -> bytes:
    """Write a call with instructions of protocol 0, as attackers do by hand."""
    return named(module, name) + b"(" + b"".join(map(text, args)) + b"tR"


def shell(harm: Path) -> str:
    return f"touch {harm}"


def python(harm: Path) -> str:
    return f"open({str(harm)!r}, 'w').close()"


def joblib_bytes(content: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(content, file, **options)
    return file.getvalue()


def with_state(target: bytes, state: bytes) -> bytes:
    return PROTO + target + state + b"b" + STOP


def wrapper(shape: bytes, dtype: bytes) -> bytes:
    """Announce an array as joblib does."""
    state = {
        "subclass": named("numpy", "ndarray"),
        "shape": shape,
        "order": text("C"),
        "dtype": dtype,
        "allow_mmap": b"\x88",
        "numpy_array_alignment_bytes": b"K\x10",
    }
    pairs = b"".join(text(name) + value for name, value in state.items())
    made = named("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81"
    return PROTO + made + b"}(" + pairs + b"ub"


def dtype(code: str) -> bytes:
    return call("numpy", "dtype", code)


ATTACKS: dict[str, Callable[[Path], bytes]] = {
    "os.system": lambda harm: pickle.dumps(Calling(os.system, shell(harm))),
    "posix.system by hand": lambda harm: call("posix", "system", shell(harm)) + STOP,
    "subprocess": lambda harm: pickle.dumps(Calling(subprocess.call, ["touch", str(harm)])),
    "eval": lambda harm: pickle.dumps(Calling(eval, python(harm))),  # noqa: S307 - it is pickled, not called
    "exec": lambda harm: pickle.dumps(Calling(exec, python(harm)), protocol=0),
    "open": lambda harm: pickle.dumps(Calling(open, str(harm), "w")),
    "getattr of builtins": lambda harm: call("builtins", "getattr", "x", "y") + STOP,
    "import": lambda harm: call("builtins", "__import__", "os") + STOP,
    "runpy": lambda harm: call("runpy", "run_path", str(harm)) + STOP,
    "a name with dots": lambda harm: (
        PROTO + text("builtins") + text("object.__subclasses__") + b"\x93)R" + STOP
    ),
    "numpy.testing": lambda harm: (
        call("numpy.testing._private.utils", "runstring", python(harm), "") + STOP
    ),
    "numpy.load": lambda harm: call("numpy", "load", str(harm)) + STOP,
    "numpy.memmap": lambda harm: call("numpy", "memmap", str(harm)) + STOP,
    "joblib.load": lambda harm: call("joblib", "load", str(harm)) + STOP,
    "within scikit-learn": lambda harm: (
        call("sklearn.utils._testing", "assert_run_python_script_without_output", "x") + STOP
    ),
    "a module named like scikit-learn": lambda harm: (
        call("sklearnevil", "Pipeline", python(harm)) + STOP
    ),
    "a class of the user": lambda harm: call("__main__", "Cleaner") + STOP,
    "an old class": lambda harm: b"(" + text(shell(harm)) + b"ios\nsystem\n" + STOP,
    "an object of a mark": lambda harm: (
        b"(" + named("os", "system") + text(shell(harm)) + b"o" + STOP
    ),
    "new with keywords": lambda harm: (
        PROTO + named("os", "system") + b"(" + text(shell(harm)) + b"t}\x92" + STOP
    ),
    "partial of os.system": lambda harm: (
        named("functools", "partial") + b"(" + named("os", "system") + b"tR" + STOP
    ),
    "a state of a class": lambda harm: with_state(
        named("sklearn.pipeline", "Pipeline"), b"}" + text("__setstate__") + text("x") + b"s"
    ),
    "a call of an object": lambda harm: (
        PROTO + named("builtins", "object") + b")\x81" + b")R" + STOP
    ),
    "a persistent id": lambda harm: b"Pevil\n" + STOP,
    "a persistent id of the stack": lambda harm: PROTO + text("evil") + b"Q" + STOP,
    "an extension code": lambda harm: PROTO + b"\x82\x01" + STOP,
    "a buffer from outside": lambda harm: b"\x80\x05\x97" + STOP,
    "in a list of a model": lambda harm: pickle.dumps({
        "model": [1.0, Calling(os.system, shell(harm))]
    }),
    "an array of objects": lambda harm: pickle.dumps(
        np.array([Calling(os.system, shell(harm))], dtype=object)
    ),
    "joblib": lambda harm: joblib_bytes([Calling(os.system, shell(harm))]),
    "joblib, an array of objects": lambda harm: joblib_bytes(
        np.array([Calling(os.system, shell(harm))], dtype=object)
    ),
    "joblib, compressed": lambda harm: joblib_bytes(Calling(os.system, shell(harm)), compress=3),
    "two objects, the second one bad": lambda harm: (
        pickle.dumps({"harmless": 1}) + pickle.dumps(Calling(os.system, shell(harm)))
    ),
    "gzip": lambda harm: gzip.compress(pickle.dumps(Calling(os.system, shell(harm)))),
    "bz2": lambda harm: bz2.compress(pickle.dumps(Calling(os.system, shell(harm)))),
    "xz": lambda harm: lzma.compress(pickle.dumps(Calling(os.system, shell(harm)))),
    "a file of joblib's maps": lambda harm: (
        named("joblib.numpy_pickle_compat", "NDArrayWrapper") + b"." + text(str(harm))
    ),
}

BOMBS: dict[str, bytes] = {
    "nothing": b"",
    "a cut file": pickle.dumps({"a": list(range(100))})[:-40],
    "no pickle": b"MZ\x90\x00 not a pickle",
    "a skops archive": b"PK\x03\x04" + bytes(30),
    "an old joblib": b"ZF0x10" + bytes(30),
    "zlib that inflates": zlib.compress(bytes(65 << 20), 9),
    "gzip that inflates": gzip.compress(bytes(65 << 20), 9),
    "bz2 that inflates": bz2.compress(bytes(65 << 20), 9),
    "damaged zlib": b"x\x9c" + bytes(40),
    "a text of 2^62 bytes": PROTO + b"\x8d" + struct.pack("<Q", 1 << 62) + b"x" + STOP,
    "a number of 10 million digits": b"I" + b"9" * 10_000_000 + b"\n" + STOP,
    "lists in lists": PROTO + b"]" * 200_000 + b"a" * 199_999 + STOP,
    "tuples in tuples": PROTO + b")" + b"\x85" * 200_000 + STOP,
    "deep keys": PROTO + b"})" + b"\x85" * 200_000 + b"Ns" + STOP,
    "doubling tuples": PROTO + b")" + b"2\x86" * 60 + STOP,
    "a list that is its own entry": PROTO + b"]\x940a" + STOP,
    "a memo that is not there": PROTO + b"h\x07" + STOP,
    "marks without an end": PROTO + b"(" * 200_000 + STOP,
    "an empty stack": PROTO + b"R" + STOP,
    "an array of 2^60 numbers": wrapper(b"\x8a\x08" + b"\0" * 7 + b"\x10\x85", dtype("f8")) + STOP,
    "an array of a negative size": wrapper(b"J\xff\xff\xff\xff\x85", dtype("f8")) + STOP,
    "an array of arrays": wrapper(b"K\x01\x85", dtype("V8")) + STOP,
    "arrays of objects in one another": wrapper(b"K\x01\x85", dtype("O")) * 1000,
    "a scalar": pickle.dumps(5),
    "an empty pipeline": call("sklearn.pipeline", "Pipeline") + STOP,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_an_attack_is_refused_and_does_not_run(name: str, tmp_path: Path) -> None:
    harm, file = tmp_path / "harm", tmp_path / "model.bin"
    file.write_bytes(ATTACKS[name](harm))

    with pytest.raises(ForeignModelError) as error:
        read_foreign([file])

    assert child.answer(child.Request((ATTACKS[name](harm),))).error == str(error.value)
    assert not harm.exists()


@pytest.mark.parametrize("name", ["os.system", "exec", "joblib", "an old class", "subprocess"])
def test_the_attacks_are_real(name: str, tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(ATTACKS[name](tmp_path / "harm"))
    load = "import joblib, sys; joblib.load(sys.argv[1])"

    subprocess.run([sys.executable, "-c", load, str(file)], capture_output=True, check=False)

    assert (tmp_path / "harm").exists()


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_or_a_damaged_file_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(BOMBS[name])

    with pytest.raises(ForeignModelError):
        read_foreign([tmp_path / "model.bin"])

    assert child.answer(child.Request((BOMBS[name],))).error


def test_every_single_changed_byte_is_read_or_refused(all_saved: Any) -> None:
    good = pickle.dumps(all_saved["pair"].content)
    places = range(0, len(good), 17)

    for place in places:
        data = good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1 :]
        reply = child.answer(child.Request((data,)))
        assert reply.error or reply.found is not None


def test_the_child_may_not_open_connect_or_start(tmp_path: Path) -> None:
    code = f"""
import sys, socket, subprocess, os
from churn_service.training.imports import child
child._limit()
sys.addaudithook(child._forbid)
tries = [
    lambda: open({str(tmp_path / "harm")!r}, "w"),
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: eval("1"),
    lambda: __import__("json.tool"),
]
for number, attempt in enumerate(tries):
    try:
        attempt()
    except PermissionError as error:
        assert "forbidden while a foreign file is read" in str(error)
        print(number)
try:
    bytes(2 << 30)
except MemoryError:
    print("memory")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout.split() == ["0", "1", "2", "3", "4", "5", "memory"], done.stderr
    assert not (tmp_path / "harm").exists()


def test_a_child_that_dies_or_hangs_refuses_the_file(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "model.bin").write_bytes(b"x")
    monkeypatch.setattr(sandbox, "MODULE", "no_such_module_of_anybody")
    with pytest.raises(ForeignModelError, match="ended with 1"):
        read_foreign([tmp_path / "model.bin"])
    monkeypatch.undo()
    monkeypatch.setattr(sandbox, "SECONDS", 0.001)
    with pytest.raises(ForeignModelError, match="took more than"):
        read_foreign([tmp_path / "model.bin"])


def test_a_file_over_the_limit_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "model.bin").open("wb") as file:
        file.truncate(sandbox.LARGEST_FILE + 1)

    with pytest.raises(ForeignModelError, match="larger than 64 MiB"):
        read_foreign([tmp_path / "model.bin"])


def test_what_is_shown_of_a_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(
        PROTO + text("e\x1b[31mvil\u202e" * 50) + text("x") + b"\x93" + STOP
    )

    with pytest.raises(ForeignModelError) as error:
        read_foreign([tmp_path / "model.bin"])

    shown = str(error.value)
    assert shown.isascii()
    assert len(shown) < 400
    assert "\x1b" not in shown


def test_every_instruction_of_pickle_is_known_or_refused() -> None:
    known = pickle_machine._PUSHES | pickle_machine._ACTIONS.keys() | {"STOP"}
    refused = {each.name for each in pickletools.opcodes} - known

    assert refused == {
        "BINPERSID", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "PERSID", "READONLY_BUFFER",
    }  # fmt: skip
