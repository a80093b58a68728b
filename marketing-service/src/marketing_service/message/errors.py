"""The one error of this room."""


class MessageError(ValueError):
    """A message cannot be made; `part` names subject, text, html or a header.

    The text never holds a customer's value.
    """

    def __init__(self, part: str, problem: str) -> None:
        super().__init__(f"{part}: {problem}")
        self.part = part
        self.problem = problem
