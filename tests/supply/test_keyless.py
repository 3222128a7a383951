"""Keyless signatures: each holds with its identity, issuer and root, and with nothing else."""

from __future__ import annotations

import base64
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.supply.sigstore_instance import ISSUER, PERSON, SIGNED_AT, Instance
from tests.supply.small_models import COMMIT, known_text, vetted, write_model
from touchstone.supply import integrity, signing
from touchstone.supply import manifest as manifests
from touchstone.supply.integrity import Voucher
from touchstone.supply.keyless import Identity, read_identities
from touchstone.supply.provenance import Level
from touchstone.supply.trust import Trust

needs_sigstore = pytest.mark.skipif(
    importlib.util.find_spec("sigstore") is None,
    reason="the extra `sigstore` is not installed (`make test-sigstore` installs it and runs these)",
)
WORKFLOW = "https://code.example.org/acme/model/.github/workflows/release.yml@refs/heads/main"


def one(folder: Path, home: Path) -> Voucher:
    (found,) = integrity.vouchers(folder, manifests.read(folder), Trust(home), None)
    return found


def trust(home: Path, instance: Instance, line: str = f"{PERSON} {ISSUER} root.json") -> None:
    (home / "keys").mkdir(parents=True, exist_ok=True)
    (home / "keys" / "root.json").write_text(instance.trusted_root())
    (home / "identities.txt").write_text(f"# who may sign\n{line}\n")


def write(folder: Path, bundle: dict[str, Any]) -> None:
    (folder / "model.sig").write_text(json.dumps(bundle))


def signed(tmp_path: Path, **facts: Any) -> tuple[Path, Path, Instance]:
    """A signed model, a state folder that trusts its signer, and the instance that certified it."""
    folder, home, instance = write_model(tmp_path / "m", license=known_text("MIT")), tmp_path / "home", Instance()
    write(folder, instance.sign(manifests.read(folder), **facts))
    trust(home, instance)
    return folder, home, instance


@needs_sigstore
def test_a_signature_holds_with_its_identity_issuer_and_root(tmp_path: Path) -> None:
    folder, home, _ = signed(tmp_path)
    found = one(folder, home)
    assert (found.kind, found.state, found.signer) == ("keyless", "holds", f"{PERSON} ({ISSUER})"), found.reason
    seen = vetted(folder, home, source="acme/tools", revision=COMMIT)
    assert seen.provenance.level is Level.SIGNED


@needs_sigstore
def test_a_workflow_is_an_identity_too(tmp_path: Path) -> None:
    folder, home, instance = signed(tmp_path, person=WORKFLOW)
    trust(home, instance, f"{WORKFLOW} {ISSUER} root.json")
    assert one(folder, home).state == "holds"


@needs_sigstore
@pytest.mark.parametrize("fault", ["changed", "missing", "extra"])
def test_every_fault_of_the_files_is_found(tmp_path: Path, fault: str) -> None:
    folder, home, _ = signed(tmp_path)
    if fault == "changed":
        (folder / "config.json").write_text("{}")
    elif fault == "missing":
        (folder / "config.json").unlink()
    else:
        (folder / "more.txt").write_text("x")
    found = one(folder, home)
    assert (found.state, [one.kind for one in found.differences]) == ("fails", [fault])


@needs_sigstore
@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"eve@example.org {ISSUER} root.json", PERSON),
        (f"{PERSON} https://login.example.com root.json", ISSUER),
        (f"{PERSON.upper()} {ISSUER} root.json", PERSON),
        (f"example.org {ISSUER} root.json", PERSON),
        (PERSON, PERSON),
        (f"{PERSON} {ISSUER} root.json and more", PERSON),
    ],
)
def test_nobody_else_is_taken_for_the_one_that_is_trusted(tmp_path: Path, line: str, why: str) -> None:
    folder, home, instance = signed(tmp_path)
    trust(home, instance, line)
    found = one(folder, home)
    assert (found.state, found.signer) == ("undecided", None)
    assert why in found.reason and "whom nobody trusts here" in found.reason


@needs_sigstore
@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"{PERSON} {ISSUER} other.json", "keys/other.json, which is trusted here, did not issue its certificate"),
        (f"{PERSON} {ISSUER}", "the public root of Sigstore, which is trusted here, did not issue its certificate"),
        (f"{PERSON} {ISSUER} absent.json", "cannot be used"),
        (f"{PERSON} {ISSUER} broken.json", "cannot be used"),
        (f"{PERSON} {ISSUER} bare.json", "cannot be used"),
        (f"{PERSON} {ISSUER} logless.json", "cannot be used"),
        (f"{PERSON} {ISSUER} ../root.json", "cannot be used (it lies elsewhere)"),
    ],
)
def test_another_root_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, why: str) -> None:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "person"))
    folder, home, instance = signed(tmp_path)
    trust(home, instance, line)
    (home / "root.json").write_text(instance.trusted_root())
    (home / "keys" / "other.json").write_text(Instance().trusted_root())
    (home / "keys" / "broken.json").write_text('{"mediaType": "application/json"}')
    plain = json.loads(instance.trusted_root())
    (home / "keys" / "bare.json").write_text(json.dumps({**plain, "certificateAuthorities": []}))
    (home / "keys" / "logless.json").write_text(json.dumps({**plain, "ctlogs": []}))
    found = one(folder, home)
    assert (found.state, found.signer) == ("undecided", None)
    assert why in found.reason and "\n" not in found.reason and found.mend


@needs_sigstore
def test_one_root_of_several_is_enough(tmp_path: Path) -> None:
    folder, home, instance = signed(tmp_path)
    (home / "keys" / "other.json").write_text(Instance().trusted_root())
    trust(home, instance, f"{PERSON} {ISSUER} other.json\n{PERSON} {ISSUER} root.json\n{PERSON} {ISSUER} other.json")
    assert one(folder, home).state == "holds"


def _spoiled_statement(bundle: dict[str, Any], _: Instance) -> None:
    said = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    said["note"] = "added"
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(said).encode()).decode()


def _of_another_signature(bundle: dict[str, Any], instance: Instance) -> None:
    other = instance.sign(manifests.Manifest.of([manifests.Entry("a", -1, "0" * 64)]))
    bundle["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]


def _without_promise(bundle: dict[str, Any], _: Instance) -> None:
    del bundle["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]


def _without_proof(bundle: dict[str, Any], _: Instance) -> None:
    del bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]


def _at_another_time(bundle: dict[str, Any], _: Instance) -> None:
    entry = bundle["verificationMaterial"]["tlogEntries"][0]
    entry["integratedTime"] = str(int(entry["integratedTime"]) + 1)


def _at_another_place(bundle: dict[str, Any], _: Instance) -> None:
    bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["logIndex"] = "0"


def _of_another_kind(bundle: dict[str, Any], _: Instance) -> None:
    bundle["verificationMaterial"]["tlogEntries"][0]["kindVersion"] = {"kind": "intoto", "version": "0.0.2"}


def _of_rubbish(bundle: dict[str, Any], _: Instance) -> None:
    bundle["verificationMaterial"]["tlogEntries"] = [{"logIndex": "1" * 400}]


def _far_in_the_future(bundle: dict[str, Any], _: Instance) -> None:
    bundle["verificationMaterial"]["tlogEntries"][0]["integratedTime"] = str(1 << 62)


@needs_sigstore
@pytest.mark.parametrize(
    "spoil",
    [
        _spoiled_statement, _of_another_signature, _without_promise, _without_proof, _at_another_time,
        _at_another_place, _of_another_kind, _of_rubbish, _far_in_the_future,
    ],
)  # fmt: skip
def test_a_bent_bundle_fails_in_one_line(tmp_path: Path, spoil: Callable[[dict[str, Any], Instance], None]) -> None:
    folder, home, instance = signed(tmp_path)
    bundle = json.loads((folder / "model.sig").read_text())
    spoil(bundle, instance)
    write(folder, bundle)
    found = one(folder, home)
    assert (found.state, found.signer) == ("fails", None)
    assert "is not valid" in found.reason and "\n" not in found.reason


@needs_sigstore
@pytest.mark.parametrize("log", ["certificate_log", "signature_log"])
def test_a_log_that_the_root_does_not_know_fails(tmp_path: Path, log: str) -> None:
    folder, home, instance = signed(tmp_path)
    elsewhere = replace(instance, **{log: getattr(Instance(), log)})
    write(folder, elsewhere.sign(manifests.read(folder)))
    assert one(folder, home).state == "fails"


@needs_sigstore
def test_an_authority_under_the_same_name_is_another_root(tmp_path: Path) -> None:
    folder, home, instance = signed(tmp_path)
    forger = replace(instance, authority=Instance().authority)
    write(folder, forger.sign(manifests.read(folder)))
    assert one(folder, home).state == "undecided"


@needs_sigstore
@pytest.mark.parametrize("minutes", [-2, 10])
def test_a_certificate_that_had_expired_when_it_was_logged_fails(tmp_path: Path, minutes: int) -> None:
    folder, home, _ = signed(tmp_path, logged_at=SIGNED_AT + timedelta(minutes=minutes))
    found = one(folder, home)
    assert (found.state, "valid at validation time" in found.reason) == ("fails", True), found.reason


@needs_sigstore
def test_a_signer_who_leaves_more_unsigned_is_not_taken_at_their_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "GIT_PATHS", (*signing.GIT_PATHS, "notes"))
    folder, home, _ = signed(tmp_path)
    monkeypatch.undo()
    assert one(folder, home).state == "undecided"
    assert "left more unsigned" in one(folder, home).reason


@needs_sigstore
def test_no_socket_is_opened_not_even_by_what_the_library_imports(tmp_path: Path) -> None:
    folder, home, _ = signed(tmp_path)
    script = """
import sys
from pathlib import Path
def shut(event, arguments):
    if event.startswith(("socket.", "subprocess.", "urllib.", "os.system", "os.fork", "os.exec")):
        raise SystemExit(f"{event} {arguments!r}")
sys.addaudithook(shut)
from touchstone.supply import integrity, manifest
from touchstone.supply.trust import Trust
folder, home = map(Path, sys.argv[1:])
(found,) = integrity.vouchers(folder, manifest.read(folder), Trust(home), None)
raise SystemExit(None if found.state == "holds" else found.reason)
"""
    ended = subprocess.run([sys.executable, "-c", script, str(folder), str(home)], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_without_the_extra_it_is_said_and_nothing_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, home, _ = signed(tmp_path)
    monkeypatch.setitem(sys.modules, "sigstore", None)
    found = one(folder, home)
    assert (found.state, found.signer) == ("undecided", None)
    assert "extra `sigstore`, which is not installed" in found.reason
    assert found.mend == "install it: pip install 'touchstone-ml[sigstore]'"
    assert vetted(folder, home, source="acme/tools", revision=COMMIT).provenance.level is Level.PINNED
    (folder / "config.json").write_text("{}")
    assert [one.kind for one in one(folder, home).differences] == ["changed"]


@needs_sigstore
def test_a_signer_who_cannot_be_heard_for_a_while_is_not_a_signer_who_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, home, instance = signed(tmp_path)
    assert vetted(folder, home).integrity.pinned.state == "first use"
    with monkeypatch.context() as bare:
        bare.setitem(sys.modules, "sigstore", None)
        assert vetted(folder, home).integrity.pinned.state == "as pinned"
    trust(home, instance, "nobody@example.org https://example.org")
    assert vetted(folder, home).integrity.pinned.of("signer")


def test_an_extra_that_is_broken_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, home, _ = signed(tmp_path)
    (tmp_path / "bent" / "sigstore").mkdir(parents=True)
    (tmp_path / "bent" / "sigstore" / "__init__.py").write_text("import a_package_that_is_not_there\n")
    for name in [name for name in sys.modules if name.split(".")[0] == "sigstore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path / "bent"))
    found = one(folder, home)
    assert (found.state, found.lacks_extra) == ("undecided", True)
    assert "cannot be loaded (No module named 'a_package_that_is_not_there')" in found.reason


def test_lines_of_another_form_trust_nobody() -> None:
    text = f"# {PERSON} {ISSUER}\n\n  {PERSON}\t{ISSUER}  \n{PERSON}\na b c d\n{WORKFLOW} {ISSUER} acme.json\n"
    assert read_identities(text) == (Identity(PERSON, ISSUER), Identity(WORKFLOW, ISSUER, "acme.json"))
