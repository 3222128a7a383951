"""With a registered key a name is proven; without its signature nothing is recorded in that name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.registry import trees
from touchstone.core.errors import RegistryError
from touchstone.registry import keys, schema, witness
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity
from touchstone.registry.lineage import Known, find
from touchstone.registry.signoffs import Binding, Decision, sign, signatures
from touchstone.registry.verify import verify
from touchstone.registry.waivers import Waiver, in_force, waive

BINDING = Binding("plan", "evidence", "policy", "model")


def pair(folder: Path, form: str, name: str) -> tuple[Path, Path]:
    """A private and a public key file in one of the forms."""
    made: Any = (
        ec.generate_private_key(ec.SECP256R1()) if form == "certificate" else ed25519.Ed25519PrivateKey.generate()
    )
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    ssh = form == "ssh"
    style = PrivateFormat.OpenSSH if ssh else PrivateFormat.PKCS8
    private.write_bytes(made.private_bytes(Encoding.PEM, style, NoEncryption()))
    if form == "certificate":
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        built = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(made.public_key())
        built = built.serial_number(7).not_valid_before(now).not_valid_after(now + timedelta(days=9))
        public.write_bytes(built.sign(made, hashes.SHA256()).public_bytes(Encoding.PEM))
    else:
        how = (Encoding.OpenSSH, PublicFormat.OpenSSH) if ssh else (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        public.write_bytes(made.public_key().public_bytes(*how))
    return private, public


@pytest.fixture
def run(registry: Registry) -> Known:
    with registry.writing() as writer:
        writer.append("run", "run:1", Effects(Entity("run:1", "run", "r")), actor=writer.person("ann"))
        return find(writer.session, "run:1")


def register(registry: Registry, person: str, public: Path) -> None:
    with registry.writing() as writer:
        keys.register(writer, person, public, "ann", "steward")


def decide(registry: Registry, run: Known, key: Path | None, who: str = "bob") -> None:
    with registry.writing() as writer:
        sign(writer, run, Decision(who, "owner", "approve", "looked", "ann", key=key), BINDING)


@pytest.mark.parametrize("form", ["pem", "ssh", "certificate"])
def test_a_signed_decision_is_proven_whoever_s_account_it_came_from(
    registry: Registry, run: Known, tmp_path: Path, form: str
) -> None:
    private, public = pair(tmp_path, form, "bob")
    register(registry, "bob", public)
    decide(registry, run, private)
    with registry.reading() as session:
        (signature,) = signatures(session, run, BINDING, registry.clock())
    assert (signature.who, signature.proven, signature.claimed_by) == ("bob", True, "")


def test_without_a_key_a_name_is_claimed(registry: Registry, run: Known) -> None:
    decide(registry, run, None)
    with registry.reading() as session:
        (signature,) = signatures(session, run, BINDING, registry.clock())
    assert (signature.proven, signature.claimed_by) == (False, "ann")


def test_nobody_signs_in_the_name_of_a_person_with_a_key(registry: Registry, run: Known, tmp_path: Path) -> None:
    _, public = pair(tmp_path, "pem", "bob")
    other, _ = pair(tmp_path, "pem", "mallory")
    register(registry, "bob", public)
    with pytest.raises(RegistryError, match="not signed with it"):
        decide(registry, run, None)
    with pytest.raises(RegistryError, match="not the key that is registered"):
        decide(registry, run, other)
    with pytest.raises(RegistryError, match="has no registered key"):
        decide(registry, run, other, who="carol")


def test_a_key_is_registered_once_and_for_one_person(registry: Registry, tmp_path: Path) -> None:
    _, public = pair(tmp_path, "pem", "bob")
    register(registry, "bob", public)
    with pytest.raises(RegistryError, match="has a registered key"):
        register(registry, "bob", pair(tmp_path, "pem", "other")[1])
    with pytest.raises(RegistryError, match="somebody else"):
        register(registry, "mallory", public)


def test_what_is_no_such_key_is_refused(registry: Registry, tmp_path: Path) -> None:
    trees.model(registry, "base")
    (tmp_path / "text").write_text("hello")
    weak = rsa.generate_private_key(65537, 2048).public_key()
    (tmp_path / "rsa").write_bytes(weak.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for name in ("text", "rsa", "nowhere"):
        with pytest.raises(RegistryError, match="key"):
            register(registry, "bob", tmp_path / name)


def test_a_signature_over_something_else_does_not_hold(registry: Registry, tmp_path: Path) -> None:
    private, public = pair(tmp_path, "pem", "bob")
    register(registry, "bob", public)
    with registry.writing() as writer:
        bob = writer.person("bob")
        made = keys.proof(writer.session, bob, "bob", {"run": "1"}, private)
        assert keys.is_proven(writer.session, bob, {"run": "1"}, made)
        assert not keys.is_proven(writer.session, bob, {"run": "2"}, made)


@pytest.mark.parametrize("form", ["ssh", "pem", "certificate"])
def test_a_checkpoint_kept_by_somebody_else_finds_a_cut_tail_and_a_forged_file(
    registry: Registry, tmp_path: Path, form: str
) -> None:
    private, public = pair(tmp_path, form, "eve")
    trees.diamond(registry)
    kept = tmp_path / "kept.json"
    kept.write_text(witness.made(registry, private))
    found = witness.read(kept, registry, public)
    assert verify(registry, witnesses=[found]).whole
    with registry.store.writing() as session:
        for table in schema.DERIVED:
            session.run(f"DELETE FROM {table}")
        session.run("DELETE FROM event WHERE seq = (SELECT MAX(seq) FROM event)")
    assert "tail was cut off" in str(verify(registry, tables=False, witnesses=[found]).faults)
    plain = json.loads(kept.read_text())
    for change in ({"seq": 1}, {"signature": None}, {"signature": "AAAA"}, {"signature": "no base64!"}):
        kept.write_text(json.dumps(plain | change))
        with pytest.raises(RegistryError, match="not signed with this key"):
            witness.read(kept, registry, public)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema": 1}', "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")]
)
def test_what_is_no_checkpoint_is_one_clear_line(registry: Registry, tmp_path: Path, content: str) -> None:
    (tmp_path / "x").write_text(content)
    with pytest.raises(RegistryError, match="no checkpoint"):
        witness.read(tmp_path / "x", registry, None)


def test_a_checkpoint_of_another_registry_is_refused(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(witness.made(registry, None).replace(registry.id, "f" * 16))
    with pytest.raises(RegistryError, match="another registry"):
        witness.read(tmp_path / "x", registry, None)


def test_a_waiver_in_the_name_of_somebody_with_a_key_needs_its_signature(
    registry: Registry, run: Known, tmp_path: Path
) -> None:
    private, public = pair(tmp_path, "pem", "bob")
    register(registry, "bob", public)
    until = registry.clock().date() + timedelta(days=9)

    def waived(key: Path | None) -> None:
        made = Waiver(
            "evaluate.slices",
            "a=b",
            "sha256:f",
            "internal",
            "bob",
            "compliance",
            "ann",
            "ordered",
            "",
            until,
            "root",
            key,
        )
        with registry.writing() as writer:
            waive(writer, run, made, solo=False)

    with pytest.raises(RegistryError, match="has a registered key"):
        waived(None)
    waived(private)
    with registry.reading() as session:
        assert in_force(session, run, registry.clock().date())["sha256:f"]["proven"]
    with registry.store.writing() as session:
        session.run(
            "UPDATE body SET bytes = CAST(REPLACE(CAST(bytes AS TEXT), 'a=b', 'c=d') AS BLOB)"
            if registry.store.dialect == "sqlite"
            else "SELECT 1"
        )
    with registry.reading() as session:
        assert (
            registry.store.dialect != "sqlite"
            or "proven" not in in_force(session, run, registry.clock().date())["sha256:f"]
        )
