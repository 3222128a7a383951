"""OpenSSF Model Signing v1.0: an in-toto statement about all files in a DSSE envelope in a Sigstore bundle.

Keys and certificates are checked here, with nothing but ``cryptography``; no network, no transparency log (a keyless
signature is for :mod:`touchstone.supply.keyless`). A signature is checked against keys that somebody put under ``keys/``
of the state folder: a key that comes with the model shows nothing.

References
----------
OpenSSF Model Signing 1.0; DSSE 1.0.2; in-toto Statement 1; Sigstore bundle 0.3.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from touchstone.core import atomic
from touchstone.core.errors import Fault, InputError
from touchstone.supply.manifest import SPECIAL, Entry, Manifest, is_text

SIGNATURE = "model.sig"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
GIT_PATHS = (".git", ".gitattributes", ".github", ".gitignore")
"""What the specification leaves unsigned; files there are listed and never reach the working copy."""
MAXIMUM_BYTES = 64 << 20


class SignatureFault(Exception):
    """A signature that does not hold, in one line."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a bundle says, after its own consistency was checked; whether to believe it is another question."""

    manifest: Manifest
    ignored: tuple[str, ...]
    """Paths that the signer left out."""
    payload: bytes
    signatures: tuple[bytes, ...]
    hint: str
    """SHA-256 of the signer's public key in PEM, where the bundle names one."""
    chain: tuple[bytes, ...]
    """Certificates in DER, the signer's first."""
    is_keyless: bool
    """Whether a transparency log stands for the time of signing, and so a certificate of minutes for a key."""
    bundle: bytes


def statement(manifest: Manifest, name: str, ignored: tuple[str, ...]) -> dict[str, Any]:
    """The in-toto statement about a model: every file with its digest, and one digest over those digests."""
    files = sorted((entry for entry in manifest.files), key=lambda entry: PurePosixPath(entry.name))
    root = hashlib.sha256(b"".join(bytes.fromhex(entry.sha256) for entry in files)).hexdigest()
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": root}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False,
                              "ignore_paths": sorted(ignored)},
            "resources": [{"name": entry.name, "algorithm": "sha256", "digest": entry.sha256} for entry in files],
        },
    }  # fmt: skip


def sign(manifest: Manifest, name: str, key: Path, *, ignored: tuple[str, ...] = (SIGNATURE, *GIT_PATHS)) -> str:
    """The text of a signature bundle over all files of a manifest that are not ignored.

    Parameters
    ----------
    key : an unencrypted private key in PEM: elliptic curve (P-256, P-384, P-521) or Ed25519

    Raises
    ------
    InputError
        where the key cannot be used, or the model holds a link, a pipe or a device, which nobody can sign
    """
    odd = [entry.name for entry in manifest.files if entry.kind == SPECIAL or not entry.sha256]
    if odd:
        raise InputError(Fault(odd[0], "is no regular file and cannot be signed", "take it out of the model"))
    covered = Manifest(tuple(entry for entry in manifest.files if not is_under(entry.name, ignored)))
    private = _private_key(key)
    payload = json.dumps(statement(covered, name, ignored), indent=1).encode()
    bundle = {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": {"publicKey": {"hint": key_id(public_pem(key))}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": _base64(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": _base64(_signed_bytes(private, pae(payload))), "keyid": ""}],
        },
    }
    return json.dumps(bundle, indent=1) + "\n"


def place_of(model: Path) -> Path:
    """Where a model's signature lies: inside its folder, or beside its file."""
    return model / SIGNATURE if model.is_dir() else model.with_name(model.name + ".sig")


def is_under(name: str, paths: tuple[str, ...]) -> bool:
    """Whether a file is one of some paths or lies below one."""
    return any(name == path or name.startswith(path.rstrip("/") + "/") for path in paths)


def pae(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is signed."""
    return f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} ".encode() + payload


def read(data: bytes) -> Signed:
    """Parse a bundle strictly and check that it agrees with itself.

    Raises
    ------
    SignatureFault
        where it is no bundle of this kind, leaves more unsigned than the git paths, or its digests do not add up
    """
    try:
        bundle = json.loads(data)
        envelope, material = bundle["dsseEnvelope"], bundle["verificationMaterial"]
        payload = _bytes(envelope["payload"])
        signatures = tuple(_bytes(one["sig"]) for one in envelope["signatures"])
        chain = material.get("x509CertificateChain", {}).get("certificates", [])
        if "certificate" in material:
            chain = [material["certificate"]]
        certificates = tuple(_bytes(one["rawBytes"]) for one in chain)
        is_keyless = "certificate" in material and bool(material.get("tlogEntries"))
        hint = str(material.get("publicKey", {}).get("hint", ""))
        if hint and (len(hint) != 64 or not hint.isalnum() or not hint.isascii()):
            raise ValueError("its hint at a key is no digest")
        said = json.loads(payload)
        kinds = bundle["mediaType"], envelope["payloadType"], said["_type"], said["predicateType"]
        manifest, ignored = _read_statement(said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise SignatureFault(f"it is no model signature ({type(fault).__name__}: {fault})") from fault
    if kinds != (BUNDLE_TYPE, PAYLOAD_TYPE, STATEMENT_TYPE, PREDICATE_TYPE):
        raise SignatureFault(f"it is of another kind than OpenSSF Model Signing v1.0 ({', '.join(map(str, kinds))})")
    if not signatures:
        raise SignatureFault("it holds no signature")
    return Signed(manifest, ignored, payload, signatures, hint, certificates, is_keyless, data)


def _read_statement(said: dict[str, Any]) -> tuple[Manifest, tuple[str, ...]]:
    predicate = said["predicate"]
    serialization, resources = predicate["serialization"], predicate["resources"]
    if serialization["method"] != "files" or any(one["algorithm"] != "sha256" for one in resources):
        raise ValueError("only whole files under SHA-256 are read")
    if serialization.get("allow_symlinks") not in (False, None, "false"):
        raise ValueError("it allows symbolic links")
    ignored = tuple(str(path) for path in serialization.get("ignore_paths") or ())
    named = [str(one["name"]) for one in resources]
    if not all(map(is_text, named)):
        raise ValueError("a name is no text")
    if len(set(named)) < len(named):
        raise ValueError("a file stands twice")
    (subject,) = said["subject"]
    root = hashlib.sha256(b"".join(bytes.fromhex(one["digest"]) for one in resources)).hexdigest()
    if subject["digest"]["sha256"] != root:
        raise ValueError("its root digest is not that of its files")
    return Manifest.of(Entry(str(one["name"]), -1, str(one["digest"]).lower()) for one in resources), ignored


def verify(signed: Signed, public: bytes) -> None:
    """Check a signature against one public key in PEM.

    Raises
    ------
    SignatureFault
        where none of the bundle's signatures was made with it
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(public)
    for signature in signed.signatures:
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, pae(signed.payload), ec.ECDSA(_hash_for(key.curve.key_size)))
                return
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, pae(signed.payload))
                return
        except InvalidSignature:
            continue
    raise SignatureFault("it was not made with this key, or what it signs was changed")


def key_id(public: bytes) -> str:
    """The name of a public key: SHA-256 of its PEM, as Model Signing writes it into bundles."""
    return hashlib.sha256(public).hexdigest()


def public_pem(key: Path) -> bytes:
    """The public half, in PEM, of a private or public key file.

    Raises
    ------
    InputError
        where the file is no such key
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    try:
        data = key.read_bytes()
        public = load_pem_public_key(data) if b"PUBLIC KEY" in data else _private_key(key).public_key()
        pem: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    except (OSError, ValueError) as fault:
        raise InputError(Fault(str(key), f"is no key in PEM ({fault})", "give an EC or Ed25519 key file")) from fault
    return pem


def write(bundle: str, path: Path) -> None:
    """Write a bundle whole or not at all.

    Raises
    ------
    InputError
        where the folder cannot be written to
    """
    try:
        atomic.write_text(path, bundle)
    except OSError as fault:
        raise InputError(
            Fault(str(path), f"cannot be written ({fault.strerror})", "sign a copy of the model")
        ) from fault


def _private_key(path: Path) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    mend = "give an unencrypted EC (P-256, P-384, P-521) or Ed25519 private key in PEM"
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise InputError(Fault(str(path), f"cannot be used as a private key ({fault})", mend)) from fault
    curve_ok = isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in ("secp256r1", "secp384r1", "secp521r1")
    if not (curve_ok or isinstance(key, ed25519.Ed25519PrivateKey)):
        raise InputError(Fault(str(path), "is a key of another kind", mend))
    return key


def _signed_bytes(private: Any, message: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec

    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(message, ec.ECDSA(_hash_for(private.curve.key_size)))
    signature: bytes = private.sign(message)
    return signature


def _hash_for(size: int) -> Any:
    from cryptography.hazmat.primitives import hashes

    made: dict[int, Any] = {256: hashes.SHA256, 384: hashes.SHA384, 521: hashes.SHA512}
    return made[size]()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        raise ValueError(f"not base64 ({fault})") from fault
