"""Read a pickle without unpickling: a machine that calls nothing and imports nothing.

A pickle is a program for a stack machine. The standard library's parser (pickletools)
splits it into instructions; here each of them only notes what it would have done, so
that there is nothing to escape from: no callable is ever on the stack.
"""

import pickletools
from collections.abc import Callable, Hashable
from io import BytesIO
from typing import Any

from churn_service.training.errors import ForeignModelError
from churn_service.training.imports.allowed import checked
from churn_service.training.imports.inert import Inert, Named, damaged

MOST_INSTRUCTIONS = 20_000_000
_RECONSTRUCTORS = frozenset({"_reconstructor", "__newobj__"})
_PLAIN_KEYS = (str, bytes, int, float, Inert, Named, type(None))
_FAULTS = (
    ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RecursionError,
    TypeError, UnicodeError, ValueError,
)  # fmt: skip

Filled = Callable[[Inert, BytesIO], None]


def read_pickle(file: BytesIO, filled: Filled) -> Any:
    """Return what a pickle holds: plain values, and Inert objects for all others.

    Args:
        file: The pickle; read up to its end mark.
        filled: Told of every object when its state is known; it may read on, since
            joblib writes arrays behind the object that announces them.

    Raises:
        ForeignModelError: When the file is damaged or names what no model needs.
    """
    machine = _Machine(file, filled)
    try:
        return machine.run()
    except ForeignModelError:
        raise
    except _FAULTS as error:
        raise damaged(f"{type(error).__name__} at byte {file.tell()}") from error


class _Machine:
    """The stack, its marks, and what was put aside."""

    def __init__(self, file: BytesIO, filled: Filled) -> None:
        self._file = file
        self._filled = filled
        self._stack: list[Any] = []
        self._marked: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Follow the instructions to the end and return the one object that is left."""
        for count, (instruction, argument, _) in enumerate(pickletools.genops(self._file)):
            if count > MOST_INSTRUCTIONS:
                raise ForeignModelError("the pickle has more instructions than any model")
            if instruction.name == "STOP":
                break
            if instruction.name in _PUSHES:
                self._stack.append(argument)
            else:
                _ACTIONS.get(instruction.name, _refuse(instruction.name))(self, argument)
        if len(self._stack) != 1 or self._marked:
            raise damaged("it does not end with one object")
        return self._stack[0]

    def mark(self, _: Any) -> None:
        """Begin a part of the stack."""
        self._marked.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        """End the part that was begun last and return it."""
        found, self._stack = self._stack, self._marked.pop()
        return found

    def pop(self, _: Any) -> None:
        """Forget the last object, or an empty part."""
        if self._stack:
            self._stack.pop()
        else:
            self._since_mark()

    def pop_mark(self, _: Any) -> None:
        """Forget the part that was begun last."""
        self._since_mark()

    def duplicate(self, _: Any) -> None:
        """Put the last object on the stack once more."""
        self._stack.append(self._stack[-1])

    def nothing(self, _: Any) -> None:
        """Frames and the number of the protocol say nothing about the content."""

    def constant(self, value: Callable[[], Any]) -> None:
        """Put a value on the stack that an instruction stands for."""
        self._stack.append(value())

    def put(self, place: Any) -> None:
        """Keep the last object under a number."""
        self._memo[int(place)] = self._stack[-1]

    def memoize(self, _: Any) -> None:
        """Keep the last object under the next number."""
        self._memo[len(self._memo)] = self._stack[-1]

    def get(self, place: Any) -> None:
        """Put a kept object on the stack."""
        self._stack.append(self._memo[int(place)])

    def list_(self, _: Any) -> None:
        """Make a list of a part."""
        found = self._since_mark()
        self._stack.append(found)

    def tuple_(self, _: Any) -> None:
        """Make a tuple of a part."""
        found = self._since_mark()
        self._stack.append(tuple(found))

    def short_tuple(self, size: int) -> None:
        """Make a tuple of the last objects."""
        self._stack[-size:] = [tuple(self._stack[-size:])]

    def frozen_set(self, _: Any) -> None:
        """Make a frozen set of a part."""
        found = self._since_mark()
        self._stack.append(frozenset(map(_key, found)))

    def dict_(self, _: Any) -> None:
        """Make a dictionary of a part, keys and values in turn."""
        found = self._since_mark()
        self._stack.append({})
        self._set_pairs(found)

    def append(self, _: Any) -> None:
        """Append the last object to the one before."""
        value = self._stack.pop()
        self._append_all([value])

    def appends(self, _: Any) -> None:
        """Append a part to the object before it."""
        self._append_all(self._since_mark())

    def _append_all(self, values: list[Any]) -> None:
        target = self._stack[-1]
        (target.items if isinstance(target, Inert) else target).extend(values)

    def add_items(self, _: Any) -> None:
        """Add a part to the set before it."""
        values = self._since_mark()
        self._stack[-1].update(map(_key, values))

    def set_item(self, _: Any) -> None:
        """Set a key of the object before it."""
        pair = self._stack[-2:]
        del self._stack[-2:]
        self._set_pairs(pair)

    def set_items(self, _: Any) -> None:
        """Set keys of the object before the part."""
        self._set_pairs(self._since_mark())

    def _set_pairs(self, flat: list[Any]) -> None:
        pairs = list(zip(map(_key, flat[::2]), flat[1::2], strict=True))
        target = self._stack[-1]
        if isinstance(target, Inert):
            target.pairs.extend(pairs)
        else:
            target.update(pairs)

    def named(self, argument: str) -> None:
        """Note a class or function, named by the instruction."""
        module, _, name = argument.partition(" ")
        self._stack.append(checked(module, name))

    def named_on_stack(self, _: Any) -> None:
        """Note a class or function, named by the last two objects."""
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(module, str) or not isinstance(name, str):
            raise damaged("a name is no text")
        self._stack.append(checked(module, name))

    def make(self, _: Any) -> None:
        """Note what would be called with which arguments."""
        args, made_by = self._stack.pop(), self._stack.pop()
        self._stack.append(_made(made_by, args))

    def make_with_names(self, _: Any) -> None:
        """Note a call; arguments by name tell nothing that is needed."""
        self._stack.pop()
        self.make(None)

    def make_since_mark(self, _: Any) -> None:
        """Note a call whose class and arguments are a part."""
        made_by, *args = self._since_mark()
        self._stack.append(_made(made_by, tuple(args)))

    def make_named(self, argument: str) -> None:
        """Note a call whose class the instruction names."""
        args = tuple(self._since_mark())
        self.named(argument)
        self._stack.append(_made(self._stack.pop(), args))

    def build(self, _: Any) -> None:
        """Note the state of an object."""
        state, target = self._stack.pop(), self._stack[-1]
        if not isinstance(target, Inert):
            raise damaged("a state is given to what has none")
        target.state = state
        self._filled(target, self._file)


def _made(made_by: object, args: object) -> Inert:
    if not isinstance(made_by, Named) or not isinstance(args, tuple):
        raise damaged("something is called that is no class")
    if made_by.name in _RECONSTRUCTORS:
        return _made(args[0], args[3:])
    return Inert(made_by, args)


def _key(value: Hashable) -> Hashable:
    """Return a key; tuples are refused, since the hash of deep ones overflows the stack."""
    if not isinstance(value, _PLAIN_KEYS):
        raise damaged("a key is no plain value")
    return value


def _refuse(name: str) -> Callable[[_Machine, Any], None]:
    def refuse(_: _Machine, __: Any) -> None:
        raise ForeignModelError(
            f"the pickle has the instruction {name}, which no model needs; nothing was run"
        )

    return refuse


_PUSHES = frozenset({
    "BINBYTES", "BINBYTES8", "BINFLOAT", "BININT", "BININT1", "BININT2", "BINSTRING",
    "BINUNICODE", "BINUNICODE8", "BYTEARRAY8", "FLOAT", "INT", "LONG", "LONG1", "LONG4",
    "SHORT_BINBYTES", "SHORT_BINSTRING", "SHORT_BINUNICODE", "STRING", "UNICODE",
})  # fmt: skip
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}
_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = (
    {
        "PROTO": _Machine.nothing,
        "FRAME": _Machine.nothing,
        "MARK": _Machine.mark,
        "POP": _Machine.pop,
        "POP_MARK": _Machine.pop_mark,
        "DUP": _Machine.duplicate,
        "LIST": _Machine.list_,
        "TUPLE": _Machine.tuple_,
        "TUPLE1": lambda machine, _: machine.short_tuple(1),
        "TUPLE2": lambda machine, _: machine.short_tuple(2),
        "TUPLE3": lambda machine, _: machine.short_tuple(3),
        "DICT": _Machine.dict_,
        "FROZENSET": _Machine.frozen_set,
        "APPEND": _Machine.append,
        "APPENDS": _Machine.appends,
        "ADDITEMS": _Machine.add_items,
        "SETITEM": _Machine.set_item,
        "SETITEMS": _Machine.set_items,
        "GLOBAL": _Machine.named,
        "STACK_GLOBAL": _Machine.named_on_stack,
        "REDUCE": _Machine.make,
        "NEWOBJ": _Machine.make,
        "NEWOBJ_EX": _Machine.make_with_names,
        "OBJ": _Machine.make_since_mark,
        "INST": _Machine.make_named,
        "BUILD": _Machine.build,
        "MEMOIZE": _Machine.memoize,
    }
    | {
        name: action
        for names, action in (
            (("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
            (("GET", "BINGET", "LONG_BINGET"), _Machine.get),
        )
        for name in names
    }
    | {
        name: (lambda machine, _, value=value: machine.constant(value))
        for name, value in _CONSTANTS.items()
    }
)
