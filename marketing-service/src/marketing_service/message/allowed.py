"""What a template may contain; all else is refused before it ever runs.

Jinja's sandbox stops access to Python, not exhaustion: one line may allocate gigabytes or
loop for hours. So only harmless parts of the language are let through.
"""

from typing import Final

from jinja2 import nodes

from marketing_service.message.errors import MessageError

# Not among them: join and replace, which can turn two long constants into gigabytes.
FILTERS: Final = frozenset(
    {
        "abs", "capitalize", "default", "d", "escape", "e", "first", "float", "int", "last",
        "length", "lower", "round", "title", "trim", "truncate", "upper",
    }
)  # fmt: skip
TESTS: Final = frozenset({"defined", "undefined", "none", "number", "string"})
LOOPS_OVER: Final = frozenset({"reasons", "offers"})

_ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr,
    nodes.Getitem, nodes.Filter, nodes.Test, nodes.If, nodes.CondExpr, nodes.For, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Concat, nodes.Add, nodes.Sub,
    nodes.Div, nodes.Keyword,
)  # fmt: skip


def check_tree(part: str, tree: nodes.Template) -> None:
    """Refuse a parsed template that contains more than the harmless parts.

    Raises:
        MessageError: Names the line and what is not allowed there.
    """
    _check(part, tree, is_in_loop=False)


def _check(part: str, node: nodes.Node, *, is_in_loop: bool) -> None:
    problem = _problem(node, is_in_loop=is_in_loop)
    if problem:
        raise MessageError(part, f"line {node.lineno}: {problem}")
    is_loop = is_in_loop or isinstance(node, nodes.For)
    for child in node.iter_child_nodes():
        _check(part, child, is_in_loop=is_loop)


def _problem(node: nodes.Node, *, is_in_loop: bool) -> str | None:
    if not isinstance(node, _ALLOWED):
        return f"{type(node).__name__.lower()} is not allowed in messages."
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        return f"the filter {node.name!r} is not one of {', '.join(sorted(FILTERS))}."
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return f"the test {node.name!r} is not one of {', '.join(sorted(TESTS))}."
    if isinstance(node, nodes.For):
        return _loop_problem(node, is_in_loop=is_in_loop)
    return None


def _loop_problem(loop: nodes.For, *, is_in_loop: bool) -> str | None:
    if is_in_loop:
        return "a loop inside a loop is not allowed."
    if loop.recursive or not isinstance(loop.iter, nodes.Name):
        return f"a loop may only run over {' or '.join(sorted(LOOPS_OVER))}."
    if loop.iter.name not in LOOPS_OVER:
        return f"a loop may only run over {' or '.join(sorted(LOOPS_OVER))}."
    return None
