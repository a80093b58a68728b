"""The words of the command line; `cli.py` gives them their meaning."""

import argparse
from pathlib import Path

from gateway_keys.scopes import EVERY_READ, KEY_PLANS, ROLES, SCOPES

STORE_DIRECTORY = Path("/var/lib/gateway-keys")
SEED_DIRECTORY = Path("/var/lib/gateway-seed")
SOCKET_DIRECTORY = Path("/run/admin")
HELP_WIDTH = 80

_EPILOG = """\
exit codes: 0 done, 1 failed, 2 usage, 3 refused, 6 stored but not confirmed by a running
gateway (its journal delivers within a second)
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every verb."""
    parser = argparse.ArgumentParser(
        prog="gateway-keys",
        description="Make, list and revoke the access keys of the gateway.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_places(parser)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_create(verbs)
    _add_reading(verbs)
    _add_status_changes(verbs)
    _add_init(verbs)
    return parser


def help_texts() -> dict[str, str]:
    """Return the help text of the tool and of each verb, by the words that ask for it.

    The lines are as long on every terminal, so that a document made of them is stable.
    """
    parser = build_parser()
    texts = {parser.prog: _text(parser)}
    for action in parser._actions:  # noqa: SLF001 - argparse lists its verbs nowhere else
        if isinstance(action, _Verbs):
            texts |= {verb.prog: _text(verb) for verb in action.choices.values()}
    return texts


def _text(parser: argparse.ArgumentParser) -> str:
    parser.formatter_class = lambda prog: argparse.RawDescriptionHelpFormatter(
        prog, width=HELP_WIDTH
    )
    return parser.format_help()


_Verbs = argparse._SubParsersAction  # noqa: SLF001 - argparse gives this type no public name


def _add_places(parser: argparse.ArgumentParser) -> None:
    places = parser.add_argument_group("places and output")
    places.add_argument("--store", type=Path, default=STORE_DIRECTORY, metavar="DIR")
    places.add_argument("--seed", type=Path, default=SEED_DIRECTORY, metavar="DIR")
    places.add_argument("--sockets", type=Path, default=SOCKET_DIRECTORY, metavar="DIR")
    places.add_argument("--actor", default="operator", help="who is written into the audit row")
    places.add_argument("--json", action="store_true", help="print one JSON document")


def _add_verb(
    verbs: "_Verbs[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=text, description=text)
    verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    return verb


def _add_create(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    create = _add_verb(verbs, "create", "Make a key and print it once.")
    create.add_argument("--name", required=True, help="what the key is for")
    create.add_argument("--owner", required=True, help="who answers for it; services see this")
    create.add_argument("--plan", default="standard", help=", ".join(KEY_PLANS))
    scopes = f"{', '.join(SCOPES)}; {EVERY_READ} is every read scope but the audit's; repeatable"
    create.add_argument("--scope", action="append", default=[], help=scopes.replace("%", "%%"))
    create.add_argument("--role", help=f"a set of scopes: {', '.join(ROLES)}")
    create.add_argument("--ttl", help="how long it lives: 90d, 12h, 30m; for ever when absent")
    create.add_argument("--test", action="store_true", help="make a chk_test_ key")
    create.add_argument("--out", type=Path, help="write the key to this file (0600) instead")


def _add_reading(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    _add_verb(verbs, "list", "List all keys without their secrets.")
    show = _add_verb(verbs, "show", "Show one key.")
    show.add_argument("id")
    _add_verb(verbs, "verify", "Check the key on standard input without a gateway.")
    _add_verb(verbs, "push", "Hand every key to every running gateway again.")
    _add_verb(verbs, "status", "Show what each running gateway knows.")
    trail = _add_verb(verbs, "audit", "Show the last changes, or prove that none was altered.")
    trail.add_argument("action", choices=("tail", "verify"))


def _add_status_changes(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    revoke = _add_verb(verbs, "revoke", "Stop a key at once and for ever.")
    revoke.add_argument("id")
    revoke.add_argument("--reason", required=True, help="why; it is kept in the audit row")
    _add_verb(verbs, "disable", "Stop a key at once, until it is enabled.").add_argument("id")
    _add_verb(verbs, "enable", "Let a disabled key work again.").add_argument("id")


def _add_init(verbs: "_Verbs[argparse.ArgumentParser]") -> None:
    init = _add_verb(verbs, "init", "Make the store and the first keys when they are absent.")
    init.add_argument("--demo-key-file", type=Path, help="where the demo key is written")
    init.add_argument("--internal-key-file", type=Path, help="where the worker's key is written")
    mode = "mode of the worker's key file, for a worker of another uid"
    init.add_argument(
        "--internal-key-mode", default="0600", choices=("0600", "0640", "0444"), help=mode
    )
