"""Commands for signatures: make a key, sign a version."""

from pathlib import Path

import click

from churn_service.artefact.aliases import CHALLENGER
from churn_service.artefact.keys import read_private_key, write_key_pair
from churn_service.artefact.listing import find_version
from churn_service.artefact.signing import sign_version
from churn_service.cli.options import ExistingFile, model_root_option, name_option
from churn_service.loading import load_predictor

NewFile = click.Path(dir_okay=False, path_type=Path)


@click.command("keygen")
@click.argument("path", metavar="FILE", type=NewFile)
def make_key(path: Path) -> None:
    """Make a key to sign versions with: FILE is private, FILE.pub is for everybody.

    FILE has no password; keep it where versions are released, never in the registry.
    """
    public_path, public = write_key_pair(path)
    click.echo(f"{path} signs; keep it secret")
    click.echo(f"{public_path} checks (sha256 {public.hint[:16]}); CHURN_MODEL_PUBLIC_KEY names it")


@click.command("sign")
@click.argument("wanted", metavar="[VERSION]", default=CHALLENGER)
@click.option("--key", required=True, type=ExistingFile, help="Private key, from keygen.")
@model_root_option
@name_option
def sign_model(wanted: str, key: Path, model_root: Path, name: str) -> None:
    """Sign a version (default: the challenger) when it is intact.

    The signature is the file model.sig in its folder, an OpenSSF Model Signing bundle.
    """
    folder = find_version(model_root, name, wanted)
    load_predictor(folder)
    signer = read_private_key(key)
    path = sign_version(folder, signer)
    click.echo(f"{folder.name} is signed: {path} (public key sha256 {signer.hint[:16]})")
