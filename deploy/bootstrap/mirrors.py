"""Find the package mirror that this machine already uses; no address is written down."""

from collections.abc import Mapping

from bootstrap.commands import Commands

FORMAT = "$(SITE) $(RELEASE) $(COMPONENT)"


def site_of(commands: Commands, release: str, environ: Mapping[str, str]) -> str:
    """Return the address from which apt takes a release; empty when it takes none.

    Args:
        commands: How apt is asked.
        release: For example `bookworm` or `bookworm-security`.
        environ: `DEBIAN_MIRROR` wins over what apt knows for a release itself.
    """
    own = environ.get("DEBIAN_MIRROR")
    if own and "-" not in release:
        return own
    offered = _offered(commands)
    sites = [site for site, name in offered if name == release]
    # Other vendors use the same names; the distribution's own site has updates as well.
    sites.sort(key=lambda site: ((site, f"{release}-updates") not in offered, site))
    return next(iter(sites), "")


def _offered(commands: Commands) -> set[tuple[str, str]]:
    """Return address and release of every main part among apt's sources."""
    listing = commands.answer("apt-get", "indextargets", "--format", FORMAT, "Created-By: Packages")
    rows = [line.split() for line in (listing or "").splitlines()]
    return {(row[0], row[1]) for row in rows if len(row) == 3 and row[2] == "main"}
