"""The steps of a training, in the words that its progress is told in."""

READING = "read the table"
CHECKING = "check columns and rows"
JUDGING = "judge the families"
FITTING = "fit the chosen one"
PROVING = "prove the tables"
REPORTING = "write version and report"
STEPS = (READING, CHECKING, JUDGING, FITTING, PROVING, REPORTING)
