"""Keys that versions are signed with: ECDSA, as files in PEM.

The library behind them is an extra of the package; it is loaded with the first key.
"""

import os
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from churn_service.artefact.errors import KeyFileError

_HASHES = {"secp256r1": "SHA256", "secp384r1": "SHA384", "secp521r1": "SHA512"}


class PublicKey:
    """Tells what the owner of the private half has signed."""

    def __init__(self, key: Any) -> None:
        serialization = _library("primitives.serialization")
        self._key = key
        self.pem: bytes = key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.hint = sha256(self.pem).hexdigest()

    def is_signed(self, data: bytes, signature: bytes) -> bool:
        """Tell whether the private half signed these bytes."""
        wrong = import_module("cryptography.exceptions").InvalidSignature
        try:
            self._key.verify(signature, data, _algorithm(self._key.curve.name))
        except wrong:
            return False
        return True


class PrivateKey:
    """Signs; `public` is what others check it with."""

    def __init__(self, key: Any) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())
        self.hint = self.public.hint

    def sign(self, data: bytes) -> bytes:
        """Return the signature of some bytes, in DER."""
        signature: bytes = self._key.sign(data, _algorithm(self._key.curve.name))
        return signature


def read_public_key(path: Path) -> PublicKey:
    """Read a public key in PEM.

    Raises:
        KeyFileError: It cannot be used, or the extra for signatures is not installed.
    """
    load = _library("primitives.serialization").load_pem_public_key
    return PublicKey(_read(path, "public", load))


def read_private_key(path: Path) -> PrivateKey:
    """Read a private key in PEM, which no password protects.

    Raises:
        KeyFileError: It cannot be used, or the extra for signatures is not installed.
    """
    load = _library("primitives.serialization").load_pem_private_key
    key = _read(path, "private", lambda pem: load(pem, None))
    return PrivateKey(key)


def write_key_pair(path: Path) -> tuple[Path, PublicKey]:
    """Make a P-256 key: `path` gets the private half, `path`.pub the public one.

    Raises:
        KeyFileError: One of the files is there, or the extra is not installed.
    """
    serialization = _library("primitives.serialization")
    curves = _library("primitives.asymmetric.ec")
    made = curves.generate_private_key(curves.SECP256R1())
    private = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public, public_path = PublicKey(made.public_key()), path.with_name(f"{path.name}.pub")
    if public_path.exists():
        raise KeyFileError(f"{public_path} is there already; keys are never overwritten")
    _create(path, private, 0o600)
    _create(public_path, public.pem, 0o644)
    return public_path, public


def _read(path: Path, half: str, load: Callable[[bytes], Any]) -> Any:
    try:
        key = load(path.read_bytes())
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise KeyFileError(f"{path} is not a {half} key in PEM, without a password") from error
    if getattr(getattr(key, "curve", None), "name", None) not in _HASHES:
        raise KeyFileError(
            f"{path} is not a key on the curve P-256, P-384 or P-521; "
            "make one: churn models keygen FILE"
        )
    return key


def _create(path: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise KeyFileError(f"{path} is there already; keys are never overwritten") from error
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _algorithm(curve: str) -> Any:
    hashes, curves = _library("primitives.hashes"), _library("primitives.asymmetric.ec")
    return curves.ECDSA(getattr(hashes, _HASHES[curve])())


def _library(module: str) -> Any:
    try:
        return import_module(f"cryptography.hazmat.{module}")
    except ModuleNotFoundError as error:
        raise KeyFileError(
            "signatures need cryptography, which is not installed here; "
            "install churn-service with its extra: churn-service[sign]"
        ) from error
