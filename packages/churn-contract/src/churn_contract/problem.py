"""Problem documents (RFC 9457): the one form of every error answer."""

import msgspec

PROBLEM_MEDIA_TYPE = "application/problem+json"


class FieldError(msgspec.Struct, frozen=True):
    """One thing that is wrong with one field of one record.

    Attributes:
        pointer: JSON pointer (RFC 6901) to the value in the body, such as
            `/3/contract`; empty for the whole body.
        field: Canonical field name, or the name as sent when nobody knows it.
        code: Word of a closed set: missing, unknown-field, wrong-type,
            out-of-range, unknown-level, null, duplicate, wrong-shape.
        detail: Sentence for a person; never repeats the value that was sent.
    """

    pointer: str
    field: str
    code: str
    detail: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of an error answer.

    Attributes:
        type: Path `/problems/<name>`; the gateway serves a help page there.
        title: Short text that is the same for every error of this type.
        status: HTTP status code.
        detail: What happened this time, and the cure.
        instance: Request id, so that the log line can be found.
        errors: What is wrong with single fields.
    """

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    errors: tuple[FieldError, ...] = ()

    def to_json(self) -> bytes:
        """Encode as a problem+json body; empty members are left out."""
        return msgspec.json.encode(self)
