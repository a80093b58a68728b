"""The one error of this room: a version's files that must not be served."""


class ArtefactError(Exception):
    """A file of a model version is missing, changed or does not make sense.

    The text names the file and the reason; the registry shows it to operators.
    """

    def __init__(self, file: str, reason: str) -> None:
        self.file = file
        self.reason = reason
        super().__init__(f"{file}: {reason}")
