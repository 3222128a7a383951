"""Keys of people: a decision that carries a detached signature is proven, not only claimed.

Elliptic curve and Ed25519 keys, in PEM or as OpenSSH writes them; the public half may be an X.509 certificate. Once a
key is registered for a person, nothing is recorded in that person's name without its signature.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from touchstone.core import digest
from touchstone.core.errors import Fault, RegistryError
from touchstone.registry.effects import Effects, Entity
from touchstone.registry.lineage import facts, listed
from touchstone.registry.log import Writer
from touchstone.registry.roles import writes
from touchstone.registry.store import Session

_MEND = "give an unencrypted EC or Ed25519 key, in PEM or as ssh-keygen writes it"


def register(writer: Writer, person: str, key: Path, by: str, role: str) -> int:
    """Register a person's public key; the private half is never read into the registry.

    Raises
    ------
    RegistryError
        where the file is no such key, or the person has one already
    """
    pem, holder = _public_pem(key), writer.person(person)
    if _of(writer.session, holder):
        raise RegistryError(
            Fault(person, "has a registered key", "a key is registered once; another person can be given the role")
        )
    plain = {"person": holder, "pem": pem}
    id = f"key:{hashlib.sha256(pem.encode()).hexdigest()}"
    if writer.session.value("SELECT 1 FROM entity WHERE id = :id", id=id):
        raise RegistryError(Fault(str(key), "is registered for somebody else", "every person has a key of their own"))
    effects = Effects(Entity(id, "key", id[4:20], plain))
    return writer.append("register", id, effects, actor=writer.person(by), role=writes(role))


def proof(session: Session, person: str, name: str, said: Mapping[str, Any], key: Path | None) -> str:
    """A detached signature over a decision, in base64; empty where the person has no key and none is given.

    Raises
    ------
    RegistryError
        where the person has a key and this decision is not signed with it, or signs with a key that is not registered
    """
    known = _of(session, person)
    if key is None:
        if known:
            raise RegistryError(
                Fault(name, "has a registered key, and this decision is not signed with it", "--sign KEY")
            )
        return ""
    if not known:
        raise RegistryError(Fault(name, "has no registered key", "touchstone registry key NAME PUBLIC_KEY"))
    signature = _sign(key, message(said))
    if not holds(known, message(said), signature):
        raise RegistryError(Fault(str(key), f"is not the key that is registered for {name}", "sign with that one"))
    return base64.b64encode(signature).decode()


def message(said: Mapping[str, Any]) -> bytes:
    """What is signed: a purpose, so that it can be no signature of anything else, and the decision."""
    return b"touchstone decision 1\n" + digest.canonical_json(dict(said)).encode()


def is_proven(session: Session, person: str, said: Mapping[str, Any], signature: str) -> bool:
    """Whether a kept signature was made with the person's registered key."""
    known = _of(session, person)
    return bool(known and signature) and holds(known, message(said), base64.b64decode(signature))


def holds(pem: str, data: bytes, signature: bytes) -> bool:
    """Whether a signature over some bytes was made with a key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem.encode())
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashes.SHA512()))
            return True
    except InvalidSignature:
        return False
    return False


def signed(path: Path, data: bytes) -> str:
    """A detached signature over some bytes, in base64, by a private key."""
    return base64.b64encode(_sign(path, data)).decode()


def vouches(path: Path, data: bytes, signature: str) -> bool:
    """Whether a signature in base64 was made with the private half of a public key."""
    try:
        return holds(_public_pem(path), data, base64.b64decode(signature, validate=True))
    except ValueError:
        return False


def _of(session: Session, person: str) -> str:
    """The public key of a person in PEM; empty where there is none."""
    found = (facts(session, known) for known in listed(session, "key", limit=10_000))
    return next((str(plain["pem"]) for plain in found if plain["person"] == person), "")


def _public_pem(path: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = _read(path, private=False)
    if not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        raise RegistryError(Fault(str(path), "is a key of another kind", _MEND))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _sign(path: Path, data: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    key = _read(path, private=True)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA512()))
    raise RegistryError(Fault(str(path), "is a key of another kind", _MEND))


def _read(path: Path, *, private: bool) -> Any:
    """A key of either half, whatever form its file has."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509 import load_pem_x509_certificate

    try:
        data = path.read_bytes()
        if private:
            ours = b"OPENSSH PRIVATE KEY" in data
            load = serialization.load_ssh_private_key if ours else serialization.load_pem_private_key
            return load(data, password=None)
        if b"BEGIN CERTIFICATE" in data:
            return load_pem_x509_certificate(data).public_key()
        if b"PUBLIC KEY" in data:
            return serialization.load_pem_public_key(data)
        return serialization.load_ssh_public_key(data)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as fault:
        half = "private" if private else "public"
        raise RegistryError(
            Fault(str(path), f"cannot be used as a {half} key ({type(fault).__name__})", _MEND)
        ) from fault
