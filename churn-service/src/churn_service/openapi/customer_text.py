"""Example customers as the text of files: lines of JSON, lines of CSV."""

import csv
import io
import json
from collections.abc import Iterable

from churn_contract.openapi import example_customer
from churn_contract.schema import CustomerSchema


def lines_of_json(values: Iterable[object]) -> str:
    """Return JSON Lines."""
    return "".join(json.dumps(value) + "\n" for value in values)


def csv_of(customers: CustomerSchema, *, header: bool = True) -> str:
    """Return the example customer as CSV; without a header only its features, in order."""
    record = example_customer(customers)
    names = list(record) if header else [field.name for field in customers.features]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([names] if header else [])
    writer.writerow("" if record[name] is None else record[name] for name in names)
    return text.getvalue()
