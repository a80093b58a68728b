"""Signed versions: who vouches for a version, and that nobody else can."""

import importlib
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from churn_service.artefact import keys
from churn_service.artefact.aliases import CHAMPION, read_alias, write_alias
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.errors import ArtefactError, KeyFileError
from churn_service.artefact.golden import GoldenRow
from churn_service.artefact.promotion_log import Note
from churn_service.artefact.promotions import Wish, collect_garbage, promote, roll_back
from churn_service.artefact.reader import digests_of, read_artefact
from churn_service.artefact.signature import SIGNATURE_FILE, check_signature, sign_files
from churn_service.artefact.signing import sign_version
from churn_service.artefact.writer import write_version

pytest.importorskip("cryptography")

NAME = "small"
# Made by the public tool model_signing 1.1.1 for the files a.json ("hi\n") and manifest.json.
VECTOR_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEiIjGpQCMiDmo7wtXvKAb3gwL7NlR
M0s0oogGmACw3B5sdWNMo91ADyde261prPYmXh3Wk2aX/qXpDZ3/ctiRjw==
-----END PUBLIC KEY-----
"""
VECTOR_DIGESTS = {
    "a.json": "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4",
    "manifest.json": "56cc5eec55dc58c7043ac724f962e41892ef591552dd023a9b81f95958bfff63",
}
VECTOR = Path(__file__).with_name("outside_signature.json")


@pytest.fixture(scope="session")
def private_key(tmp_path_factory: pytest.TempPathFactory) -> keys.PrivateKey:
    path = tmp_path_factory.mktemp("keys") / "release.key"
    keys.write_key_pair(path)
    return keys.read_private_key(path)


@pytest.fixture
def stranger(tmp_path: Path) -> keys.PrivateKey:
    keys.write_key_pair(tmp_path / "stranger.key")
    return keys.read_private_key(tmp_path / "stranger.key")


@pytest.fixture
def folder(tmp_path: Path, document: ModelDocument, golden: list[GoldenRow]) -> Path:
    """One version, not signed."""
    root = tmp_path / "models"
    return root / NAME / write_version(root, document, golden, {"card.md": b"card"})


@pytest.fixture
def signed(folder: Path, private_key: keys.PrivateKey) -> Path:
    sign_version(folder, private_key)
    return folder


def digests(folder: Path) -> dict[str, str]:
    artefact = read_artefact(folder)
    return digests_of(artefact.manifest, artefact.manifest_sha256)


def test_a_signed_version_is_taken_and_is_the_same_version(
    signed: Path, private_key: keys.PrivateKey
) -> None:
    artefact = read_artefact(signed, public_key=private_key.public)

    assert artefact.version == signed.name
    assert SIGNATURE_FILE not in artefact.contents
    assert [path.name for path in signed.parent.glob(".tmp-*")] == []


def test_an_unsigned_version_is_refused_only_where_a_key_is_asked_for(
    folder: Path, private_key: keys.PrivateKey
) -> None:
    assert read_artefact(folder).version == folder.name
    with pytest.raises(ArtefactError, match=r"model.sig: is missing, .* churn models sign VERSION"):
        read_artefact(folder, public_key=private_key.public)


def test_a_signature_that_nobody_asks_for_is_not_read(signed: Path) -> None:
    (signed / SIGNATURE_FILE).write_bytes(b"junk")

    assert read_artefact(signed).version == signed.name


def test_the_signature_of_another_key_is_refused(
    signed: Path, private_key: keys.PrivateKey, stranger: keys.PrivateKey
) -> None:
    with pytest.raises(ArtefactError, match="was made with another key"):
        read_artefact(signed, public_key=stranger.public)

    forged = (signed / SIGNATURE_FILE).read_bytes()
    forged = forged.replace(private_key.hint.encode(), stranger.hint.encode())
    with pytest.raises(ArtefactError, match="does not fit the public key"):
        check_signature(forged, digests(signed), stranger.public)


def test_every_changed_byte_and_every_truncation_of_a_bundle_is_refused(
    signed: Path, private_key: keys.PrivateKey
) -> None:
    bundle, files = (signed / SIGNATURE_FILE).read_bytes(), digests(signed)
    changed = [
        bundle[:place] + bytes([bundle[place] ^ 1 << bit]) + bundle[place + 1 :]
        for place in range(len(bundle))
        for bit in (0, 5)
    ]
    spaced = [
        bundle + b"\n",
        bundle.replace(b":", b": ", 1),
        bundle.replace(b"keyid", b"\\u006beyid"),
    ]
    cut = [bundle[:length] for length in range(0, len(bundle), 7)]

    taken = [
        other for other in (*changed, *spaced, *cut) if is_taken(other, files, private_key.public)
    ]

    assert is_taken(bundle, files, private_key.public)
    assert taken == []


def test_loose_base64_is_refused(private_key: keys.PrivateKey) -> None:
    padded = (sign_files("v1", {}, private_key) for _ in range(100))
    bundle = next(made for made in padded if b'=","keyid"' in made)
    mark = bundle.index(b'=","keyid"') - (bundle[bundle.index(b'=","keyid"') - 1] == ord("="))
    letter = bytes([bundle[mark - 1] + 1])  # only bits that are cut off may differ

    loose = bundle[: mark - 1] + letter + bundle[mark:]

    assert not is_taken(loose, {}, private_key.public)
    with pytest.raises(ArtefactError, match="loose base64"):
        check_signature(loose, {}, private_key.public)


def is_taken(bundle: bytes, files: dict[str, str], key: keys.PublicKey) -> bool:
    try:
        check_signature(bundle, files, key)
    except ArtefactError as error:
        return error.file != SIGNATURE_FILE
    return True


def test_a_signature_counts_for_exactly_its_files(private_key: keys.PrivateKey) -> None:
    files = {"a.json": "00" * 32, "manifest.json": "11" * 32}
    bundle = sign_files("v1", files, private_key)
    others = (
        {**files, "a.json": "22" * 32},
        {**files, "more.json": "22" * 32},
        {"manifest.json": "11" * 32},
    )

    check_signature(bundle, files, private_key.public)
    for other in others:
        with pytest.raises(ArtefactError, match=r"was made for other files: (a|more).json"):
            check_signature(bundle, other, private_key.public)


class Resigned:
    """Signs something else than it was given, as a wrong tool would."""

    def __init__(self, key: keys.PrivateKey, change: Callable[[bytes], bytes]) -> None:
        self.hint, self._key, self._change = key.hint, key, change

    def bundle(self, files: dict[str, str]) -> bytes:
        made = msgspec.json.decode(sign_files("v1", files, self))
        payload = self._change(msgspec.json.encode(statement(made)))
        made["dsseEnvelope"]["payload"] = keys_base64(payload)
        made["dsseEnvelope"]["signatures"][0]["sig"] = keys_base64(self.sign(pae(payload)))
        return msgspec.json.encode(made)

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)


def statement(bundle: dict[str, dict[str, str]]) -> object:
    return msgspec.json.decode(
        msgspec.json.decode(f'"{bundle["dsseEnvelope"]["payload"]}"', type=bytes)
    )


def keys_base64(data: bytes) -> str:
    return msgspec.to_builtins(data)  # type: ignore[no-any-return]  # bytes become base64


def pae(payload: bytes) -> bytes:
    kind = b"application/vnd.in-toto+json"
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"signature/v1.0", b"signature/v9.9", "is no Model Signing v1 statement"),
        (b'"subject":[{', b'"subject":[{"x":1},{', "holds no statement"),
        (b'"digest":{"sha256":"', b'"digest":{"sha256":"0', "is not consistent"),
        (b'"algorithm":"sha256"', b'"algorithm":"blake2"', "other digests than sha256"),
        (b'"_type"', b'"_tipe"', "holds no statement about files"),
    ],
)
def test_a_rightly_signed_statement_of_another_kind_is_refused(
    private_key: keys.PrivateKey, before: bytes, after: bytes, words: str
) -> None:
    files = {"a.json": "00" * 32, "manifest.json": "11" * 32}
    tool = Resigned(private_key, lambda payload: payload.replace(before, after))

    with pytest.raises(ArtefactError, match=words):
        check_signature(tool.bundle(files), files, private_key.public)


def test_a_bundle_of_another_kind_is_refused(private_key: keys.PrivateKey) -> None:
    bundle = sign_files("v1", {}, private_key).replace(b"bundle.v0.3", b"bundle.v0.1")

    with pytest.raises(ArtefactError, match="is no Model Signing v1 bundle"):
        check_signature(bundle, {}, private_key.public)


def test_a_bundle_of_the_public_tool_is_taken(tmp_path: Path) -> None:
    (tmp_path / "public.pem").write_text(VECTOR_KEY)
    key = keys.read_public_key(tmp_path / "public.pem")

    check_signature(VECTOR.read_bytes(), VECTOR_DIGESTS, key)
    with pytest.raises(ArtefactError, match=r"was made for other files: a.json"):
        check_signature(VECTOR.read_bytes(), {**VECTOR_DIGESTS, "a.json": "00" * 32}, key)


def test_promotion_and_rollback_need_the_signature(
    signed: Path,
    private_key: keys.PrivateKey,
    document: ModelDocument,
    golden: list[GoldenRow],
) -> None:
    root, key = signed.parents[1], private_key.public
    write_alias(root, NAME, CHAMPION, signed.name, reason="first", actor="ann")
    other = msgspec.structs.replace(document, threshold=0.3)
    second = write_version(root, other, golden, {})
    wish = Wish(version=second, actor="ann", reason="better", force=True)

    with pytest.raises(ArtefactError, match="is missing, and only signed versions"):
        promote(root, NAME, wish, public_key=key)
    assert champion(root) == signed.name

    sign_version(root / NAME / second, private_key)
    promote(root, NAME, wish, public_key=key)
    (signed / SIGNATURE_FILE).unlink()
    with pytest.raises(ArtefactError, match="is missing"):
        roll_back(root, NAME, Note("ann", "worse"), public_key=key)
    assert champion(root) == second
    assert collect_garbage(root, NAME) == []


def champion(root: Path) -> str:
    alias = read_alias(root, NAME, CHAMPION)
    assert alias is not None
    return alias.version


def test_a_damaged_version_is_not_signed(folder: Path, private_key: keys.PrivateKey) -> None:
    (folder / "card.md").write_bytes(b"care")

    with pytest.raises(ArtefactError, match=r"card\.md"):
        sign_version(folder, private_key)
    assert not (folder / SIGNATURE_FILE).exists()


def test_keys_are_made_once_and_the_private_half_is_private(tmp_path: Path) -> None:
    path = tmp_path / "release.key"
    public_path, public = keys.write_key_pair(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.read_public_key(public_path).hint == public.hint
    with pytest.raises(KeyFileError, match="is there already; keys are never overwritten"):
        keys.write_key_pair(path)
    public_path.unlink()
    with pytest.raises(KeyFileError, match="is there already"):
        keys.write_key_pair(path)
    with pytest.raises(KeyFileError, match="cannot be written: No such file"):
        keys.write_key_pair(tmp_path / "missing" / "release.key")


def test_what_is_no_key_is_refused_with_the_reason(tmp_path: Path) -> None:
    other = importlib.import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    formats = importlib.import_module("cryptography.hazmat.primitives.serialization")
    junk, edwards = tmp_path / "junk", tmp_path / "edwards"
    junk.write_text("junk")
    public = other.Ed25519PrivateKey.generate().public_key()
    edwards.write_bytes(
        public.public_bytes(formats.Encoding.PEM, formats.PublicFormat.SubjectPublicKeyInfo)
    )

    with pytest.raises(KeyFileError, match="junk is not a private key in PEM"):
        keys.read_private_key(junk)
    with pytest.raises(KeyFileError, match="missing cannot be read: No such file"):
        keys.read_public_key(tmp_path / "missing")
    with pytest.raises(KeyFileError, match=r"on the curve P-256.*churn models keygen"):
        keys.read_public_key(edwards)


def test_without_the_extra_the_cure_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(keys, "import_module", missing)
    with pytest.raises(KeyFileError, match=r"its extra: churn-service\[sign\]"):
        keys.read_public_key(tmp_path / "any")
