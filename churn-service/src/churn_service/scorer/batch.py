"""One flat function from many customers' values to their probabilities.

A loop over the tables of a scorecard costs more than the sums themselves; here the
sums are written out, once per model, inside one loop over the customers. The same
additions in the same order give the same bits as one customer at a time.
"""

import math
from collections.abc import Callable, Iterable, Iterator

from churn_service.artefact.calibration import IdentityCalibration, PlattCalibration
from churn_service.artefact.document import CurveTerm, ModelDocument, Scorecard
from churn_service.scorer.calibration import compile_calibration
from churn_service.scorer.compilation import compile_scorer
from churn_service.scorer.flat import curve_source
from churn_service.scorer.pairs import compile_pairs
from churn_service.scorer.scorecard import Values, weights_of

Batch = Callable[[Iterable[Values]], list[float]]
Namespace = dict[str, object]

_SIGMOID = (
    "if total >= 0: append(1.0 / (1.0 + exp(-total)))",
    "else:",
    "    odds = exp(total)",
    "    append(odds / (1.0 + odds))",
)


def compile_batch(document: ModelDocument) -> Batch:
    """Return the function from values in feature order to calibrated probabilities."""
    if isinstance(document.scorer, Scorecard) and document.scorer.terms:
        return _flat(document, document.scorer)
    score, chance = compile_scorer(document), compile_calibration(document.calibration)

    def chances(rows: Iterable[Values]) -> list[float]:
        return [chance(score(values)) for values in rows]

    return chances


def _flat(document: ModelDocument, card: Scorecard) -> Batch:
    namespace: Namespace = {
        "exp": math.exp,
        "chance": compile_calibration(document.calibration),
    }
    row = ", ".join(f"x{index}" for index in range(len(card.terms)))
    lines = (
        "def chances(rows):",
        "    found = []",
        "    append = found.append",
        f"    for {row}, in rows:",
        *(f"        {line}" for line in _lines(document, card, namespace)),
        "    return found",
    )
    code = compile("\n".join(lines), "<batch scorer>", "exec")
    exec(code, namespace)  # noqa: S102 - whole numbers and finite floats only; levels are keys
    found: Batch = namespace["chances"]  # type: ignore[assignment]  # just defined
    return found


def _lines(document: ModelDocument, card: Scorecard, namespace: Namespace) -> Iterator[str]:
    """Yield the lines for one customer; the order of addition is that of a scorecard."""
    levels, curves = [repr(card.intercept)], []
    for index, term in enumerate(card.terms):
        if isinstance(term, CurveTerm):
            curves.append(f"total += {curve_source(term, index)}")
        else:
            namespace[f"t{index}"] = weights_of(term)
            levels.append(f"t{index}[x{index}]")
    yield f"total = {' + '.join(levels)}"
    yield from curves
    for place, pair in enumerate(compile_pairs(card)):
        namespace[f"p{place}"] = pair.value
        yield f"total += p{place}(x{pair.first}, x{pair.second})"
    yield from _calibrated(document)


def _calibrated(document: ModelDocument) -> tuple[str, ...]:
    calibration = document.calibration
    if isinstance(calibration, IdentityCalibration):
        return _SIGMOID
    if isinstance(calibration, PlattCalibration):
        return (f"total = {calibration.intercept!r} + {calibration.slope!r} * total", *_SIGMOID)
    return ("append(chance(total))",)
