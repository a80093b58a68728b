"""Which names a pickle may hold; all others are refused with what can be done."""

import tomllib
from functools import cache
from importlib import resources

from churn_service.training.errors import ForeignModelError
from churn_service.training.imports.inert import Named

_SCIKIT_LEARN = "sklearn."
_CONVERTED = (
    "LogisticRegression and HistGradientBoostingClassifier, alone or in a Pipeline behind "
    "DictVectorizer, ColumnTransformer, OneHotEncoder, OrdinalEncoder, SimpleImputer, "
    "StandardScaler or MinMaxScaler"
)


def checked(module: str, name: str) -> Named:
    """Return a name; ForeignModelError when no model that is converted holds it."""
    exact, of_scikit_learn = _allowed()
    is_known = module.startswith(_SCIKIT_LEARN) and name in of_scikit_learn
    if not is_known and name not in exact.get(module, ()):
        raise ForeignModelError(_refusal(_shown(module), _shown(name)))
    return Named(module, name)


def _refusal(module: str, name: str) -> str:
    what = f"the file names {module}.{name}"
    if module.startswith("sklearn"):
        return (
            f"{what}, which is not converted; converted are {_CONVERTED}. Save such a model, or "
            "train it anew with churn train"
        )
    if module == "__main__":
        return (
            f"{what}: code of your own, which no file holds. Save the scikit-learn parts "
            "alone, and do the rest when the table is made"
        )
    return (
        f"{what}, which no model needs; the file may be an attack. Nothing of it was run. "
        "If it is yours, save the scikit-learn model alone"
    )


def _shown(text: str) -> str:
    """Return a name from a file of anybody's as it may be shown on a terminal."""
    return ascii(text)[1:-1][:80]


@cache
def _allowed() -> tuple[dict[str, list[str]], frozenset[str]]:
    packaged = resources.files("churn_service.training.imports") / "allowed.toml"
    found = tomllib.loads(packaged.read_text(encoding="utf-8"))
    return found["exact"], frozenset(found["scikit_learn"]["names"])
