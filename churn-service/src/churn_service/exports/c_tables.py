"""The text of C99: names, literals, static tables."""

import re
import textwrap
from collections.abc import Iterable, Sequence

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_LONGEST_LINE = 96
_KEYWORDS = frozenset({
    "auto", "break", "case", "char", "class", "const", "continue", "default", "delete", "do",
    "double", "else", "enum", "extern", "float", "for", "friend", "goto", "if", "inline", "int",
    "long", "namespace", "new", "operator", "private", "protected", "public", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "template",
    "this", "throw", "try", "typedef", "union", "unsigned", "using", "virtual", "void",
    "volatile", "while", "bool", "true", "false", "and", "or", "not", "xor",
})  # fmt: skip


def identifiers(names: Iterable[str]) -> list[str]:
    """Return a C (and C++) identifier per name, all different."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9_]", "_", name)
        usable = _PLAIN.fullmatch(plain) and plain not in _KEYWORDS
        wanted = plain if usable else f"f_{plain}"
        while wanted in found:
            wanted += "_"
        found.append(wanted)
    return found


def text_literal(text: str) -> str:
    """Return a string literal in ASCII; other bytes of its UTF-8 are octal escapes."""
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in text.encode()
    )
    return f'"{escaped}"'


def comment(text: str) -> str:
    """Return a comment; nothing in the text can end it."""
    plain = text.encode("ascii", "backslashreplace").decode().replace("*/", "* /")
    return f"/* {' '.join(plain.split())} */"


def number(value: float | None) -> str:
    """Return a double; None, which no valid customer reaches, is zero."""
    return repr(float(value or 0.0))


def doubles(name: str, values: Sequence[float]) -> str:
    """Return a table of doubles."""
    return table("double", name, [number(value) for value in values])


def integers(name: str, values: Iterable[int], kind: str = "int") -> str:
    """Return a table of whole numbers; booleans are 0 and 1."""
    return table(kind, name, [str(int(value)) for value in values])


def table(kind: str, name: str, values: Sequence[str]) -> str:
    """Return a static table, one entry at least, since C has no empty ones."""
    lines = textwrap.fill(
        ", ".join(values or ["0"]),
        _LONGEST_LINE,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"static const {kind} {name}[] = {{\n{lines}\n}};"
