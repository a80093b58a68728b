"""Templates of a campaign's message: subject, text and, if wanted, HTML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from marketing_service.message.allowed import check_tree
from marketing_service.message.errors import MessageError

MAX_SOURCE_BYTES: Final = 128 * 1024
MAX_OUTPUT_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Rendered:
    """The readable parts of one message; `html` is None where there is none."""

    subject: str
    text: str
    html: str | None


class MessageTemplate:
    """The compiled sources of one campaign.

    Raises:
        MessageError: A source is too long, cannot be parsed, or contains what is not
            allowed; the error names the part and the line.
    """

    def __init__(self, *, subject: str, text: str, html: str | None = None) -> None:
        plain, markup = _environment(escapes=False), _environment(escapes=True)
        self._subject = _compile(plain, "subject", subject)
        self._text = _compile(plain, "text", text)
        self._html = None if html is None else _compile(markup, "html", html)

    def render(self, values: Mapping[str, object]) -> Rendered:
        """Fill the parts for one customer.

        Raises:
            MessageError: A variable is missing, or a part grew too long.
        """
        html = None if self._html is None else _render("html", self._html, values)
        return Rendered(
            subject=" ".join(_render("subject", self._subject, values).split()),
            text=_render("text", self._text, values),
            html=html,
        )


def _environment(*, escapes: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        autoescape=escapes, undefined=StrictUndefined, keep_trailing_newline=True
    )


def _compile(environment: ImmutableSandboxedEnvironment, part: str, source: str) -> Template:
    if len(source.encode()) > MAX_SOURCE_BYTES:
        raise MessageError(part, f"the source is longer than {MAX_SOURCE_BYTES // 1024} KiB.")
    try:
        check_tree(part, environment.parse(source))
        return environment.from_string(source)
    except TemplateSyntaxError as error:
        raise MessageError(part, f"line {error.lineno}: {error.message}") from error
    except (RecursionError, SyntaxError) as error:
        raise MessageError(part, "it is nested too deeply.") from error


def _render(part: str, template: Template, values: Mapping[str, object]) -> str:
    try:
        output = template.render(values)
    except UndefinedError as error:
        raise MessageError(part, f"{error.message}; give it a default or fill it.") from error
    except (TemplateError, ArithmeticError, TypeError, ValueError) as error:
        raise MessageError(part, f"cannot be filled ({type(error).__name__}).") from error
    if len(output.encode("utf-8", "surrogatepass")) > MAX_OUTPUT_BYTES:
        raise MessageError(part, f"became longer than {MAX_OUTPUT_BYTES // 1024} KiB.")
    return output
