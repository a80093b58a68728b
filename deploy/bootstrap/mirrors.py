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
    listing = commands.answer("apt-get", "indextargets", "--format", FORMAT, "Created-By: Packages")
    rows = [tuple(line.split()) for line in (listing or "").splitlines()]
    offered = {(row[0], row[1]) for row in rows if len(row) == 3 and row[2] == "main"}
    # Other vendors use the same names; the distribution's own site has updates as well.
    sites = sorted(
        (site for site, name in offered if name == release),
        key=lambda site: ((site, f"{release}-updates") not in offered, site),
    )
    return sites[0] if sites else ""
