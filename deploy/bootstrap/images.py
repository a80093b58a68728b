"""Which base images the stack needs, and where each comes from."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.commands import Commands
from bootstrap.console import ROOT, SetupError, say

PULL_SECONDS = 600
STAMP = "retention.base"
RECIPES = Path(__file__).parent / "base"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
VARIABLE = re.compile(r"\$\{([A-Z]+_IMAGE):-([^}\"]+)\}")


@dataclass(frozen=True)
class BaseImage:
    """One base image: its variable, its public tag, and what stands in for it.

    Attributes:
        variable: Name by which compose.yaml and the Dockerfiles take it.
        public: Tag in a registry.
        recipe: Folder below `base/` that builds it from Debian's packages.
        local: Tag of what was built here; public tags are never shadowed.
    """

    variable: str
    public: str
    recipe: str
    local: str


BASE_IMAGES = (
    BaseImage("PYTHON_IMAGE", "python:3.13-slim", "python", "retention-base/python:3.13"),
    BaseImage("NGINX_IMAGE", "nginx:1.30", "nginx", "retention-base/nginx:1.30"),
    BaseImage("POSTGRES_IMAGE", "postgres:17", "postgres", "retention-base/postgres:17"),
    BaseImage(
        "PROMETHEUS_IMAGE", "prom/prometheus:v2.53.3", "prometheus", "retention-base/prometheus:2"
    ),
)


def images_of(compose_text: str) -> tuple[BaseImage, ...]:
    """Return the base images that a compose file names; the one place that says so."""
    named = {name for name, _ in VARIABLE.findall(compose_text)}
    return tuple(image for image in BASE_IMAGES if image.variable in named)


def stack_images() -> tuple[BaseImage, ...]:
    """Return the base images of this checkout's stack."""
    return images_of((ROOT / "compose.yaml").read_text())


def stamp_of(image: BaseImage, recipes: Path = RECIPES, bundle: Path = CERTIFICATES) -> str:
    """Return a hash of all that decides what a locally built image holds."""
    digest = hashlib.sha256(bundle.read_bytes() if bundle.exists() else b"")
    # What all images stand on is made by code, so its text counts as well.
    files = [Path(__file__).with_name("base_images.py")]
    if image.recipe:
        files += sorted((recipes / image.recipe).iterdir())
    for path in files:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Found:
    """Where the base images are.

    Attributes:
        local: Variable to local tag, for those that were built here.
        missing: Neither here nor to be pulled.
    """

    local: Mapping[str, str]
    missing: tuple[BaseImage, ...]


def is_here(commands: Commands, tag: str) -> bool:
    """Return whether the engine holds an image."""
    return commands.answer("docker", "image", "inspect", "--format", "{{.Id}}", tag) is not None


def is_built(commands: Commands, image: BaseImage) -> bool:
    """Return whether the image was built here from the recipe as it is now."""
    form = f'{{{{index .Config.Labels "{STAMP}"}}}}'
    answer = commands.answer("docker", "image", "inspect", "--format", form, image.local)
    return answer == stamp_of(image)


def find(commands: Commands, images: Iterable[BaseImage], environ: Mapping[str, str]) -> Found:
    """Look for each image, then pull; what is here wins, so a second run asks no registry.

    Raises:
        SetupError: An image that the user named can neither be found nor pulled.
    """
    local: dict[str, str] = {}
    missing: list[BaseImage] = []
    for image in images:
        own = environ.get(image.variable)
        if own:
            _require(commands, image.variable, own)
        elif is_here(commands, image.public):
            continue
        elif is_built(commands, image):
            local[image.variable] = image.local
        # One registry keeps them all: when it did not answer once, it is not asked again.
        elif missing or not pull(commands, image.public):
            missing.append(image)
    return Found(local, tuple(missing))


def pull(commands: Commands, tag: str) -> bool:
    """Pull an image; return whether it is here now."""
    say(f"     pulling {tag}")
    return commands.answer("docker", "pull", "--quiet", tag, seconds=PULL_SECONDS) is not None


def _require(commands: Commands, variable: str, tag: str) -> None:
    if not is_here(commands, tag) and not pull(commands, tag):
        raise SetupError(
            f"{variable} names {tag}, which is neither here nor to be pulled.\n"
            f"Cure: docker load -i FILE, or unset {variable}"
        )
