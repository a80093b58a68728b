"""Spell simulated customers the way the public table spells its own."""

import numpy as np
from numpy.typing import NDArray

from marketing_service.simulator.laws import Columns, Floats, Laws
from marketing_service.simulator.population import Block
from marketing_service.simulator.truth import Truth

OUTCOME = "Churn"
ID = "customerID"
EMAIL = "email"
MAIL_DOMAIN = "example.test"

COLUMNS = (
    ID, "gender", "SeniorCitizen", "Partner", "Dependents", "tenure", "PhoneService",
    "MultipleLines", "InternetService", "OnlineSecurity", "OnlineBackup", "DeviceProtection",
    "TechSupport", "StreamingTV", "StreamingMovies", "Contract", "PaperlessBilling",
    "PaymentMethod", "MonthlyCharges", "TotalCharges", OUTCOME,
)  # fmt: skip
"""The columns of the public table, in its order."""

_SERVICES = {
    "OnlineSecurity": "security",
    "OnlineBackup": "backup",
    "DeviceProtection": "protection",
    "TechSupport": "support",
    "StreamingTV": "tv",
    "StreamingMovies": "movies",
}
_YES_NO = ("No", "Yes")
_LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))

Texts = NDArray[np.str_]


def customer_ids(first: int, rows: int, *, seed: int, laws: Laws) -> Texts:
    """Name customers in a row: 4 digits, a dash, 5 letters, never twice.

    Args:
        first: number of the first customer.
        rows: how many.
        seed: of the whole population.
        laws: of `load_laws`.

    Returns:
        One id per customer.
    """
    return ids_of(np.arange(first, first + rows, dtype=np.int64), seed=seed, laws=laws)


def ids_of(places: NDArray[np.int64], *, seed: int, laws: Laws) -> Texts:
    """Name customers by their numbers in the population, as `customer_ids` does."""
    law = laws["identity"]
    letters = law["letters"]
    size = law["digits"] * letters
    # In two factors: the whole product leaves 64 bits from 150 million on.
    high, low = divmod(law["multiplier"] % size, 1 << 16)
    shifted = (places % size * high) % size * (1 << 16)
    numbers = (shifted + places % size * low + seed % size) % size
    digits = np.char.zfill((numbers // letters).astype(np.str_), 4)
    rest = numbers % letters
    letters_of = [
        _LETTERS[rest // len(_LETTERS) ** power % len(_LETTERS)] for power in range(4, -1, -1)
    ]
    spelled = np.char.add(digits, "-")
    for place in letters_of:
        spelled = np.char.add(spelled, place)
    return spelled


def addresses(ids: Texts) -> Texts:
    """Give every customer a mail address that can never reach anybody."""
    return np.char.add(np.char.lower(ids), f"@{MAIL_DOMAIN}")


def spell(block: Block, ids: Texts) -> dict[str, Texts]:
    """Spell the traits of customers as the public table does, without the outcome.

    Args:
        block: the customers.
        ids: their names, of `customer_ids`.

    Returns:
        One text array per column, in the order of the table.
    """
    columns = block.columns
    internet = columns["internet"] == 1
    spelled = {
        ID: ids,
        "gender": _pick(columns, "male", ("Female", "Male")),
        "SeniorCitizen": columns["senior"].astype(np.intp).astype(np.str_),
        "Partner": _pick(columns, "partner"),
        "Dependents": _pick(columns, "dependents"),
        "tenure": columns["months"].astype(np.intp).astype(np.str_),
        "PhoneService": _pick(columns, "phone"),
        "MultipleLines": np.where(
            columns["phone"] == 1, _pick(columns, "lines"), "No phone service"
        ),
        "InternetService": np.select(
            [columns["dsl"] == 1, columns["fiber"] == 1], ["DSL", "Fiber optic"], "No"
        ),
    }
    for name, service in _SERVICES.items():
        spelled[name] = np.where(internet, _pick(columns, service), "No internet service")
    return spelled | _spell_bill(columns)


def _spell_bill(columns: Columns) -> dict[str, Texts]:
    """Spell contract, payment and charges."""
    new = columns["months"] == 0
    return {
        "Contract": np.select(
            [columns["one_year"] == 1, columns["two_year"] == 1],
            ["One year", "Two year"],
            "Month-to-month",
        ),
        "PaperlessBilling": _pick(columns, "paperless"),
        "PaymentMethod": np.select(
            [columns[name] == 1 for name in ("mailed", "bank", "card")],
            ["Mailed check", "Bank transfer (automatic)", "Credit card (automatic)"],
            "Electronic check",
        ),
        "MonthlyCharges": np.round(columns["monthly_charges"], 2).astype(np.str_),
        # The public table leaves the total of a brand-new customer blank.
        "TotalCharges": np.where(new, " ", columns["total_charges"].astype(np.str_)),
    }


def spell_outcome(truth: Truth) -> Texts:
    """Spell whether customers left when nobody wrote to them."""
    return spell_events(truth.y0)


def spell_events(happened: Floats) -> Texts:
    """Spell events, 0 or 1, as the public table does."""
    return np.array(_YES_NO)[happened.astype(np.intp)]


def _pick(columns: Columns, name: str, words: tuple[str, str] = _YES_NO) -> Texts:
    """Spell an event by its two words."""
    return np.array(words)[columns[name].astype(np.intp)]
