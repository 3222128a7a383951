"""Keyless model signatures of Sigstore: a certificate for minutes, issued to a person or workflow, and a public log's entry.

The certificate says who signed (its identity) and who vouched for that (the issuer); the log says when. All of it is
verified by the ``sigstore`` library (extra ``sigstore``), without network: against a trusted root that a person put under
``keys/`` of the state folder, or the public one that the library brings or last fetched.

References
----------
Newman, Meyers, Torres-Arias, "Sigstore: Software Signing for Everybody" (CCS 2022); Sigstore bundle 0.3; RFC 6962.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchstone.supply.signing import PAYLOAD_TYPE, SignatureFault, Signed

_ISSUER, _ISSUER_BEFORE = "1.3.6.1.4.1.57264.1.8", "1.3.6.1.4.1.57264.1.1"
"""Where a certificate of Sigstore's names the issuer: as DER, and as bare text in older ones."""
_LONGEST = 200
_INSTALL = "pip install 'touchstone-ml[sigstore]'"


class Unchecked(Exception):
    """A signature that nobody can judge here: why, in one line, and what would change that."""

    def __init__(self, why: str, mend: str, *, lacks_extra: bool = False) -> None:
        self.mend, self.lacks_extra = mend, lacks_extra
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who may sign, as a person wrote it into ``identities.txt``."""

    name: str
    """A mail address, or the URI of a workflow."""
    issuer: str
    """Who vouches that they are that: the URL of an OpenID provider."""
    root: str = ""
    """A trusted root under ``keys/``; empty for Sigstore's public one."""

    def __str__(self) -> str:
        return f"{self.name} ({self.issuer})"


def read_identities(text: str) -> tuple[Identity, ...]:
    """``IDENTITY ISSUER [ROOT]`` a line; a line of another form trusts nobody."""
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return tuple(Identity(*words) for words in lines if len(words) in (2, 3))


def signer(signed: Signed, trusted: Sequence[Identity], folder: Path) -> str:
    """Who of those trusted here made a keyless signature.

    Parameters
    ----------
    folder : where the trusted roots lie that identities name

    Raises
    ------
    SignatureFault
        where a trusted identity's signature does not hold
    Unchecked
        where the extra is not installed, or who signed or the root is not trusted here
    """
    library = _library()
    names, issuer = _claimed(signed.chain[0])
    meant = [one for one in trusted if one.name in names and one.issuer == issuer]
    if not meant:
        who = f"{', '.join(names)[:_LONGEST] or 'somebody unnamed'} (issuer {issuer[:_LONGEST] or 'unnamed'})"
        raise Unchecked(
            f"it is said to be made by {who}, whom nobody trusts here",
            "if that is whom you expect, put `IDENTITY ISSUER` on a line of identities.txt in the state folder",
        )
    for one in meant[:-1]:
        try:
            return _held(library, signed, one, folder)
        except (SignatureFault, Unchecked):
            continue  # the same identity under another root
    return _held(library, signed, meant[-1], folder)


@dataclass(frozen=True, slots=True)
class _Library:
    """The parts of ``sigstore`` that are used."""

    errors: Any
    models: Any
    policy: Any
    verify: Any


def _library() -> _Library:
    try:
        with _sockets_shut():
            from sigstore import errors, models, verify
            from sigstore.verify import policy
    except ImportError as fault:
        is_absent = isinstance(fault, ModuleNotFoundError) and fault.name == "sigstore"
        what = "is not installed" if is_absent else f"cannot be loaded ({_line(fault)})"
        why = f"it is keyless, and only the extra `sigstore`, which {what}, can tell whether it holds"
        raise Unchecked(why, f"install it: {_INSTALL}", lacks_extra=True) from fault
    return _Library(errors, models, policy, verify)


@contextmanager
def _sockets_shut() -> Iterator[None]:
    """Keep urllib3, which comes along, from binding a socket to ``::1`` while it is imported, only to see if it could."""
    has = socket.has_ipv6
    socket.has_ipv6 = False
    try:
        yield
    finally:
        socket.has_ipv6 = has
    from urllib3.util import connection

    connection.HAS_IPV6 = connection.HAS_IPV6 or has  # others may connect with it later


def _held(library: _Library, signed: Signed, one: Identity, folder: Path) -> str:
    """Verify all of it: chain, time, both logs, identity, issuer, and the signature over the statement that was read."""
    root, verifier = _root(library, one, folder)
    policy, errors = library.policy, library.errors
    issuer = policy.AnyOf([policy.OIDCIssuer(one.issuer), policy.OIDCIssuerV2(one.issuer)])
    wanted = policy.AllOf([policy.Identity(identity=one.name), issuer])
    try:
        bundle = library.models.Bundle.from_json(signed.bundle)
        kind, payload = verifier.verify_dsse(bundle, wanted)
    except Exception as fault:  # the library reads hostile bytes here: however it fails, nothing was verified
        if isinstance(fault, errors.MetadataError):
            raise _unreadable(one, fault) from fault
        if isinstance(fault, errors.CertValidationError) and not _is_of(root, signed.chain[0]):
            where = f"keys/{one.root}" if one.root else "the public root of Sigstore"
            raise Unchecked(
                f"{where}, which is trusted here, did not issue its certificate",
                "get the trusted root of the instance that signed, put it under keys/ and name it on the identity's line",
            ) from fault
        raise SignatureFault(f"its keyless signature is not valid ({_line(fault)})") from fault
    if kind != PAYLOAD_TYPE or payload != signed.payload:
        raise SignatureFault("its keyless signature is over another statement")
    return str(one)


def _root(library: _Library, one: Identity, folder: Path) -> tuple[Any, Any]:
    """The trusted root of an identity, and a verifier that goes by it."""
    path = folder / one.root
    chatter = logging.getLogger("sigstore")
    level = chatter.level
    chatter.setLevel(logging.ERROR)  # that it stays offline is what was asked
    try:
        if one.root and path.resolve().parent != folder.resolve():
            raise ValueError("it lies elsewhere")
        models = library.models
        root = (
            models.TrustedRoot.from_file(str(path))
            if one.root
            else models.ClientTrustConfig.production(offline=True).trusted_root
        )
        return root, library.verify.Verifier(trusted_root=root)
    except (OSError, ValueError, library.errors.Error) as fault:
        raise _unreadable(one, fault) from fault
    finally:
        chatter.setLevel(level)


def _unreadable(one: Identity, fault: Exception) -> Unchecked:
    where = f"keys/{one.root}" if one.root else "of Sigstore's public instance"
    why = f"the trusted root {where} for {one} cannot be used ({_line(fault)})"
    return Unchecked(why, "put a trusted root (trusted_root.json) under keys/ and name it on the line")


def _claimed(certificate: bytes) -> tuple[tuple[str, ...], str]:
    """What a certificate says of its holder, not verified: names, and who vouched for them."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        extensions = x509.load_der_x509_certificate(certificate).extensions
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as fault:
        raise SignatureFault(f"a certificate in it cannot be read ({_line(fault)})") from fault
    names: list[str] = []
    issuers: dict[str, str] = {}
    for one in extensions:
        if isinstance(one.value, x509.SubjectAlternativeName):
            names = [
                *one.value.get_values_for_type(x509.RFC822Name),
                *one.value.get_values_for_type(x509.UniformResourceIdentifier),
            ]
        elif isinstance(one.value, x509.UnrecognizedExtension):
            issuers[one.oid.dotted_string] = _text(one.value.value, is_der=one.oid.dotted_string == _ISSUER)
    return tuple(names), issuers.get(_ISSUER) or issuers.get(_ISSUER_BEFORE, "")


def _text(value: bytes, *, is_der: bool) -> str:
    if is_der:  # a UTF8String: one byte of kind, one or more of length
        value = value[2:] if value[1:2] < b"\x80" else value[2 + (value[1] & 0x7F) :]
    return value.decode("utf-8", "replace")


def _is_of(root: Any, certificate: bytes) -> bool:
    """Whether an authority of this root issued a certificate, at whatever time."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    leaf = x509.load_der_x509_certificate(certificate)
    for authority in root.get_fulcio_certs():
        try:
            leaf.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False


def _line(fault: Exception) -> str:
    said = " ".join(str(fault).split())[:_LONGEST]
    return said or type(fault).__name__
