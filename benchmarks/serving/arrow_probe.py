"""One reader of Arrow streams in a process of its own, which broken streams may end.

Run by the Python of an environment that has the reader, never imported: what it prints is
one line of JSON.
"""

import io
import json
import random
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

Read = Callable[[bytes], Any]
ROUNDS = 15


def pyarrow_reader() -> Read:
    """Read, then validate every value, which reading alone does not."""
    pa = import_module("pyarrow")

    def read(content: bytes) -> Any:
        table = pa.ipc.open_stream(content).read_all()
        table.validate(full=True)
        return table.to_pydict() if len(content) < 100_000 else table

    return read


def arro3_reader() -> Read:
    """Read; the library validates as it goes."""
    core, arrow_io = import_module("arro3.core"), import_module("arro3.io")
    coded = (core.dictionary_indices, core.dictionary_dictionary)

    def read(content: bytes) -> Any:
        table = arrow_io.read_ipc_stream(io.BytesIO(content)).read_all()
        for place in range(table.num_columns if len(content) < 100_000 else 0):
            for chunk in table.column(place).chunks:
                parts = coded if "Dictionary" in str(chunk.type) else ()
                [part(chunk).to_pylist() for part in parts] or chunk.to_pylist()
        return table

    return read


def nanoarrow_reader() -> Read:
    """Read every buffer of every batch."""
    arrow, ipc = import_module("nanoarrow"), import_module("nanoarrow.ipc")

    def look(column: Any) -> None:
        for array in filter(None, (column, column.dictionary)):
            view = array.view()
            [bytes(view.buffer(place)) for place in range(view.n_buffers)]

    def read(content: bytes) -> Any:
        with ipc.InputStream.from_readable(io.BytesIO(content)) as source:
            for batch in arrow.c_array_stream(source):
                for column in batch.children:
                    look(column)

    return read


def own_reader() -> Read:
    """Read and validate as the service does."""
    read_stream = import_module("churn_service.columnar.frames").read_stream
    return lambda content: read_stream(content, lambda _: None)


READERS = {
    "ours": own_reader, "pyarrow": pyarrow_reader, "arro3": arro3_reader,
    "nanoarrow": nanoarrow_reader,
}  # fmt: skip


def cost(read: Read, content: bytes) -> float:
    """Return the least CPU seconds of some readings."""
    best = 9.0
    for _ in range(ROUNDS):
        started = time.process_time()
        read(content)
        best = min(best, time.process_time() - started)
    return best


def flip(read: Read, content: bytes, seed: int, count: int) -> dict[str, int]:
    """Read streams with one flipped bit; count what became of them."""
    dice = random.Random(seed)  # noqa: S311 - which bits, no secret
    found = {"read": 0, "refused": 0, "escaped": 0}
    for _ in range(count):
        broken = bytearray(content)
        broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8)
        try:
            read(bytes(broken))
            found["read"] += 1
        except Exception:  # noqa: BLE001 - every refusal counts
            found["refused"] += 1
        except BaseException:  # noqa: BLE001 - a panic of Rust is no Exception
            found["escaped"] += 1
    return found


def resident_kb() -> int:
    """Return the memory of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def main() -> None:
    """Measure the reader that the first argument names on the file of the second."""
    name, file, *flips = sys.argv[1:]
    content = Path(file).read_bytes()
    started, before = time.process_time(), resident_kb()
    read = READERS[name]()
    imported = time.process_time() - started
    grown = resident_kb() - before
    found: dict[str, Any] = {"import_seconds": imported, "import_kb": grown}
    if flips:
        found |= flip(read, content, *map(int, flips))
    else:
        found["seconds"] = cost(read, content)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
