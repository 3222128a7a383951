"""Whom this state folder trusts: keys, root certificates and identities of signers, and publishers, put there by a person.

``keys/*.pem`` and ``keys/*.pub`` hold public keys, ``keys/*.crt`` root certificates, ``publishers.txt`` one name a line,
``identities.txt`` who may sign keyless: identity, issuer and, where it is not Sigstore's public one, the file under
``keys/`` that holds the trusted root.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from touchstone.core import atomic
from touchstone.supply import keyless
from touchstone.supply.signing import SignatureFault, Signed, key_id, verify

_MOST = 1000  # files looked at under keys/; more is a mistake


@dataclass(frozen=True, slots=True)
class Trust:
    """The trust anchors of one state folder."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "keys"

    def keys(self) -> dict[str, bytes]:
        """Public keys in PEM by their id."""
        found: dict[str, bytes] = {}
        for path in self._files(".pem", ".pub"):
            data = path.read_bytes()
            public = _normal(data) if b"BEGIN PUBLIC KEY" in data else None
            if public is not None:
                found[key_id(public)] = public
        return found

    def add(self, public: bytes) -> str:
        """Trust a public key from now on; gives its id."""
        name = key_id(public)
        atomic.write_bytes(self.folder / f"{name[:16]}.pem", public)
        return name

    def is_trusted_publisher(self, name: str | None) -> bool:
        """Whether a person has put this publisher on the list."""
        path = self.home / "publishers.txt"
        if not name or not path.is_file():
            return False
        lines = path.read_text(encoding="utf-8").splitlines()
        return name.strip().casefold() in {line.strip().casefold() for line in lines if line.strip() and line[0] != "#"}

    def identities(self) -> tuple[keyless.Identity, ...]:
        """Who may sign keyless."""
        path = self.home / "identities.txt"
        return keyless.read_identities(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else ()

    def signer(self, signed: Signed) -> str | None:
        """Who of those trusted here made a signature; None where its key or root is not known here.

        Raises
        ------
        SignatureFault
            where a known key's signature does not hold
        Unchecked
            where a keyless signature cannot be judged here
        """
        if signed.is_keyless:
            return keyless.signer(signed, self.identities(), self.folder)
        if signed.chain:
            return self._certified(signed)
        keys = self.keys()
        if signed.hint:
            if signed.hint not in keys:
                return None
            verify(signed, keys[signed.hint])
            return signed.hint
        for name, public in keys.items():
            try:
                verify(signed, public)
            except SignatureFault:
                continue
            return name
        return None

    def _certified(self, signed: Signed) -> str | None:
        from cryptography import x509
        from cryptography.exceptions import UnsupportedAlgorithm

        try:
            chain = [x509.load_der_x509_certificate(raw) for raw in signed.chain]
            return _subject_of(signed, chain, self._roots())
        except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as fault:
            raise SignatureFault(f"a certificate in it cannot be read ({fault})") from fault

    def _roots(self) -> list[Any]:
        """Root certificates; a file that is none vouches for nobody."""
        from cryptography import x509

        roots = []
        for path in self._files(".crt", ".cer"):
            try:
                roots.append(x509.load_pem_x509_certificate(path.read_bytes()))
            except ValueError:
                continue
        return roots

    def _files(self, *endings: str) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if path.suffix in endings and path.is_file())[:_MOST]


def _subject_of(signed: Signed, chain: list[Any], roots: list[Any]) -> str | None:
    """The signer's name, once every certificate is issued by the next and the last by a trusted root."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    moment = chain[0].not_valid_before_utc  # there is no time stamp: as Model Signing does, the start of validity
    root = next((root for root in roots for last in chain if last == root or _issued(last, root)), None)
    if root is None:
        return None
    path = [*chain[: next(i for i, one in enumerate(chain) if one == root or _issued(one, root)) + 1], root]
    for one, issuer in pairwise(path):
        if one != issuer and not (_issued(one, issuer) and _is_authority(issuer)):
            raise SignatureFault("its chain of certificates is broken")
    if not all(_is_valid(one, moment) for one in path):
        raise SignatureFault("a certificate in it was not valid when it was made")
    if not _may_sign(chain[0]):
        raise SignatureFault("its certificate is not meant for signing")
    verify(signed, chain[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    name: str = chain[0].subject.rfc4514_string()
    return name


def _issued(one: Any, issuer: Any) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_authority(certificate: Any) -> bool:
    from cryptography import x509

    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _is_valid(certificate: Any, moment: datetime) -> bool:
    return bool(certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc)


def _may_sign(certificate: Any) -> bool:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        if certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature:
            return True
    except x509.ExtensionNotFound:
        pass
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.CODE_SIGNING in usage


def _normal(pem: bytes) -> bytes | None:
    """The one spelling that key ids are taken over; None for a key that cannot be read, which then vouches for nobody."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    try:
        return load_pem_public_key(pem).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return None
