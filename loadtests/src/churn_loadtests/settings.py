"""What to load, how hard and how long, from the environment."""

import difflib
import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PREFIX = "LOADTEST_"
FASTEST_RATE = 5_000.0
LONGEST_SECONDS = 7_200.0
_CONTAINER_NAME = re.compile("[a-z][a-z0-9_-]*")  # one word; digits alone would be an address
HELP = {
    "LOADTEST_URL": "address of the gateway (http://127.0.0.1:8080)",
    "LOADTEST_API_KEY_FILE": "file with the access key; `make up` writes .demo/api-key",
    "LOADTEST_PROFILE": "profile of budgets.toml (smoke)",
    "LOADTEST_RATE": "arrivals per second, instead of the profile's",
    "LOADTEST_SECONDS": "length of the run, instead of the profile's",
    "LOADTEST_SEED": "seed of due times and customers (1)",
}


class SettingsError(ValueError):
    """Something in the environment cannot be used; the text lists all of it."""


@dataclass(frozen=True)
class Settings:
    """One load run.

    Attributes:
        url: Origin of the target; loopback or a container only.
        api_key: Access key; empty when none is sent.
        profile: Name of the profile in budgets.toml.
        rate: Arrivals per second; None takes the profile's.
        seconds: Length of the run; None takes the profile's.
        seed: Decides due times and customers.
    """

    url: str = "http://127.0.0.1:8080"
    api_key: str = field(default="", repr=False)
    profile: str = "smoke"
    rate: float | None = None
    seconds: float | None = None
    seed: int = 1


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the LOADTEST_ variables; an empty one counts as not set.

    Raises:
        SettingsError: With one line for each variable that is wrong.
    """
    given = _given(environ)
    problems = [_unknown(name) for name in sorted(given.keys() - HELP.keys())]
    values: dict[str, object] = {}
    for name in given.keys() & _READERS.keys():
        attribute, read = _READERS[name]
        try:
            values[attribute] = read(given[name])
        except (ValueError, OSError) as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise SettingsError("\n".join(sorted(problems)))
    return Settings(**values)  # type: ignore[arg-type]  # each reader returns its field's type


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in environ.items() if name.startswith(PREFIX) and text}


def local_origin(url: str) -> str:
    """Return the origin of a target; ValueError unless it is this machine or a container."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or parts.username:
        raise ValueError("must look like http://127.0.0.1:8080, without user name")
    if not _is_near(host):
        raise ValueError("load goes to this machine or a container by its name, nowhere else")
    return f"{parts.scheme}://{parts.netloc}"


def _is_near(host: str) -> bool:
    return _is_loopback(host) or _CONTAINER_NAME.fullmatch(host) is not None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, HELP, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(HELP)}"
    return f"{name}: is not a setting{hint}"


def _key(path: str) -> str:
    key = Path(path).read_text(encoding="utf-8").strip()
    if not key or len(key.split()) != 1 or not key.isascii():
        raise ValueError("the file must hold one access key and nothing else")
    return key


def _bounded(text: str, highest: float) -> float:
    number = float(text)
    if not 0 < number <= highest or not math.isfinite(number):
        raise ValueError(f"must be above 0 and at most {highest:g}")
    return number


_READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "LOADTEST_URL": ("url", local_origin),
    "LOADTEST_API_KEY_FILE": ("api_key", _key),
    "LOADTEST_PROFILE": ("profile", str),
    "LOADTEST_RATE": ("rate", lambda text: _bounded(text, FASTEST_RATE)),
    "LOADTEST_SECONDS": ("seconds", lambda text: _bounded(text, LONGEST_SECONDS)),
    "LOADTEST_SEED": ("seed", int),
}
