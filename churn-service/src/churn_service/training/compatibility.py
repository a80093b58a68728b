"""May the clients of one model send what they send to another one?"""

from collections.abc import Iterator

from churn_contract.schema import Field
from churn_service.artefact.document import ModelDocument


def schema_problems(candidate: ModelDocument, champion: ModelDocument) -> list[str]:
    """Return what a client of the champion would have to change for the candidate."""
    return [*_new_fields(candidate, champion), *_changed_fields(candidate, champion)]


def _new_fields(candidate: ModelDocument, champion: ModelDocument) -> Iterator[str]:
    known = {field.name for field in champion.schema.features}
    for field in candidate.schema.features:
        if field.name not in known:
            # the contract asks for every field, with null for what is not known
            yield f"{field.name} is a new required field"
    if candidate.horizon_days != champion.horizon_days:
        yield f"the horizon is {candidate.horizon_days} days, not {champion.horizon_days}"


def _changed_fields(candidate: ModelDocument, champion: ModelDocument) -> Iterator[str]:
    ours = {field.name: field for field in candidate.schema.fields}
    for field in champion.schema.features:
        found = ours.get(field.name)
        if found is None:
            yield f"{field.name} is not taken any more"
        elif found.role == "feature":
            yield from _field_problems(found, field)


def _field_problems(candidate: Field, champion: Field) -> Iterator[str]:
    if candidate.kind != champion.kind:
        yield f"{champion.name} is a {candidate.kind}, not a {champion.kind}"
    elif champion.accepts_missing and not candidate.accepts_missing:
        yield f"{champion.name} may not be missing any more"
    lost = [level for level in champion.levels if level not in candidate.levels]
    if lost and candidate.unknown == "error":
        yield f"{champion.name} does not take {', '.join(lost)} any more"
