from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.supply.small_models import COMMIT, OTHER_COMMIT, write_model
from tests.supply.test_signing import key_file
from touchstone.study.model import BaseModel
from touchstone.supply import integrity, signing
from touchstone.supply import manifest as manifests
from touchstone.supply.integrity import Voucher
from touchstone.supply.outcome import Outcome
from touchstone.supply.trust import Trust
from touchstone.supply.vetting import vet_files


def vouchers(folder: Path, home: Path, revision: str | None = None) -> tuple[Voucher, ...]:
    return integrity.vouchers(folder, manifests.read(folder), Trust(home), revision)


def one(folder: Path, home: Path, revision: str | None = None) -> Voucher:
    (found,) = vouchers(folder, home, revision)
    return found


def list_sums(folder: Path, name: str = "SHA256SUMS") -> None:
    lines = [f"{e.sha256}  {e.name}" for e in manifests.read(folder).files if e.name != name]
    (folder / name).write_text("\n".join(lines) + "\n")


def list_manifest(folder: Path, **more: object) -> None:
    found = manifests.read(folder).without(["manifest.json"])
    (folder / "manifest.json").write_text(json.dumps({**found.as_data(), **more}))


def sign(folder: Path, home: Path, *, trusted: bool = True) -> Path:
    key = key_file(folder.parent)
    (folder / "model.sig").write_text(signing.sign(manifests.read(folder), folder.name, key))
    if trusted:
        Trust(home).add(signing.public_pem(key))
    return key


FAULTS = {
    "changed": lambda f: (f / "config.json").write_text("{}"),
    "missing": lambda f: (f / "config.json").unlink(),
    "extra": lambda f: (f / "more.txt").write_text("x"),
    "renamed": lambda f: (f / "config.json").rename(f / "other.json"),
}
VOUCHING = {"manifest": list_manifest, "checksums": list_sums}


@pytest.mark.parametrize("kind", VOUCHING)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_list_beside_the_model_finds_every_fault(tmp_path: Path, kind: str, fault: str) -> None:
    folder = write_model(tmp_path / "m")
    VOUCHING[kind](folder)
    assert one(folder, tmp_path / "home").state == "holds"
    FAULTS[fault](folder)
    found = one(folder, tmp_path / "home")
    assert (found.kind, found.state, [d.kind for d in found.differences]) == (kind, "fails", [fault])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_signature_finds_every_fault(tmp_path: Path, fault: str) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    sign(folder, home)
    found = one(folder, home)
    assert found.state == "holds"
    assert found.signer is not None
    FAULTS[fault](folder)
    assert [d.kind for d in one(folder, home).differences] == [fault]


def test_a_signature_by_an_unknown_key_is_undecided_but_still_finds_a_change(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    sign(folder, home, trusted=False)
    assert one(folder, home).state == "undecided"
    FAULTS["changed"](folder)
    assert one(folder, home).state == "fails"


def test_a_signature_made_by_somebody_else_under_a_known_name_fails(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    key = sign(folder, home)
    (tmp_path / "evil").mkdir()
    forged = json.loads(signing.sign(manifests.read(folder), "m", key_file(tmp_path / "evil")))
    forged["verificationMaterial"]["publicKey"]["hint"] = signing.key_id(signing.public_pem(key))
    (folder / "model.sig").write_text(json.dumps(forged))
    assert one(folder, home).state == "fails"


def test_files_that_the_specification_leaves_unsigned_are_listed_and_left_out(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    sign(folder, home)
    (folder / ".github").mkdir()
    (folder / ".github" / "x.py").write_text("import os")
    found = one(folder, home)
    assert (found.state, found.left_out) == ("holds", (".github/x.py",))


def test_a_signer_who_leaves_more_unsigned_does_not_count_as_covering_all(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    key = key_file(tmp_path)
    Trust(home).add(signing.public_pem(key))
    bundle = signing.sign(manifests.read(folder), "m", key, ignored=("model.sig", "config.json"))
    (folder / "model.sig").write_text(bundle)
    assert one(folder, home).state == "fails"  # the file it ignores was not signed: it is extra


def test_a_list_may_itself_be_signed(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    list_sums(folder)
    sign(folder, home)
    assert [voucher.state for voucher in vouchers(folder, home)] == ["holds", "holds"]
    (folder / "SHA256SUMS").write_text((folder / "SHA256SUMS").read_text() + "# x\n")
    assert [voucher.state for voucher in vouchers(folder, home)] == ["holds", "fails"]


@pytest.mark.parametrize("text", ["", "not a checksum\n", "0" * 63 + "  a\n"])
def test_a_list_that_lists_nothing_or_rubbish_fails(tmp_path: Path, text: str) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "SHA256SUMS").write_text(text)
    assert one(folder, tmp_path / "home").state == "fails"


def test_the_form_of_bsd_and_stars_are_read(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    config, weights = manifests.read(folder).files
    (folder / "SHA256SUMS").write_text(
        f"SHA256 ({config.name}) = {config.sha256}\n{weights.sha256.upper()} *./{weights.name}\n"
    )
    assert one(folder, tmp_path / "home").state == "holds"


def test_a_manifest_of_another_kind_vouches_for_nothing(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "manifest.json").write_text('{"name": "web app", "icons": []}')
    assert vouchers(folder, tmp_path / "home") == ()


def test_a_manifest_of_another_revision_fails(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    list_manifest(folder, source={"repo": "a/b", "revision": COMMIT})
    assert one(folder, tmp_path / "home", COMMIT).state == "holds"
    assert one(folder, tmp_path / "home", None).state == "holds"
    assert one(folder, tmp_path / "home", OTHER_COMMIT).state == "fails"


def test_a_file_beside_a_single_file_vouches_for_it(tmp_path: Path) -> None:
    weights = write_model(tmp_path / "m") / "model.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    weights.with_name("model.safetensors.sha256").write_text(f"{digest}  model.safetensors\n")
    assert one(weights, tmp_path / "home").state == "holds"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    assert one(weights, tmp_path / "home").state == "fails"


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *, ca: bool
) -> x509.Certificate:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    usage = x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(by, hashes.SHA256())
    )


def certified(folder: Path, chain: list[x509.Certificate], key: Path) -> None:
    import base64

    bundle = json.loads(signing.sign(manifests.read(folder), "m", key))
    raw = [{"rawBytes": base64.b64encode(one.public_bytes(serialization.Encoding.DER)).decode()} for one in chain]
    bundle["verificationMaterial"] = {"x509CertificateChain": {"certificates": raw}, "tlogEntries": []}
    (folder / "model.sig").write_text(json.dumps(bundle))


def test_a_certificate_counts_where_its_root_is_trusted_here(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    root, middle, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    top = certificate("root", root, "root", root, ca=True)
    chain = [
        certificate("acme", leaf, "middle", middle, ca=False),
        certificate("middle", middle, "root", root, ca=True),
    ]
    key = tmp_path / "leaf.pem"
    key.write_bytes(
        leaf.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certified(folder, chain, key)
    assert one(folder, home).state == "undecided"
    (home / "keys").mkdir(parents=True)
    (home / "keys" / "root.crt").write_bytes(top.public_bytes(serialization.Encoding.PEM))
    assert (one(folder, home).state, one(folder, home).signer) == ("holds", "CN=acme")
    not_an_authority = certificate("middle", middle, "root", root, ca=False)
    certified(folder, [chain[0], not_an_authority], key)
    assert one(folder, home).state == "fails"


@pytest.mark.parametrize("name", [signing.SIGNATURE, *integrity.CHECKSUMS])
def test_what_vouches_for_the_others_needs_no_look_by_a_person(tmp_path: Path, name: str) -> None:
    folder = write_model(tmp_path / "m")
    (folder / name).write_text('{"mediaType": "of a bundle"}\n')
    report = vet_files(BaseModel("m", folder), tmp_path / "home", keep=True)
    assert report.files is not None and report.files.worst is not None and report.copy is not None
    assert report.files.worst.outcome is Outcome.ACCEPT
    assert name not in report.copy.manifest
