"""Refuse an old interpreter in words that it can still read."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - run on purpose with whatever python3 is
    sys.stderr.write(
        "Python 3.11 or newer is needed, %s is %d.%d. Cure: make PYTHON=python3.13 ...\n"  # noqa: UP031 - old syntax
        % (sys.executable, sys.version_info[0], sys.version_info[1])
    )
    sys.exit(1)
