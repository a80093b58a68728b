"""Arrow IPC streams as bodies and answers of `/predict`."""

from collections.abc import Sequence

from churn_contract.prediction import Prediction
from churn_contract.validation import Validator
from churn_service.column_customers import ColumnCustomers
from churn_service.column_envelopes import ARROW_STREAM
from churn_service.columnar.answers import write_answer
from churn_service.columnar.bodies import check_frame, recheck_frame, sort_frame
from churn_service.columnar.customers import CheckedColumns, CustomersInColumns
from churn_service.columnar.frames import Frame, read_stream
from churn_service.columnar.scorers import ColumnScorers
from churn_service.envelopes.body import Body
from churn_service.envelopes.form import Ask
from churn_service.envelopes.ignored import ignored_names
from churn_service.errors import REFUSALS, refusal_of


class ArrowEnvelope:
    """One column per field, by name; a row is a customer. Scored column by column."""

    media_types: Sequence[str] = (ARROW_STREAM,)

    def __init__(self, scorers: ColumnScorers | None = None) -> None:
        self._scorers = scorers or ColumnScorers()

    def read(self, content: bytes, ask: Ask) -> Body:
        """Read customers.

        Raises:
            UnreadableBodyError: The body is not a whole Arrow stream.
            TooManyCustomersError: It has too many rows.
            RefusedCustomersError: With every bad column or cell.
        """
        try:
            return self.body_of(self._frame(content, ask.validator), ask)
        except REFUSALS as error:
            raise refusal_of(error) from error

    def write(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Write a stream of one batch, a row per row of the body."""
        return write_answer(body, predictions)

    def body_of(self, frame: Frame, ask: Ask) -> Body:
        """Check named columns; the errors are those of the contract."""
        validator = ask.validator
        ignores = ask.is_lenient or validator.ignores_unknown
        names = ignored_names(frame.names, validator.schema) if ignores else ()
        if not ask.is_lenient:
            checked = check_frame(frame, validator)
            return Body(
                self._customers(checked, validator),
                lambda other: self._customers(check_frame(frame, other), other),
                ignored_fields=names,
            )
        rows = sort_frame(frame, validator)
        return Body(
            self._customers(rows.good, validator),
            lambda other: self._customers(recheck_frame(frame, other, rows.is_good), other),
            is_lenient=True,
            bad=rows.bad,
            ignored_fields=names,
        )

    def _frame(self, content: bytes, validator: Validator) -> Frame:
        return read_stream(content, lambda rows: validator.check_length(range(rows)))

    def _customers(self, checked: CheckedColumns, validator: Validator) -> ColumnCustomers:
        return CustomersInColumns(validator.schema, checked, self._scorers)
