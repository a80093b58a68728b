"""Draw customers block by block: any block alone, in bounded memory."""

from dataclasses import dataclass

import numpy as np

from marketing_service.simulator.laws import (
    Columns,
    Floats,
    Laws,
    combine,
    happens,
    one_of,
    sigmoid,
)

BLOCK_ROWS = 100_000


@dataclass(frozen=True)
class Block:
    """Customers in a row, with the chance that decides over them.

    Attributes:
        first: number of the first customer in the whole population.
        columns: one array per trait; events are 0 or 1, `z0` is the churn logit.
        luck: one uniform number per customer, the same for every offer.
    """

    first: int
    columns: Columns
    luck: Floats

    @property
    def rows(self) -> int:
        """How many customers the block holds."""
        return self.luck.size

    def part(self, start: int, stop: int) -> "Block":
        """Cut the customers out whose numbers lie from start up to, not including, stop."""
        piece = slice(max(0, start - self.first), max(0, stop - self.first))
        columns = {name: values[piece] for name, values in self.columns.items()}
        return Block(max(self.first, start), columns, self.luck[piece])


def draw_block(index: int, rows: int, *, seed: int, laws: Laws) -> Block:
    """Draw one block of customers.

    Args:
        index: number of the block; each has its own stream of chance.
        rows: how many customers, at most `BLOCK_ROWS`.
        seed: of the whole population.
        laws: of `load_laws`.

    Returns:
        The same customers for the same arguments.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
    columns = draw_columns(rng, rows, laws)
    return Block(index * BLOCK_ROWS, columns, rng.random(rows))


def draw_columns(rng: np.random.Generator, rows: int, laws: Laws) -> Columns:
    """Draw the traits of so many customers, trait after trait, and their churn logit."""
    columns: Columns = {"one": np.ones(rows)}
    for draw in (_person, _tenure, _internet, _contract, _phone, _services, _billing, _charges):
        draw(rng, columns, laws)
    columns["z0"] = combine(laws["churn"]["law"], columns)
    return columns


def _person(rng: np.random.Generator, columns: Columns, laws: Laws) -> None:
    """Draw age group, gender, partner and dependents."""
    law, one = laws["person"], columns["one"]
    columns["senior"] = happens(rng, law["senior"] * one)
    columns["male"] = happens(rng, law["male"] * one)
    senior = columns["senior"].astype(np.intp)
    columns["partner"] = happens(rng, np.array(law["partner"])[senior])
    partner = columns["partner"].astype(np.intp)
    columns["dependents"] = happens(rng, np.array(law["dependents"])[partner, senior])


def set_months(columns: Columns, months: Floats, laws: Laws) -> None:
    """Set the months as a customer, and the shapes of it that other laws use."""
    columns["months"] = months
    columns["tenure"] = months / laws["tenure"]["longest"]
    columns["log_tenure"] = np.log1p(months)
    columns["newcomer"] = np.exp(-months / 2)
    columns["late"] = (months > 60).astype(np.float64)


def _tenure(rng: np.random.Generator, columns: Columns, laws: Laws) -> None:
    """Draw the months as a customer."""
    law, drawn = laws["tenure"], rng.random(columns["one"].shape)
    alone, together = (
        np.interp(drawn, law["quantiles"], law[who]) for who in ("single", "partner")
    )
    months = np.maximum(1, np.round(np.where(columns["partner"] == 1, together, alone)))
    months = np.where(drawn < law["zero"], 0.0, months)
    set_months(columns, months, laws)


def _internet(rng: np.random.Generator, columns: Columns, laws: Laws) -> None:
    """Draw the kind of internet."""
    shares = np.array(laws["internet"]["shares"])
    senior, dependents = (columns[name].astype(np.intp) for name in ("senior", "dependents"))
    kind = one_of(rng, list(np.log(shares[senior, dependents].T)))
    columns["dsl"], columns["fiber"] = ((kind == number).astype(np.float64) for number in (1, 2))
    columns["internet"] = columns["dsl"] + columns["fiber"]


def _contract(rng: np.random.Generator, columns: Columns, laws: Laws) -> None:
    """Draw the contract."""
    names = ("one_year", "two_year")
    logits = [combine(laws["contract"][name], columns) for name in names]
    kind = one_of(rng, [np.zeros_like(columns["one"]), *logits])
    for number, name in enumerate(("monthly_contract", *names)):
        columns[name] = (kind == number).astype(np.float64)


def _phone(rng: np.random.Generator, columns: Columns, laws: Laws) -> None:
    """Draw the phone and its lines."""
    law = laws["phone"]
    columns["phone"] = happens(rng, np.where(columns["dsl"] == 1, law["with_dsl"], 1.0))
    columns["lines"] = columns["phone"] * happens(rng, sigmoid(combine(law["lines"], columns)))


def _services(rng: np.random.Generator, columns: Columns, laws: Laws) -> None:
    """Draw what is booked on top of the internet, in the order of the laws."""
    for name, law in laws["services"].items():
        columns[name] = columns["internet"] * happens(rng, sigmoid(combine(law, columns)))


def _billing(rng: np.random.Generator, columns: Columns, laws: Laws) -> None:
    """Draw how the bill comes and how it is paid."""
    columns["paperless"] = happens(rng, sigmoid(combine(laws["paperless"]["law"], columns)))
    logits = [combine(law, columns) for law in laws["payment"].values()]
    kind = one_of(rng, [np.zeros_like(columns["one"]), *logits])
    for number, name in enumerate(("echeck", *laws["payment"])):
        columns[name] = (kind == number).astype(np.float64)


def _charges(rng: np.random.Generator, columns: Columns, laws: Laws) -> None:
    """Draw the monthly and the total charges."""
    law, months, shape = laws["charges"], columns["months"], columns["one"].shape
    price = combine(law["monthly"], columns) + rng.normal(0, law["noise"], shape)
    steps = round(1 / law["step"])
    monthly = np.maximum(law["floor"], np.round(price * steps) / steps)
    wobble = law["total_noise"] * monthly * np.sqrt(months) * rng.normal(size=shape)
    total = months * monthly + np.where(months > 1, wobble, 0.0)
    columns["monthly_charges"] = monthly
    columns["total_charges"] = np.maximum(0.0, np.round(total, 2))
