import pytest

from marketing_service.message.errors import MessageError
from marketing_service.message.template import (
    MAX_OUTPUT_BYTES,
    MAX_SOURCE_BYTES,
    MessageTemplate,
)

VALUES = {"customer": {"contract": "month-to-month"}, "reasons": ["price", "support"]}


def text_of(source: str, values: dict[str, object] | None = None) -> str:
    template = MessageTemplate(subject="s", text=source)
    return template.render(VALUES if values is None else values).text


def test_variables_of_the_customer_are_filled_in() -> None:
    assert text_of("You pay {{ customer.contract|upper }}.") == "You pay MONTH-TO-MONTH."


def test_a_missing_variable_is_an_error_that_names_it_and_the_cure() -> None:
    with pytest.raises(MessageError, match=r"text: .*'tenure'.*give it a default") as caught:
        text_of("{{ customer.tenure }}")
    assert caught.value.part == "text"
    assert text_of("{{ customer.tenure|default('long') }}") == "long"


def test_html_is_escaped_and_text_is_not() -> None:
    template = MessageTemplate(subject="{{ n }}", text="{{ n }}", html="<p>{{ n }}</p>")
    rendered = template.render({"n": "<Ann & Bob>"})
    assert rendered.text == rendered.subject == "<Ann & Bob>"
    assert rendered.html == "<p>&lt;Ann &amp; Bob&gt;</p>"


def test_there_is_no_html_where_none_was_given() -> None:
    assert MessageTemplate(subject="s", text="t").render({}).html is None


def test_a_subject_over_several_lines_becomes_one() -> None:
    assert MessageTemplate(subject=" a\n  b ", text="t").render({}).subject == "a b"


@pytest.mark.parametrize(
    "source",
    [
        "{% if customer.contract == 'x' %}a{% elif reasons is defined %}b{% else %}c{% endif %}",
        "{% for reason in reasons %}{{ reason }}, {% endfor %}",
        "{{ customer['contract'] }} {{ 'a' if not none_of is defined else 'b' }}",
        "{{ 1 + 2 - 1 }} {{ 'a' ~ 'b' }} {{ -1|abs }} {{ 5 / 2 }} {{ 2.5|round(1) }}",
    ],
)
def test_the_harmless_parts_of_the_language_work(source: str) -> None:
    assert text_of(source)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{{ 'x' * 10**9 }}", "mul is not allowed"),
        ("{{ 2 ** 9 }}", "pow is not allowed"),
        ("{{ '%09d' % 1 }}", "mod is not allowed"),
        ("{{ '%1000000000d'|format(1) }}", "filter 'format'"),
        ("{{ 'aa'|replace('', 'bb') }}", "filter 'replace'"),
        ("{{ 'aa'|join('bb') }}", "filter 'join'"),
        ("{{ range(9) }}", "call is not allowed"),
        ("{{ customer.keys() }}", "call is not allowed"),
        ("{% set x = 1 %}", "assign is not allowed"),
        ("{% macro m() %}{% endmacro %}", "macro is not allowed"),
        ("{% include 'x' %}", "include is not allowed"),
        ("{% import 'x' as x %}", "import is not allowed"),
        ("{{ [1, 2] }}", "list is not allowed"),
        ("{{ 'abc'[1:2] }}", "slice is not allowed"),
        ("{% for x in customer %}{% endfor %}", "only run over offers or reasons"),
        ("{% for x in customer.list %}{% endfor %}", "only run over offers or reasons"),
        ("{% for x in reasons recursive %}{% endfor %}", "only run over offers or reasons"),
        ("{% for a in reasons %}{% for b in offers %}{% endfor %}{% endfor %}", "inside a loop"),
        ("{{ 1 is divisibleby 1 }}", "test 'divisibleby'"),
        ("\n{{ broken", r"text: line 2: "),
        ("{{ x|nofilter }}", "filter 'nofilter'"),
        ("(" * 9, None),
        ("{{ " + "(" * 5_000, "nested too deeply"),
        ("{% if 1 %}" * 120 + "{% endif %}" * 120, "nested too deeply"),
        ("x" * (MAX_SOURCE_BYTES + 1), "longer than 128 KiB"),
    ],
)
def test_what_could_exhaust_the_machine_never_runs(source: str, problem: str | None) -> None:
    if problem is None:
        assert text_of(source) == source
        return
    with pytest.raises(MessageError, match=problem):
        MessageTemplate(subject="s", text=source)


@pytest.mark.parametrize("trick", ["{{ customer.__class__ }}", "{{ ''.__class__.__mro__ }}"])
def test_the_inside_of_python_is_out_of_reach(trick: str) -> None:
    with pytest.raises(MessageError):
        text_of(trick)


def test_an_error_while_filling_names_its_kind_and_no_value() -> None:
    with pytest.raises(MessageError, match=r"cannot be filled \(ZeroDivisionError\)"):
        text_of("{{ 1 / n }}", {"n": 0})


def test_an_output_that_grew_too_long_is_refused() -> None:
    with pytest.raises(MessageError, match="longer than 512 KiB"):
        text_of("{{ n }}", {"n": "x" * (MAX_OUTPUT_BYTES + 1)})
