"""A blend: the mean of the logits of fitted models of other families."""

from dataclasses import dataclass

import numpy as np

from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import Blend, Scorecard
from churn_service.artefact.trees import Trees
from churn_service.training.dataset import Matrix
from churn_service.training.families.family import Facts, FamilyFit, Floats


@dataclass(frozen=True)
class BlendFit:
    """Fitted members by family; each counts alike."""

    members: dict[str, FamilyFit]

    def logits(self, matrix: Matrix) -> Floats:
        """Return the mean logit, added up in the order of the members."""
        total, weight = np.zeros(len(matrix)), 1 / len(self.members)
        for member in self.members.values():
            total += weight * member.logits(matrix)
        return total

    def compile(self, schema: CustomerSchema, matrix: Matrix) -> Blend:
        """Return the tables of all members with equal weights."""
        found = [member.compile(schema, matrix) for member in self.members.values()]
        return Blend(
            members=tuple(member for member in found if isinstance(member, Scorecard | Trees)),
            weights=(1 / len(found),) * len(found),
        )

    def facts(self) -> Facts:
        """Return the facts of the members, each after its family's name."""
        return {
            f"{family} {name}": value
            for family, member in self.members.items()
            for name, value in member.facts().items()
        }
