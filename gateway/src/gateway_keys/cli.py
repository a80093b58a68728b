"""The command `gateway-keys`: build the keyring, run one verb, say how it went."""

import argparse
import secrets
import sys
import time
from collections.abc import Sequence
from typing import TextIO

from gateway_keys.arguments import build_parser
from gateway_keys.commands import Command
from gateway_keys.derived import DerivedFiles
from gateway_keys.errors import KeysError
from gateway_keys.keyring import Keyring
from gateway_keys.push import Gateways
from gateway_keys.store import KeyStore

STORE_NAME = "keys.sqlite"
LOCK_NAME = "lock"


def build_keyring(arguments: argparse.Namespace) -> Keyring:
    """Return the keyring over the folders that the arguments name."""
    return Keyring(
        KeyStore(arguments.store / STORE_NAME),
        DerivedFiles(arguments.seed),
        Gateways(arguments.sockets),
        lock=arguments.store / LOCK_NAME,
        clock=time.time,
        choose=secrets.choice,
        actor=arguments.actor,
    )


def run(argv: Sequence[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Run one command line and return its exit code."""
    arguments = build_parser().parse_args(argv)
    try:
        Command(arguments, build_keyring(arguments), stdin, stdout, stderr).run()
    except KeysError as error:
        stderr.write(f"gateway-keys: {error}\n")
        return error.exit_code
    except OSError as error:
        stderr.write(f"gateway-keys: {error.filename or 'a file'}: {error.strerror}\n")
        return KeysError.exit_code
    return 0


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:], sys.stdin, sys.stdout, sys.stderr))
