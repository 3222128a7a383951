from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.supply.small_models import write_model
from touchstone.core.errors import InputError
from touchstone.supply import manifest as manifests
from touchstone.supply import signing
from touchstone.supply.signing import SignatureFault

CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


def write_key(path: Path, key: object) -> Path:
    data = key.private_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(data)
    return path


def key_file(folder: Path, kind: str = "P-256") -> Path:
    key = ed25519.Ed25519PrivateKey.generate() if kind == "Ed25519" else ec.generate_private_key(CURVES[kind])
    return write_key(folder / f"{kind}.pem", key)


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "Ed25519"])
def test_a_signature_holds_with_its_key_and_no_other(tmp_path: Path, kind: str) -> None:
    folder, key = write_model(tmp_path / "m"), key_file(tmp_path, kind)
    found = signing.read(signing.sign(manifests.read(folder), "m", key).encode())
    signing.verify(found, signing.public_pem(key))
    (tmp_path / "other").mkdir()
    with pytest.raises(SignatureFault):
        signing.verify(found, signing.public_pem(key_file(tmp_path / "other", kind)))


def test_the_bundle_is_that_of_model_signing(tmp_path: Path) -> None:
    bundle = json.loads(signing.sign(manifests.read(write_model(tmp_path / "m")), "m", key_file(tmp_path)))
    said = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    assert bundle["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert bundle["dsseEnvelope"]["payloadType"] == "application/vnd.in-toto+json"
    assert said["predicateType"] == "https://model_signing/signature/v1.0"
    assert [one["name"] for one in said["predicate"]["resources"]] == ["config.json", "model.safetensors"]
    assert len(bundle["verificationMaterial"]["publicKey"]["hint"]) == 64


def test_git_paths_and_the_signature_itself_stay_unsigned(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / ".github").mkdir()
    (folder / ".github" / "x.py").write_text("1")
    (folder / "model.sig").write_text("old")
    found = signing.read(signing.sign(manifests.read(folder), "m", key_file(tmp_path)).encode())
    assert {e.name for e in found.manifest.files} == {"config.json", "model.safetensors"}


def spoiled(bundle: str, **changes: object) -> bytes:
    plain = json.loads(bundle)
    said = json.loads(base64.b64decode(plain["dsseEnvelope"]["payload"]))
    for path, value in changes.items():
        place, *rest = path.split("__")
        where = {
            "bundle": plain,
            "said": said,
            "predicate": said["predicate"],
            "serialization": said["predicate"]["serialization"],
        }[place]
        where["__".join(rest)] = value
    plain["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(said).encode()).decode()
    return json.dumps(plain).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"bundle__mediaType": "other"},
        {"said__predicateType": "https://slsa.dev/provenance/v1"},
        {"said__subject": []},
        {"said__subject": [{"name": "m", "digest": {"sha256": "0" * 64}}]},
        {"predicate__resources": [{"name": "a", "algorithm": "md5", "digest": "0" * 32}]},
        {"serialization__method": "shards"},
        {"serialization__allow_symlinks": True},
    ],
)
def test_another_kind_of_statement_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    bundle = signing.sign(manifests.read(write_model(tmp_path / "m")), "m", key_file(tmp_path))
    with pytest.raises(SignatureFault):
        signing.read(spoiled(bundle, **changes))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"null", b'{"dsseEnvelope": 1}', b"[" * 100_000])
def test_rubbish_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(SignatureFault) as caught:
        signing.read(data)
    assert "\n" not in str(caught.value)


def test_a_changed_statement_does_not_verify(tmp_path: Path) -> None:
    key = key_file(tmp_path)
    bundle = signing.sign(manifests.read(write_model(tmp_path / "m")), "m", key)
    with pytest.raises(SignatureFault):
        signing.verify(signing.read(spoiled(bundle, said__note="added")), signing.public_pem(key))


def test_a_key_that_cannot_sign_is_an_input_error(tmp_path: Path) -> None:
    found = manifests.read(write_model(tmp_path / "m"))
    wrong = write_key(tmp_path / "rsa.pem", rsa.generate_private_key(65537, 2048))
    (tmp_path / "text.pem").write_text("no key")
    for key in (wrong, tmp_path / "text.pem", tmp_path / "absent.pem"):
        with pytest.raises(InputError):
            signing.sign(found, "m", key)


def test_a_link_cannot_be_signed(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "link").symlink_to("config.json")
    with pytest.raises(InputError, match="no regular file"):
        signing.sign(manifests.read(folder), "m", key_file(tmp_path))
