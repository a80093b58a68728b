"""Why a version is not served, and why a promotion does not happen."""


class ArtefactError(Exception):
    """A file of a model version is missing, changed or does not make sense.

    The text names the file and the reason; the registry shows it to operators.
    """

    def __init__(self, file: str, reason: str) -> None:
        self.file = file
        self.reason = reason
        super().__init__(f"{file}: {reason}")


class MissingVersionError(ArtefactError):
    """Nothing has this name, or the alias was never set; nothing is damaged."""


class PromotionRefusedError(Exception):
    """The gate or a rule of the life cycle forbids it; the text says why and the cure."""


class KeyFileError(Exception):
    """A key for signatures cannot be read, made or used; the text says why and the cure."""
