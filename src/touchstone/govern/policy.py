"""Policies: which checks block, which warn, which roles must sign.

Three come with Touchstone (``default``, ``team``, ``regulated``); a YAML file may build on one of them::

    touchstone_policy: 1
    name: clinic
    extends: regulated
    severities: {evaluate.calibration: blocker, compare.probe: info}
    hold_on_inconclusive_major: true
    roles: [owner, reviewer]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from touchstone.core import digest
from touchstone.core.errors import PolicyError
from touchstone.core.finding import FOR_INFORMATION, Finding, Severity, Status
from touchstone.govern.policy_file import read

UNMEASURED = "unmeasured"
"""Key in ``details`` of a finding of a check that this version only names."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an organisation makes of findings."""

    name: str
    severities: Mapping[str, Severity] = field(default_factory=dict)
    """Checks whose failing or doubtful findings weigh otherwise than in the catalogue."""
    hold_on_inconclusive_major: bool = False
    roles: tuple[str, ...] = ()
    """Roles that must sign; read by sign-off."""
    extends: str | None = None

    @property
    def digest(self) -> str:
        """Digest of everything that decides; the name and where the file stood do not."""
        return digest.of_data(
            {
                "severities": {id: str(severity) for id, severity in self.severities.items()},
                "hold_on_inconclusive_major": self.hold_on_inconclusive_major,
                "roles": list(self.roles),
            }
        )

    def as_mapping(self) -> dict[str, object]:
        """What the evidence records about the policy."""
        return {"name": self.name, "digest": self.digest, "extends": self.extends, "roles": list(self.roles)}


BUILT_IN: Mapping[str, Policy] = {
    policy.name: policy
    for policy in (
        Policy("default"),
        Policy("team", roles=("owner", "reviewer")),
        Policy(
            "regulated",
            severities={
                "supply.provenance": Severity.BLOCKER,
                "supply.documentation": Severity.MAJOR,
                "data.leakage": Severity.BLOCKER,
                "data.privacy": Severity.BLOCKER,
                "evaluate.per_class": Severity.BLOCKER,
                "evaluate.slices": Severity.BLOCKER,
                "evaluate.shift": Severity.BLOCKER,
                "evaluate.calibration": Severity.BLOCKER,
                "evaluate.test_reuse": Severity.BLOCKER,
                "govern.checkpoint": Severity.BLOCKER,
            },
            hold_on_inconclusive_major=True,
            roles=("owner", "reviewer", "risk"),
        ),
    )
}


def find_policy(named: str, folder: Path = Path()) -> Policy:
    """The policy that a study names: a built-in one, or a YAML file relative to ``folder``.

    Raises
    ------
    PolicyError
        with one line per fault: where, what was read, and the mend
    """
    if named in BUILT_IN:
        return BUILT_IN[named]
    path = folder / named
    if not path.is_file():
        known = ", ".join(BUILT_IN)
        raise PolicyError(f"policy: no policy is called {named!r} and there is no such file; known: {known}")
    content = read(path, extends=tuple(BUILT_IN))
    base = BUILT_IN[content.extends]
    return replace(
        base,
        name=content.name or path.stem,
        severities={**base.severities, **content.severities},
        hold_on_inconclusive_major=_given(content.hold_on_inconclusive_major, base.hold_on_inconclusive_major),
        roles=base.roles if content.roles is None else content.roles,
        extends=content.extends,
    )


def _given(value: bool | None, otherwise: bool) -> bool:
    return otherwise if value is None else value


def applied(findings: Iterable[Finding], policy: Policy) -> list[Finding]:
    """The findings with the severities that the policy gives them.

    Only a failing or doubtful finding moves. What the run mended keeps its lower severity (the policy moves
    ``details.severity_unmended``), and neither what will not ship nor what this version cannot measure is moved.
    """
    return [_moved(finding, policy) for finding in findings]


def _moved(finding: Finding, policy: Policy) -> Finding:
    severity = policy.severities.get(finding.check)
    doubtful = finding.status in (Status.FAIL, Status.INCONCLUSIVE)
    if severity is None or not doubtful or {FOR_INFORMATION, UNMEASURED} & set(finding.details):
        return finding
    if "severity_unmended" in finding.details:
        return replace(finding, details={**finding.details, "severity_unmended": str(severity)})
    if severity is finding.severity:
        return finding
    details = {**finding.details, "severity_before_policy": str(finding.severity), "policy": policy.name}
    return replace(finding, severity=severity, details=details)
