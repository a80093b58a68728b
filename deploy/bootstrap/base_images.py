"""Build base images from Debian's packages, for machines that reach no image registry."""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.commands import LOGS, Commands, Work
from bootstrap.console import SetupError, step
from bootstrap.images import CERTIFICATES, RECIPES, STAMP, BaseImage, is_built, stamp_of
from bootstrap.machine import Machine
from bootstrap.mirrors import site_of
from bootstrap.packages import Packages
from bootstrap.plan import Plan
from bootstrap.state import FOLDER, State

SUITE = "trixie"
ROOT_FILES = BaseImage("", "", "", f"retention-base/debian:{SUITE}")
BUILD_SECONDS = 600
SCRATCH = "root-files-"
INCLUDE = "ca-certificates,netbase,tzdata"
USELESS = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
)
# Pages nobody reads in a container stay outside, and a build that is killed is built again.
DPKG = "force-unsafe-io\n" + "".join(
    f"path-exclude=/usr/share/{name}/*\n" for name in ("doc", "man", "locale")
)
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
TRUSTING = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
CURE = "is Debian's mirror reachable? Then again: what is finished is kept"


@dataclass(frozen=True)
class Builder:
    """Builds base images; needs root for debootstrap.

    Args:
        commands: How programs are run.
        machine: Where it runs.
        environ: `DEBIAN_MIRROR` names the mirror where apt's own sources know none.
        folder: Where the record lives.
    """

    commands: Commands
    machine: Machine
    environ: Mapping[str, str]
    folder: Path = FOLDER

    def build(self, images: Iterable[BaseImage], state: State) -> None:
        """Build what is missing or was built from another recipe.

        Raises:
            SetupError: No mirror is known, or a build failed; finished images are kept.
        """
        wanted = [image for image in images if not is_built(self.commands, image)]
        if not wanted:
            return
        mirror = self._mirror()
        if not is_built(self.commands, ROOT_FILES):
            self._install_debootstrap(state)
            self._note(ROOT_FILES, state)
            self._build_root(mirror)
        for image in wanted:
            self._note(image, state)
            self._build_recipe(image)
        # What a rebuild left without a name; the label keeps others' images out of it.
        self.commands.answer("docker", "image", "prune", "--force", "--filter", f"label={STAMP}")

    def _mirror(self) -> str:
        """Return the mirror that has Debian's packages."""
        # Ubuntu's mirrors do not have them: there only `DEBIAN_MIRROR` tells.
        release = self.machine.codename if self.machine.distribution == "debian" else SUITE
        if mirror := site_of(self.commands, release, self.environ):
            return mirror
        raise SetupError(
            "No registry answers, and base images are built from Debian's packages: "
            "no mirror with them is known here.\n"
            "Cure: DEBIAN_MIRROR=http://HOST/debian make up, or docker load -i FILE"
        )

    def _install_debootstrap(self, state: State) -> None:
        if shutil.which("debootstrap") is None:
            keyring = () if self.machine.distribution == "debian" else ("debian-archive-keyring",)
            plan = Plan(beside=("debootstrap", *keyring))
            Packages(self.commands, self.folder).install(plan, state, self.environ)

    def _note(self, image: BaseImage, state: State) -> None:
        if image.local not in state.images:
            state.images.append(image.local)
            state.save(self.folder)

    def _build_root(self, mirror: str) -> None:
        """Make the image on which the others stand; the folder never outlives the step."""
        work = self._work(ROOT_FILES)
        step(f"{work.name} (log: {work.log})")
        for left in self.folder.glob(f"{SCRATCH}*"):  # of a run that was killed
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self.folder) as scratch:
            root, archive = Path(scratch, "root"), Path(scratch, "root.tar")
            # In a mount space of its own: what debootstrap mounts is gone with it.
            unshare = ("unshare", "--mount", "--propagation", "private")
            include = ("--variant=minbase", f"--include={INCLUDE}")
            command = [*unshare, "debootstrap", *include, SUITE, str(root), mirror]
            self.commands.run(work, command, seconds=BUILD_SECONDS)
            self._trim(root, mirror)
            packing = ["tar", "-C", str(root), "-cf", str(archive), "."]
            self.commands.run(work, packing, seconds=BUILD_SECONDS)
            changes = [f"LABEL {STAMP}={stamp_of(ROOT_FILES)}", 'CMD ["bash"]', *_environment()]
            options = [part for change in changes for part in ("--change", change)]
            importing = ["docker", "import", *options, str(archive), ROOT_FILES.local]
            self.commands.run(work, importing, seconds=BUILD_SECONDS)

    def _trim(self, root: Path, mirror: str) -> None:
        """Leave out caches and pages; trust whom this machine trusts; take security updates."""
        for name in USELESS:
            shutil.rmtree(root / name, ignore_errors=True)
            (root / name).mkdir(parents=True, exist_ok=True)
        if CERTIFICATES.exists():
            shutil.copyfile(CERTIFICATES, root / BUNDLE.lstrip("/"))
        (root / "etc/dpkg/dpkg.cfg.d/retention-base").write_text(DPKG)
        security = site_of(self.commands, f"{self.machine.codename}-security", self.environ)
        lines = [f"deb {mirror} {SUITE} main"]
        lines += [f"deb {security} {SUITE}-security main"] if security else []
        (root / "etc/apt/sources.list").write_text("\n".join(lines) + "\n")

    def _build_recipe(self, image: BaseImage) -> None:
        work = self._work(image)
        step(f"{work.name} (log: {work.log})")
        label = f"{STAMP}={stamp_of(image)}"
        base = f"BASE_IMAGE={ROOT_FILES.local}"
        options = ("--label", label, "--build-arg", base, "--tag", image.local)
        command = ["docker", "build", *options, str(RECIPES / image.recipe)]
        self.commands.run(work, command, seconds=BUILD_SECONDS, environ={"DOCKER_BUILDKIT": "1"})

    def _work(self, image: BaseImage) -> Work:
        return Work(f"build {image.local}", LOGS / f"image-{image.recipe or SUITE}.log", CURE)

    def remove(self, state: State) -> None:
        """Delete the images that were built here, where an engine still holds them."""
        for tag in reversed(state.images):
            self.commands.answer("docker", "image", "rm", "--force", tag)
        state.images = []
        state.save(self.folder)


def _environment() -> list[str]:
    """Return settings that let pip and others trust the bundle; Debian's paths first."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return [f"ENV PATH={path}", *(f"ENV {name}={BUNDLE}" for name in TRUSTING)]
