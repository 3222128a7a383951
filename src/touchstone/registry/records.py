"""What a run, a plan and a vetting leave in the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from touchstone.core import digest
from touchstone.core.errors import Fault, RegistryError
from touchstone.registry.effects import EVIDENCE, LINEAGE, Effects, Entity, Link, State
from touchstone.registry.lineage import Known, facts, find
from touchstone.registry.log import Writer
from touchstone.registry.roles import writes

SCIENTIST = "scientist"
_WHOLE = 64


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A finished run as its folder tells it."""

    evidence: Mapping[str, Any]
    study: Mapping[str, Any]
    digests: Mapping[str, Any]
    measured: str
    folder: str
    environment: Mapping[str, str]
    architecture: str = ""
    """Of the model that was made, and so of its base."""

    @property
    def id(self) -> str:
        return of_digest("run", self.measured)


def of_digest(kind: str, named: str) -> str:
    """The id of something that is known by its bytes."""
    return f"{kind}:{named.rpartition(':')[2]}"


def of_name(kind: str, name: str) -> str:
    """The id of something that is known by its name."""
    return of_digest(kind, digest.of_data({"kind": kind, "name": name}))


def _once(writer: Writer, action: str, entity: Entity, actor: str, *links: Link, state: str = "") -> int:
    """Write an entity unless it is there."""
    states = (State(entity.id, state),) if state else ()
    effects = Effects(entity, links, states=states, key=f"entity:{entity.id}")
    return writer.append(action, entity.id, effects, actor=actor, role=SCIENTIST)


def record_plan(writer: Writer, plan: str, study: Mapping[str, Any], test: str, author: str) -> None:
    """The plan, before the test set is opened; a plan with other thresholds for the same test set is an amendment."""
    actor = writer.person(author)
    id = of_digest("study", plan)
    if writer.seen(f"entity:{id}") is not None:
        return
    plain = {key: study.get(key) for key in ("intended_use", "task", "require", "policy")}
    _once(writer, "plan", Entity(id, "study", str(study["name"]), {**plain, "plan": plan, "test": test}), actor)
    for earlier in _plans_before(writer, id, str(study["name"])):
        before = facts(writer.session, earlier)
        if before["test"] == test and before["require"] != plain["require"]:
            link = Link(id, "amends", earlier.id)
            writer.append("amend", id, Effects(links=(link,)), actor=actor, role=SCIENTIST)
            return


def _plans_before(writer: Writer, id: str, name: str) -> Iterator[Known]:
    """Other plans of the same name that have already been run, newest first."""
    rows = writer.session.rows(
        "SELECT DISTINCT e.number, e.id, e.kind, e.name, e.state, e.until, e.version FROM entity AS e "
        "JOIN link AS l ON l.target = e.number AND l.relation = 'executes' "
        "WHERE e.kind = 'study' AND e.name = :name AND e.id <> :id ORDER BY e.number DESC LIMIT 100", name=name, id=id,
    )  # fmt: skip
    return (Known(*row) for row in rows)


def record_run(writer: Writer, run: RunFacts, author: str) -> Known:
    """The run with its plan, data, base models and result; a run that is known is left as it is."""
    if writer.seen(f"entity:{run.id}") is not None:
        return find(writer.session, run.id)
    actor = writer.person(author)
    plan, test = str(run.evidence["study"]["digest"]), str(run.digests.get("test") or "")
    record_plan(writer, plan, run.study, test, author)
    links = [Link(run.id, "executes", of_digest("study", plan))]
    links += [Link(run.id, f"measured on {part}", id, "measured") for part, id in _datasets(writer, run, actor)]
    carries = (run.evidence["chosen"] or {}).get("base")
    bases = {
        base: _base(writer, base, run.evidence, run.digests, actor, run.architecture if base == carries else "")
        for base in _bases_of(run.evidence)
    }
    bases = {base: id for base, id in bases.items() if id}
    links += [Link(run.id, "considered", id, "measured") for id in dict.fromkeys(bases.values())]
    model = _result(writer, run, bases, actor)
    if model:
        links.append(Link(run.id, "judged", model, "measured"))
    plain = {
        "verdict": run.evidence["verdict"], "reasons": run.evidence["reasons"], "measured": run.measured, "plan": plan,
        "policy": run.digests.get("policy"), "folder": run.folder, "chosen": run.evidence["chosen"], "model": model,
        "use": run.study["intended_use"]["use"], "environment": dict(run.environment),
        "ranking": [{"base": b["base"], "id": bases.get(b["base"], ""), "rank": b["rank"]} for b in run.evidence["bases"]],
    }  # fmt: skip
    name = str(run.evidence["study"]["name"])
    _once(writer, "run", Entity(run.id, "run", name, plain), actor, *links, state=str(run.evidence["verdict"]))
    return find(writer.session, run.id)


def _datasets(writer: Writer, run: RunFacts, actor: str) -> Iterator[tuple[str, str]]:
    for part in ("data", "test"):
        named = run.digests.get(part)
        if named:
            id = of_digest("dataset", str(named))
            written = run.study["data"].get("train" if part == "data" else "test") or "made from train"
            if isinstance(written, Mapping):
                written = written.get("table", "")
            plain = {
                "part": part,
                "license": run.study["data"].get("license"),
                "personal": run.study["data"].get("personal"),
            }
            _once(writer, "register", Entity(id, "dataset", str(written), plain), actor)
            yield part, id


def _bases_of(evidence: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(f["subject"] for f in evidence["findings"] if f["check"] == "supply.integrity"))


def _base(
    writer: Writer,
    written: str,
    evidence: Mapping[str, Any],
    digests: Mapping[str, Any],
    actor: str,
    architecture: str = "",
) -> str:
    """A base model by the digest of all its files; empty where nobody has seen them."""
    root = _details(evidence, "supply.integrity", written).get("root") or (digests.get("bases") or {}).get(written)
    if not isinstance(root, str) or len(root.rpartition(":")[2]) != _WHOLE:
        return ""
    provenance, licence = (
        _details(evidence, "supply.provenance", written),
        _details(evidence, "supply.license", written),
    )
    source = provenance.get("source")
    plain = {
        "role": "base", "publisher": provenance.get("publisher"), "source": source, "hub": _hub(source),
        "revision": provenance.get("revision"), "license": licence.get("license"), "root": root,
        "architecture": architecture or None,
    }  # fmt: skip
    id = of_digest("model", root)
    _once(writer, "register", Entity(id, "model", written, plain), actor)
    return id


def _hub(source: Any) -> str | None:
    """Where a base came from: the host of an address, ``huggingface.co`` for ``org/name``, else None."""
    text = str(source or "")
    if "://" in text:
        return text.split("://", 1)[1].split("/", 1)[0].rpartition("@")[2].lower() or None
    return "huggingface.co" if text.count("/") == 1 and not text.endswith(".py") else None


def _details(evidence: Mapping[str, Any], check: str, subject: str) -> Mapping[str, Any]:
    found = (f for f in evidence["findings"] if f["check"] == check and f["subject"] == subject)
    details: Mapping[str, Any] = next((f["details"] for f in found), {})
    return details


def _result(writer: Writer, run: RunFacts, bases: Mapping[str, str], actor: str) -> str:
    """The adapted model, made from its base; empty where the run made none."""
    named, chosen = run.digests.get("model"), run.evidence["chosen"]
    if not named or not chosen:
        return ""
    id = of_digest("model", str(named))
    if id in bases.values():
        return id
    base = bases.get(str(chosen["base"]))
    # What somebody else trained came from where they say; what was trained here was seen to.
    evidence = "declared" if run.study.get("adapted") else "measured"
    links = (Link(id, "finetune", base, evidence),) if base else ()
    plain = {"role": "adapted", "candidate": chosen["candidate"], "base": chosen["base"], "task": run.study["task"]}
    _once(writer, "register", Entity(id, "model", str(run.evidence["study"]["name"]), plain), actor, *links)
    return id


def record_vetting(writer: Writer, evidence: Mapping[str, Any], author: str) -> None:
    """What vetting found about a model."""
    actor = writer.person(author)
    written = str(evidence["study"]["name"])
    model = _base(writer, written, evidence, {}, actor)
    findings = {f["check"]: f["status"] for f in evidence["findings"]}
    plain = {"verdict": evidence["verdict"], "reasons": evidence["reasons"], "findings": findings, "model": model}
    id = of_digest(
        "vetting", digest.of_data({**plain, "asked": evidence["study"]["digest"], "day": str(writer.now.date())})
    )
    links = (Link(id, "vetted", model, "measured"),) if model else ()
    _once(writer, "vet", Entity(id, "vetting", written, plain), actor, *links, state=str(evidence["verdict"]))


def record_link(
    writer: Writer, models: tuple[Known, Known], relation: str, shown_by: tuple[str, float], by: str, role: str
) -> int:
    """That the first model was made from the second.

    Raises
    ------
    RegistryError
        where a word is not known, one of them is no model, or it would close a circle
    """
    child, parent = models
    if relation not in LINEAGE or shown_by[0] not in EVIDENCE:
        known = f"relations: {', '.join(LINEAGE)}; evidence: {', '.join(EVIDENCE)}"
        raise RegistryError(Fault("link", f"{relation!r}, {shown_by[0]!r}", known))
    for one in models:
        if one.kind != "model":
            raise RegistryError(Fault(one.name, f"is a {one.kind}, no model"))
    effects = Effects(links=(Link(child.id, relation, parent.id, *shown_by),))
    return writer.append("link", child.id, effects, actor=writer.person(by), role=writes(role))
