"""How many eggs lie in one basket: shares of products by root base, publisher, licence and hub."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from touchstone.registry import people
from touchstone.registry.lineage import RETIRED, Known, facts, find, resting, runs_of
from touchstone.registry.projection import IN_LINEAGE
from touchstone.registry.store import Session

NOT_STATED = "(not stated)"
BY = ("root", "publisher", "license", "hub", "architecture")
CRITICAL = 4
"""From here on a product counts as critical (1 to 5)."""
_BANDS = ((1000.0, "spread"), (1800.0, "moderate"), (10_000.0, "concentrated"))


@dataclass(frozen=True, slots=True)
class Concentration:
    """Shares of products in one respect, and what they come to."""

    by: str
    shares: Mapping[str, float]
    """Largest first; they add up to one."""
    hhi: float
    """Herfindahl-Hirschman index, 0 to 10,000."""
    effective: float
    """As many equal shares would be as concentrated."""
    top: float
    band: str
    """Bands of the 2023 merger guidelines of the United States, as an analogy."""


def measure(by: str, weights: Mapping[str, float]) -> Concentration:
    """Shares, HHI and effective number of weights by name.

    Examples
    --------
    >>> found = measure("root", {"a": 1, "b": 1})
    >>> found.hhi, found.effective, found.top
    (5000.0, 2.0, 0.5)
    """
    total = sum(weights.values())
    shares = {name: weight / total for name, weight in sorted(weights.items(), key=lambda one: (-one[1], one[0]))}
    hhi = sum((100 * share) ** 2 for share in shares.values())
    band = next(name for most, name in _BANDS if hhi <= most + 1e-6)
    return Concentration(by, shares, round(hhi, 6), round(10_000 / hhi, 6), max(shares.values()), band)


def concentration(session: Session, *, weighted: bool = False) -> list[Concentration]:
    """The concentration of all living products in every respect; empty where there are none.

    Parameters
    ----------
    weighted : by criticality, else every product counts the same

    Notes
    -----
    A product that rests on two roots gives half of its weight to each. What is not stated counts as one name.
    """
    weights: dict[str, dict[str, float]] = {by: defaultdict(float) for by in BY}
    described: dict[int, Mapping[str, str]] = {}
    for product, roots in _roots(session).items():
        weight = float(_criticality(session, product)) if weighted else 1.0
        for root in roots:
            if root not in described:
                described[root] = _described(session, root)
            for by, name in described[root].items():
                weights[by][name] += weight / len(roots)
    return [measure(by, found) for by, found in weights.items() if found]


def _roots(session: Session) -> dict[int, list[int]]:
    """Product -> the models below it that were made from nothing known."""
    rows = session.rows(
        "SELECT x.product, x.base FROM exposure AS x JOIN entity AS p ON p.number = x.product "
        f"WHERE p.state <> :retired AND NOT EXISTS (SELECT 1 FROM link AS l WHERE l.source = x.base AND l.relation IN {IN_LINEAGE}) "
        "ORDER BY x.product, x.base", retired=RETIRED,
    )  # fmt: skip
    found: dict[int, list[int]] = defaultdict(list)
    for product, base in rows:
        found[product].append(base)
    return found


def _known(session: Session, number: int) -> Known:
    row = session.row("SELECT number, id, kind, name, state, until, version FROM entity WHERE number = :n", n=number)
    return Known(*row)


def _described(session: Session, root: int) -> dict[str, str]:
    known = _known(session, root)
    plain = facts(session, known)
    found = {by: str(plain.get(by) or NOT_STATED) for by in BY if by != "root"}
    return {"root": f"{known.name} ({known.id.partition(':')[2][:8]})", **found}


def _criticality(session: Session, product: int) -> int:
    return int(facts(session, _known(session, product)).get("criticality") or 1)


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What would be hit if a model failed."""

    model: str
    products: int
    critical: int
    deployments: int
    users: int
    criticality: int
    """Sum over products."""
    median_hops: float
    owners: tuple[str, ...]
    last_evaluation: str
    """Date of the newest run that judged it or considered it; empty where there is none."""
    substitutes: tuple[str, ...]
    """Bases that came next in studies in which this one was considered."""

    def as_data(self) -> dict[str, Any]:
        """Plain data for machines."""
        return {**asdict(self), "owners": list(self.owners), "substitutes": list(self.substitutes)}


def blast_radius(session: Session, model: Known) -> BlastRadius:
    """Everything that rests on a model, in numbers."""
    found = resting(session, model)
    names = people.names(session)
    runs = [*runs_of(session, model), *_considering(session, model)]
    next_best = {
        str(one["base"]): None
        for run in runs for one in sorted(facts(session, run)["ranking"], key=lambda one: one["rank"])
        if one["id"] != model.id
    }  # fmt: skip
    dates = [str(session.value("SELECT time FROM event WHERE seq = :seq", seq=run.number))[:10] for run in runs]
    levels = [int(one.facts.get("criticality") or 1) for one in found]
    return BlastRadius(
        model.name, len(found), sum(level >= CRITICAL for level in levels), sum(len(one.deployments) for one in found),
        sum(int(one.facts.get("users") or 0) for one in found), sum(levels),
        float(median(one.hops for one in found)) if found else 0.0,
        tuple(sorted({names.get(one.facts.get("owner", ""), NOT_STATED) for one in found})),
        max(dates, default=""), tuple(next_best),
    )  # fmt: skip


def _considering(session: Session, model: Known) -> list[Known]:
    rows = session.rows(
        "SELECT e.number, e.id, e.kind, e.name, e.state, e.until, e.version FROM link AS l "
        "JOIN entity AS e ON e.number = l.source WHERE l.target = :n AND l.relation = 'considered' ORDER BY e.number DESC LIMIT 100",
        n=model.number,
    )  # fmt: skip
    return [Known(*row) for row in rows]


def root_models(session: Session) -> list[Known]:
    """Every root that living products rest on, by how many do."""
    counted: dict[int, int] = defaultdict(int)
    for roots in _roots(session).values():
        for root in roots:
            counted[root] += 1
    return [find(session, _known(session, n).id) for n in sorted(counted, key=lambda n: (-counted[n], n))]
