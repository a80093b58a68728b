"""The signature of a version: an OpenSSF Model Signing v1 bundle over all its files.

The bundle is a Sigstore bundle with a DSSE envelope around an in-toto statement, which
names every file with its sha256. The public tool `model_signing verify key` reads it.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import NoReturn, Protocol

import msgspec

from churn_service.artefact.errors import ArtefactError

SIGNATURE_FILE = "model.sig"
_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_PREDICATE_TYPE = "https://model_signing/signature/v1.0"


class Signer(Protocol):
    """A private key; `hint` is the sha256 of its public half in PEM."""

    hint: str

    def sign(self, data: bytes) -> bytes:
        """Return the signature of some bytes."""
        ...


class Verifier(Protocol):
    """A public key; `hint` is the sha256 of its PEM."""

    hint: str

    def is_signed(self, data: bytes, signature: bytes) -> bool:
        """Tell whether the private half signed these bytes."""
        ...


class _KeyName(msgspec.Struct, forbid_unknown_fields=True):
    hint: str


class _Material(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    public_key: _KeyName
    tlog_entries: tuple[()]


class _Signature(msgspec.Struct, forbid_unknown_fields=True):
    sig: str
    keyid: str


class _Envelope(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    payload: str
    payload_type: str
    signatures: tuple[_Signature]


class _Bundle(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    media_type: str
    verification_material: _Material
    dsse_envelope: _Envelope


class _Resource(msgspec.Struct):
    name: str
    digest: str
    algorithm: str = "sha256"


def sign_files(version: str, digests: Mapping[str, str], signer: Signer) -> bytes:
    """Return the bundle for a version.

    Args:
        version: Names the version in the statement.
        digests: The sha256 in hex of every file, the manifest included.
        signer: Signs the statement.
    """
    payload = _statement(version, digests)
    signature = _Signature(_base64(signer.sign(_signed_bytes(payload))), keyid="")
    bundle = _Bundle(
        _MEDIA_TYPE,
        _Material(_KeyName(signer.hint), ()),
        _Envelope(_base64(payload), _PAYLOAD_TYPE, (signature,)),
    )
    return msgspec.json.encode(bundle)


def check_signature(bundle: bytes | None, digests: Mapping[str, str], key: Verifier) -> None:
    """Raise ArtefactError unless the bundle is this key's word on exactly these files.

    Args:
        bundle: What `model.sig` holds; None when there is no such file.
        digests: The sha256 in hex of every file, the manifest included.
        key: Whose word counts.
    """
    if bundle is None:
        raise ArtefactError(
            SIGNATURE_FILE,
            "is missing, and only signed versions are taken here; sign it with the key that "
            "CHURN_MODEL_PUBLIC_KEY belongs to: churn models sign VERSION --key FILE",
        )
    found = _decoded(bundle)
    if found.verification_material.public_key.hint != key.hint:
        _refuse("was made with another key than the public key that is asked for")
    payload = _bytes_of(found.dsse_envelope.payload)
    signature = _bytes_of(found.dsse_envelope.signatures[0].sig)
    if not key.is_signed(_signed_bytes(payload), signature):
        _refuse("does not fit the public key: it was changed, or made by somebody else")
    _check_statement(payload, digests)


def _statement(version: str, digests: Mapping[str, str]) -> bytes:
    resources = [_Resource(name, digests[name]) for name in sorted(digests)]
    predicate = {
        "serialization": {
            "method": "files",
            "hash_type": "sha256",
            "allow_symlinks": False,
            "ignore_paths": [SIGNATURE_FILE],
        },
        "resources": resources,
    }
    statement = {
        "_type": _STATEMENT_TYPE,
        "subject": [{"name": version, "digest": {"sha256": _root_digest(resources)}}],
        "predicateType": _PREDICATE_TYPE,
        "predicate": predicate,
    }
    return msgspec.json.encode(statement)


def _check_statement(payload: bytes, digests: Mapping[str, str]) -> None:
    try:
        statement = msgspec.json.decode(payload)
        kinds = (statement["_type"], statement["predicateType"])
        (subject,) = statement["subject"]
        resources = msgspec.convert(statement["predicate"]["resources"], list[_Resource])
        same_root = subject["digest"]["sha256"] == _root_digest(resources)
    except (ValueError, LookupError, TypeError) as error:
        _refuse(f"holds no statement about files: {error}")
    if kinds != (_STATEMENT_TYPE, _PREDICATE_TYPE) or not same_root:
        _refuse("is no Model Signing v1 statement, or is not consistent")
    _check_resources(resources, digests)


def _check_resources(resources: list[_Resource], digests: Mapping[str, str]) -> None:
    if any(resource.algorithm != "sha256" for resource in resources):
        _refuse("uses other digests than sha256")
    signed = {resource.name: resource.digest for resource in resources}
    other = sorted(name for name in {**signed, **digests} if signed.get(name) != digests.get(name))
    if other or len(signed) != len(resources):
        _refuse(f"was made for other files: {', '.join(other)}")


def _decoded(bundle: bytes) -> _Bundle:
    """Parse a bundle of which every byte has a meaning."""
    try:
        found = msgspec.json.decode(bundle, type=_Bundle)
        compact = json.dumps(json.loads(bundle), separators=(",", ":")).encode()
    except (ValueError, RecursionError) as error:
        _refuse(f"cannot be parsed: {error}")
    kinds = (found.media_type, found.dsse_envelope.payload_type)
    if kinds != (_MEDIA_TYPE, _PAYLOAD_TYPE) or found.dsse_envelope.signatures[0].keyid:
        _refuse("is no Model Signing v1 bundle made with a key")
    if compact != bundle:
        _refuse("was changed after it was written (not in compact form)")
    return found


def _root_digest(resources: list[_Resource]) -> str:
    return sha256(b"".join(bytes.fromhex(resource.digest) for resource in resources)).hexdigest()


def _signed_bytes(payload: bytes) -> bytes:
    """Return the pre-authentication encoding of DSSE."""
    return b"DSSEv1 %d %s %d %s" % (
        len(_PAYLOAD_TYPE), _PAYLOAD_TYPE.encode(), len(payload), payload,
    )  # fmt: skip


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes_of(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        _refuse(f"cannot be parsed: {error}")
    if _base64(data) != text:
        _refuse("was changed after it was written (loose base64)")
    return data


def _refuse(reason: str) -> NoReturn:
    raise ArtefactError(SIGNATURE_FILE, reason)
