"""A finished run's folder made in no time: a real plan, real evidence, a model of a few bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from touchstone.core import digest
from touchstone.core.evidence import Chosen, Evidence
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.signoff import SignOff
from touchstone.govern.policy import applied, find_policy
from touchstone.govern.verdict import judge
from touchstone.pipeline.outputs import folder_digest
from touchstone.study.lock import lock_text, study_digest
from touchstone.study.parse import from_mapping

ROOT = "sha256:" + "ab" * 32
SLICES = Finding("evaluate.slices", "camera=east", Status.FAIL, Severity.MAJOR, "Served worse.")


def finished(
    folder: Path,
    *,
    use: str = "commercial",
    policy: str = "default",
    failed: Sequence[Finding] = (),
    author: str = "ann",
    base: str = ROOT,
    name: str = "shapes",
    require: Mapping[str, str] | None = None,
) -> Path:
    """Write the folder of a finished run, as `run` leaves it."""
    from touchstone.checks.govern.signoff import Signoff

    (folder / "base").mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    plain: dict[str, Any] = {
        "touchstone": 1, "name": name, "intended_use": {"purpose": "tell shapes", "use": use, "owner": "shop"},
        "task": "image-classification", "data": {"train": "data"}, "base_models": ["base"], "policy": policy, "require": dict(require or {}),
    }  # fmt: skip
    study = from_mapping(plain, folder)
    run = folder / "run"
    (run / "model").mkdir(parents=True, exist_ok=True)
    (run / "model" / "config.json").write_text("{}")
    judged_by = find_policy(policy, folder)
    findings = [
        Finding("supply.integrity", "base", Status.PASS, Severity.BLOCKER, "As pinned.", details={"root": base}),
        Finding("supply.provenance", "base", Status.PASS, Severity.MAJOR, "Known.", details={"publisher": "acme", "source": "acme/base"}),
        Finding("supply.license", "base", Status.PASS, Severity.BLOCKER, "Permitted.", details={"license": "MIT"}),
        *failed,
        Signoff().judge(SignOff(use, judged_by.name, judged_by.roles, author)),
    ]  # fmt: skip
    moved = applied(findings, judged_by)
    judgement = judge(moved, judged_by)
    chosen = Chosen("probe@base", "base", "model/")
    made = Evidence(study.name, study_digest(study), judgement.verdict, judgement.reasons, tuple(moved), chosen=chosen)
    digests = {
        "data": digest.of_data("data"), "test": digest.of_data("test"), "bases": {"base": digest.of_data("weights")},
        "policy": judged_by.as_mapping(), "model": folder_digest(run / "model"),
    }  # fmt: skip
    (run / "study.lock.yaml").write_text(lock_text(study, digests), encoding="utf-8")
    (run / "evidence.json").write_text(made.as_json(), encoding="utf-8")
    return run


def evidence(run: Path) -> dict[str, Any]:
    """What the folder says now."""
    found: dict[str, Any] = json.loads((run / "evidence.json").read_text(encoding="utf-8"))
    return found
