"""A finished run judged again, under new sign-offs, waivers or another policy, without training or measuring again.

Evidence has two parts. What was measured never changes. What was made of it (verdict, reasons, the finding on
sign-off, waivers, severities that a policy moved) follows from the measured part and from what people decided since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from touchstone.core import digest
from touchstone.core.finding import Finding, Severity, Status
from touchstone.govern.policy import Policy, applied
from touchstone.govern.verdict import judge

SIGN_OFF = "govern.signoff"
REQUIREMENTS = "evaluate.requirements"
POST_HOC = "post_hoc"
"""In the details of a finding whose bound was changed after the test set had been opened."""
_MENDED = "severity_unmended"
_OF_POLICY = ("severity_before_policy", "policy")


class Amended(Protocol):
    """How the bounds of a metric were changed."""

    @property
    def before(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def now(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def eased(self) -> bool: ...


def measured(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The part of evidence that was measured: no verdict, no sign-off, no waiver, severities as the checks gave them."""
    findings = [_as_measured(finding) for finding in evidence["findings"] if finding["check"] != SIGN_OFF]
    return {
        **{key: value for key, value in evidence.items() if key not in ("verdict", "reasons")},
        "findings": findings,
    }


def measured_digest(evidence: Mapping[str, Any]) -> str:
    """Digest of the measured part: what approvals and waivers are bound to."""
    # File names may hold half characters, which canonical JSON escapes.
    return digest.of_data(measured(evidence))


def finding_digest(finding: Mapping[str, Any]) -> str:
    """Digest of one finding as it was measured."""
    return digest.of_data(_as_measured(finding))


def _as_measured(finding: Mapping[str, Any]) -> dict[str, Any]:
    details = {key: value for key, value in finding["details"].items() if key not in ("waiver", POST_HOC)}
    if mark := finding["details"].get(POST_HOC):
        finding = {**finding, "statement": mark["statement"], "status": mark["status"]}
    if "severity_before_policy" not in details:
        return {**finding, "details": details}
    severity = details["severity_before_policy"]
    details = {key: value for key, value in details.items() if key not in _OF_POLICY}
    return {**finding, "severity": severity, "details": details}


def rejudged(
    evidence: Mapping[str, Any],
    policy: Policy,
    sign_off: Mapping[str, Any] | None,
    waivers: Mapping[str, Mapping[str, Any]],
    amendments: Mapping[str, Amended] | None = None,
) -> dict[str, Any]:
    """The evidence with a new verdict; equal inputs give equal bytes.

    Parameters
    ----------
    evidence : what stands in ``evidence.json``
    policy : under which it is judged now
    sign_off : the finding on sign-off as it is now; None where the verb that made the evidence knows none
    waivers : digest of a finding -> the waiver that is in force for it
    amendments : metric -> how its bound was changed after the first opening of the test set

    Notes
    -----
    What the run itself had mended stays as it was: it decides nothing under any policy.
    """
    plain = [sign_off if f["check"] == SIGN_OFF and sign_off else _as_measured(f) for f in evidence["findings"]]
    plain = [_waived(finding, waivers.get(finding_digest(finding))) for finding in plain]
    plain = [_post_hoc(finding, amendments or {}) for finding in plain]
    moved = applied([_record(finding) for finding in plain], policy)
    judgement = judge(moved, policy)
    findings = [
        finding
        if _MENDED in finding["details"]
        else {**finding, "severity": str(now.severity), "details": dict(now.details)}
        for finding, now in zip(plain, moved, strict=True)
    ]
    return {
        **evidence,
        "verdict": str(judgement.verdict),
        "reasons": list(judgement.reasons),
        "findings": findings,
    }


def _post_hoc(finding: Mapping[str, Any], amendments: Mapping[str, Amended]) -> Mapping[str, Any]:
    """A finding on an amended bound is marked; where a bound was taken out, every finding on bounds is.

    Nobody knew what would pass when the first bound was set: what an eased one lets pass stays in doubt.
    """
    if finding["check"] != REQUIREMENTS:
        return finding
    about = {
        metric: one for metric, one in amendments.items() if metric == finding["details"].get("metric") or not one.now
    }
    if not about:
        return finding
    was = "; ".join(
        f"{metric} {_written(one.before)}, {'no bound' if not one.now else _written(one.now)} now"
        for metric, one in about.items()
    )
    eased = any(one.eased for one in about.values())
    mark = {
        "statement": finding["statement"], "status": finding["status"], "eased": eased,
        "before": {metric: list(one.before) for metric, one in about.items()},
    }  # fmt: skip
    said = f"{finding['statement']} Post-hoc: changed after the test set had been opened ({was})."
    status = Status.INCONCLUSIVE.value if eased and finding["status"] != Status.FAIL else finding["status"]
    return {**finding, "statement": said, "status": status, "details": {**finding["details"], POST_HOC: mark}}


def _written(bounds: Sequence[Mapping[str, Any]]) -> str:
    """Bounds as a person would write them."""
    sides = [
        f"{sign} {bound[key]:g}"
        for bound in bounds
        for key, sign in (("min", ">="), ("max", "<="))
        if bound.get(key) is not None
    ]
    return " and ".join(sides) or "without a bound"


def _waived(finding: Mapping[str, Any], waiver: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if waiver is None:
        return finding
    return {**finding, "details": {**finding["details"], "waiver": dict(waiver)}}


def _record(plain: Mapping[str, Any]) -> Finding:
    """A finding as far as judging needs it."""
    return Finding(
        plain["check"], plain["subject"], Status(plain["status"]), Severity(plain["severity"]), plain["statement"],
        details=plain["details"],
    )  # fmt: skip


def deciding(evidence: Mapping[str, Any], check: str, subject: str | None) -> Sequence[Mapping[str, Any]]:
    """The failed or doubtful findings of a check that weigh on the verdict: what a waiver can be about."""
    return [
        finding for finding in evidence["findings"]
        if finding["check"] == check and subject in (None, finding["subject"])
        and finding["status"] in (Status.FAIL, Status.INCONCLUSIVE)
        and finding["severity"] in (Severity.BLOCKER, Severity.MAJOR)
    ]  # fmt: skip
