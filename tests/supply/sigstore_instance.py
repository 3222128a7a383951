"""A Sigstore of our own, made of keys: an authority that certifies identities, its log, and a log of signatures.

Written from the formats (RFC 6962, the signed note of checkpoints, Rekor's dsse entry), with nothing of the ``sigstore``
library, so that the two can disagree.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from touchstone.supply import signing
from touchstone.supply.manifest import Manifest

PERSON, ISSUER = "ada@example.org", "https://login.example.org"
SIGNED_AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_TIMESTAMPS = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_ISSUER_BEFORE = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_der(key)).digest()


def _sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _canonical(plain: Any) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


@dataclass
class Instance:
    """Keys of an instance; a signature may be made with pieces of another one."""

    authority: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    certificate_log: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    signature_log: ec.EllipticCurvePrivateKey = field(default_factory=_key)

    def trusted_root(self) -> str:
        """What its users are given: ``trusted_root.json``."""
        since = {"start": "2026-01-01T00:00:00Z"}
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [_log(self.signature_log, since)],
                "ctlogs": [_log(self.certificate_log, since)],
                "certificateAuthorities": [
                    {
                        "subject": {"organization": "test", "commonName": "authority"},
                        "uri": "https://authority.invalid",
                        "certChain": {"certificates": [{"rawBytes": _b64(_bytes(self._root()))}]},
                        "validFor": since,
                    }
                ],
                "timestampAuthorities": [],
            }
        )

    def sign(
        self, manifest: Manifest, *, name: str = "m", person: str = PERSON, issuer: str = ISSUER,
        at: datetime = SIGNED_AT, logged_at: datetime | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """A bundle over all files, as a signer gets it who logs in, is certified and has the signature logged."""
        ignored = (signing.SIGNATURE, *signing.GIT_PATHS)
        covered = Manifest(tuple(one for one in manifest.files if not signing.is_under(one.name, ignored)))
        payload = json.dumps(signing.statement(covered, name, ignored)).encode()
        signer = _key()
        certificate = self._certified(signer, person, issuer, at)
        signature = _sign(signer, signing.pae(payload))
        return {
            "mediaType": signing.BUNDLE_TYPE,
            "verificationMaterial": {
                "certificate": {"rawBytes": _b64(_bytes(certificate))},
                "tlogEntries": [self._logged(payload, signature, certificate, logged_at or at)],
            },
            "dsseEnvelope": {
                "payload": _b64(payload),
                "payloadType": signing.PAYLOAD_TYPE,
                "signatures": [{"sig": _b64(signature), "keyid": ""}],
            },
        }

    def _root(self) -> x509.Certificate:
        public = self.authority.public_key()
        identifier = x509.SubjectKeyIdentifier.from_public_key(public)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        return (
            _certificate("authority", public, _SINCE, timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(identifier, critical=False)
            .sign(self.authority, hashes.SHA256())
        )

    def _certified(
        self, signer: ec.EllipticCurvePrivateKey, person: str, issuer: str, at: datetime
    ) -> x509.Certificate:
        named = x509.RFC822Name(person) if "://" not in person else x509.UniformResourceIdentifier(person)
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        plain = (
            _certificate("", signer.public_key(), at - timedelta(minutes=1), timedelta(minutes=10))
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.public_key()), critical=False
            )
            .add_extension(x509.SubjectAlternativeName([named]), critical=True)
            .add_extension(x509.UnrecognizedExtension(_ISSUER_BEFORE, issuer.encode()), critical=False)
            .add_extension(
                x509.UnrecognizedExtension(_ISSUER, bytes([0x0C, len(issuer)]) + issuer.encode()), critical=False
            )
        )
        before = plain.sign(self.authority, hashes.SHA256()).tbs_certificate_bytes
        stamp = self._timestamp(before, at)
        listed = struct.pack(">HH", len(stamp) + 2, len(stamp)) + stamp
        value = bytes([0x04, 0x81, len(listed)] if len(listed) > 127 else [0x04, len(listed)]) + listed
        return plain.add_extension(x509.UnrecognizedExtension(_TIMESTAMPS, value), critical=False).sign(
            self.authority, hashes.SHA256()
        )

    def _timestamp(self, before: bytes, at: datetime) -> bytes:
        """The certificate log's promise, over the certificate as it was before it was there (RFC 6962, 3.2)."""
        moment = int(at.timestamp() * 1000)
        entry = _id(self.authority) + len(before).to_bytes(3, "big") + before
        signed = _sign(self.certificate_log, struct.pack(">BBQH", 0, 0, moment, 1) + entry + b"\0\0")
        head = b"\0" + _id(self.certificate_log) + struct.pack(">Q", moment) + b"\0\0"
        return head + b"\x04\x03" + struct.pack(">H", len(signed)) + signed

    def _logged(self, payload: bytes, signature: bytes, certificate: x509.Certificate, at: datetime) -> dict[str, Any]:
        """An entry of the log of signatures, the second of two."""
        body = _canonical(
            {
                "apiVersion": "0.0.1",
                "kind": "dsse",
                "spec": {
                    "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
                    "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                    "signatures": [
                        {
                            "signature": _b64(signature),
                            "verifier": _b64(certificate.public_bytes(serialization.Encoding.PEM)),
                        }
                    ],
                },
            }
        )
        before = hashlib.sha256(b"\0another entry").digest()
        root = hashlib.sha256(b"\1" + before + hashlib.sha256(b"\0" + body).digest()).digest()
        note = f"log.invalid - 1\n2\n{_b64(root)}\n"
        noted = _b64(_id(self.signature_log)[:4] + _sign(self.signature_log, note.encode()))
        moment = int(at.timestamp())
        promised = {"body": _b64(body), "integratedTime": moment, "logID": _id(self.signature_log).hex(), "logIndex": 1}
        return {
            "logIndex": "1",
            "logId": {"keyId": _b64(_id(self.signature_log))},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(moment),
            "inclusionPromise": {"signedEntryTimestamp": _b64(_sign(self.signature_log, _canonical(promised)))},
            "inclusionProof": {
                "logIndex": "1",
                "rootHash": _b64(root),
                "treeSize": "2",
                "hashes": [_b64(before)],
                "checkpoint": {"envelope": f"{note}\n\u2014 log.invalid {noted}\n"},
            },
            "canonicalizedBody": _b64(body),
        }


def _certificate(name: str, public: ec.EllipticCurvePublicKey, since: datetime, for_: timedelta) -> Any:
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    return (
        x509.CertificateBuilder()
        .subject_name(authority if name else x509.Name([]))
        .issuer_name(authority)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + for_)
    )


def _bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _log(key: ec.EllipticCurvePrivateKey, since: dict[str, str]) -> dict[str, Any]:
    return {
        "baseUrl": "https://log.invalid",
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": _b64(_der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since},
        "logId": {"keyId": _b64(_id(key))},
    }
