"""Why a training stops.

TrainingError
├── ConfigError   the training file cannot be used
├── DataError     the table cannot be used
│   └── ForeignModelError  a model from elsewhere cannot be imported
├── FitError      the fit did not reach what it must prove
└── ProcessError  a process of the training was ended from outside
"""


class TrainingError(Exception):
    """Base of all reasons to stop; the text names cause and cure."""


class ConfigError(TrainingError):
    """The training file cannot be used; the text names the key and the rule."""


class DataError(TrainingError):
    """The table cannot be used; the text names column or line, and the cure.

    Attributes:
        rule: The entry of the reference of findings that explains it, or "".
    """

    def __init__(self, text: str, *, rule: str = "") -> None:
        super().__init__(text)
        self.rule = rule


class FitError(TrainingError):
    """The fitted model misses something that every model must prove."""


class ForeignModelError(DataError):
    """A model from elsewhere cannot be imported; the text says why and the cure."""


class ProcessError(TrainingError):
    """A process of the training was ended from outside; nothing was written."""
