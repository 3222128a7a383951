"""``bom.json``: a CycloneDX ML-BOM of base models, data and result, from evidence and study alone.

Nothing is invented: what is not known is left out, and a property ``touchstone:gap`` names it with the way to fill it.

References
----------
CycloneDX 1.6 and 1.7 (ECMA-424), machine-learning-model and data components, model card.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from touchstone.core import digest
from touchstone.report.reading import decides, mapping, records
from touchstone.report.wording import clip

Version = Literal["1.6", "1.7"]
_HUB = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>[0-9a-f]{40,64})")
_URL = re.compile(r"https?://[^\s<>\"]+")
_EXPRESSION = re.compile(r"\s(?:AND|OR|WITH)\s")
_ROOT = "result"


def render(
    evidence: Mapping[str, Any],
    study: Mapping[str, Any],
    digests: Mapping[str, Any] | None = None,
    *,
    version: Version = "1.6",
    timestamp: str | None = None,
) -> str:
    """The text of ``bom.json``; equal inputs give equal bytes.

    Parameters
    ----------
    evidence : what stands in ``evidence.json``
    study : what stands in the lock file; for ``vet`` its name and the model are enough
    digests : those that the lock file pins: of all data, of the test set, of the model that was made
    timestamp : when it was made, ISO 8601 with a time zone; left out where nobody says
    """
    made = bom(evidence, study, digests, version=version, timestamp=timestamp)
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def bom(
    evidence: Mapping[str, Any],
    study: Mapping[str, Any],
    digests: Mapping[str, Any] | None = None,
    *,
    version: Version = "1.6",
    timestamp: str | None = None,
) -> dict[str, Any]:
    """The document as plain data; parameters as for :func:`render`."""
    gaps: list[str] = []
    bases = [_base(name, evidence, gaps) for name in _base_names(evidence, study)]
    data = _data(study, gaps)
    result = _result(evidence, study, bases, gaps)
    seal = digest.of_bytes(digest.canonical_json([dict(evidence), version]).encode("utf-8", "surrogatepass"))
    if timestamp is None:
        gaps.append("metadata.timestamp: nobody said when this was made")
    metadata: dict[str, Any] = {
        **({"timestamp": timestamp} if timestamp else {}),
        "tools": {"components": [{"type": "application", "name": "touchstone", "publisher": "Touchstone"}]},
        "component": result,
        "properties": [*_verdict(evidence), *_pinned(mapping(digests)), *(_property("gap", gap) for gap in gaps)],
    }
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": f"urn:uuid:{uuid.UUID(seal.removeprefix('sha256:')[:32], version=4)}",
        "version": 1,
        "metadata": metadata,
        "components": [*bases, *data],
        "dependencies": _dependencies(bases, data),
    }


def _base_names(evidence: Mapping[str, Any], study: Mapping[str, Any]) -> list[str]:
    named = [base.get("path") if isinstance(base, Mapping) else base for base in study.get("base_models") or ()]
    found = [f.get("subject") for f in records(evidence.get("findings")) if f.get("check") == "supply.integrity"]
    return list(dict.fromkeys(str(name) for name in (*named, *found) if name))


def _facts(evidence: Mapping[str, Any], check: str, subject: str) -> Mapping[str, Any]:
    """The details of one supply finding."""
    found = (f for f in records(evidence.get("findings")) if f.get("check") == check and f.get("subject") == subject)
    return mapping(mapping(next(found, None)).get("details"))


def _base(name: str, evidence: Mapping[str, Any], gaps: list[str]) -> dict[str, Any]:
    sound, origin, terms, papers = (
        _facts(evidence, f"supply.{check}", name) for check in ("integrity", "provenance", "license", "documentation")
    )
    files = records(sound.get("files"))
    made: dict[str, Any] = {"type": "machine-learning-model", "bom-ref": _ref("base", name), "name": clip(name, 300)}
    revision, source = origin.get("revision"), origin.get("source")
    if revision:
        made["version"] = clip(revision, 200)
    if origin.get("publisher"):
        made["publisher"] = clip(origin["publisher"], 200)
    if licenses := _licenses(terms):
        made["licenses"] = licenses
    else:
        gaps.append(f"licence of {clip(name)}: ship its LICENSE or state `license` beside its path")
    hub = _HUB.fullmatch(name)
    if hub:
        owner, _, model = hub["repository"].partition("/")
        made["purl"] = f"pkg:huggingface/{quote(owner)}/{quote(model)}@{hub['revision']}"
    if isinstance(source, str) and _URL.fullmatch(source):
        made["externalReferences"] = [{"type": "distribution", "url": source}]
    if not source:
        gaps.append(f"source of {clip(name)}: state `source` and `revision` beside its path")
    ancestors = [part for part in records(terms.get("components")) if part.get("role") == "ancestor"]
    if ancestors:
        made["pedigree"] = {"ancestors": [_ancestor(part) for part in ancestors]}
    if files:
        made["components"] = [_file(name, file) for file in files]
    if card := _base_card(papers, gaps, name):
        made["modelCard"] = card
    if sound.get("root"):
        made["properties"] = [
            _property("manifest-root", sound["root"]),
            _property("level", origin.get("level") or "T0"),
        ]
    return made


def _ref(kind: str, name: str) -> str:
    return f"{kind}:{digest.of_bytes(name.encode('utf-8', 'surrogatepass'))[7:23]}"


def _file(base: str, file: Mapping[str, Any]) -> dict[str, Any]:
    name = str(file.get("name"))
    made: dict[str, Any] = {"type": "file", "bom-ref": _ref("file", f"{base}\n{name}"), "name": clip(name, 1000)}
    if re.fullmatch(r"[0-9a-f]{64}", str(file.get("sha256"))):
        made["hashes"] = [{"alg": "SHA-256", "content": file["sha256"]}]
    return made


def _licenses(terms: Mapping[str, Any]) -> list[dict[str, Any]]:
    own = next((part for part in records(terms.get("components")) if part.get("role") == "base"), None)
    return _license_of(own) if own else []


def _license_of(part: Mapping[str, Any]) -> list[dict[str, Any]]:
    told, known = part.get("license"), [str(id) for id in part.get("known_as") or ()]
    if not told:
        return []
    acknowledgement = "concluded" if part.get("evidence") == "text" else "declared"
    if _EXPRESSION.search(str(told)) and known and not any(id.startswith("LicenseRef-") for id in known):
        return [{"expression": clip(told, 300), "acknowledgement": acknowledgement}]
    if len(known) == 1 and not known[0].startswith("LicenseRef-"):
        return [{"license": {"id": known[0], "acknowledgement": acknowledgement}}]
    return [{"license": {"name": clip(known[0] if len(known) == 1 else told, 300), "acknowledgement": acknowledgement}}]


def _ancestor(part: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "machine-learning-model", "name": clip(part.get("name"), 300)}
    return {**made, "licenses": licenses} if (licenses := _license_of(part)) else made


def _base_card(papers: Mapping[str, Any], gaps: list[str], name: str) -> dict[str, Any]:
    fields = mapping(papers.get("fields"))
    card: dict[str, Any] = {}
    if papers.get("training_data"):
        told = {
            "type": "dataset",
            "name": "training data, as told by the card",
            "description": clip(papers["training_data"], 1000),
        }
        card["modelParameters"] = {"datasets": [told]}
    else:
        gaps.append(f"training data of {clip(name)}: its card does not tell them")
    considerations: dict[str, Any] = {}
    if papers.get("limits"):
        considerations["technicalLimitations"] = [clip(papers["limits"], 1000)]
    else:
        gaps.append(f"known limits of {clip(name)}: its card does not tell them")
    if fields.get("intended_use"):
        considerations["useCases"] = [clip(fields["intended_use"], 1000)]
    return {**card, **({"considerations": considerations} if considerations else {})}


def _data(study: Mapping[str, Any], gaps: list[str]) -> list[dict[str, Any]]:
    """The sets that the study names: what was learnt from, what was tested on, and what stands for elsewhere or later."""
    data = mapping(study.get("data"))
    if not data.get("train"):
        return []
    if not data.get("license"):
        gaps.append("licence of the training data: state `data.license`")
    terms = [{"license": _stated(str(data["license"]))}] if data.get("license") else []
    sets = [("train", "training data")]
    sets += [(split, f"{split} data") for split in ("validation", "test") if data.get(split)]
    sets += [(f"shift:{name}", f"shift set {clip(name, 100)}") for name in mapping(data.get("shift"))]
    return [_set(*named, data, terms) for named in sets]


def _set(ref: str, name: str, data: Mapping[str, Any], terms: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    about: dict[str, Any] = {"type": "dataset", "name": name}
    # Source and licence are stated once, of the data as a whole; a shift set may come from elsewhere.
    own = not ref.startswith("shift:")
    if own and isinstance(data.get("source"), str) and _URL.fullmatch(data["source"]):
        about["contents"] = {"url": data["source"]}
    if data.get("personal"):
        about["sensitiveData"] = ["personal data"]
    made: dict[str, Any] = {"type": "data", "bom-ref": _ref("data", ref) if not own else f"data:{ref}", "name": name}
    return {**made, **({"licenses": list(terms)} if own and terms else {}), "data": [about]}


# SPDX ids that data usually carry; CycloneDX takes no other words as an id.
_SPDX = re.compile(
    r"CC0-1\.0|CC-BY(?:-NC)?(?:-SA|-ND)?-(?:[123]\.0|2\.5|4\.0)|PDDL-1\.0|ODbL-1\.0|ODC-By-1\.0|CDLA-(?:Permissive-[12]\.0|Sharing-1\.0)|"
    r"Apache-2\.0|MIT|BSD-[23]-Clause|Unlicense|GPL-[23]\.0-(?:only|or-later)",
    re.IGNORECASE,
)
_CASED = ("BY", "NC", "SA", "ND", "CC", "CC0", "PDDL", "CDLA", "MIT", "BSD", "GPL")


def _stated(license: str) -> dict[str, str]:
    """A licence as somebody states it: an SPDX id, in SPDX's own spelling, or else a name."""
    text = clip(license, 300)
    if not _SPDX.fullmatch(text):
        return {"name": text, "acknowledgement": "declared"}
    return {"id": _spelled(text), "acknowledgement": "declared"}


def _spelled(id: str) -> str:
    """SPDX ids know large and small letters; people do not."""
    special = {"odbl-1.0": "ODbL-1.0", "odc-by-1.0": "ODC-By-1.0", "unlicense": "Unlicense"}
    if id.lower() in special:
        return special[id.lower()]
    words = [part.upper() if part.upper() in _CASED else part.capitalize() for part in id.lower().split("-")]
    return "-".join(words).replace("-Only", "-only").replace("-Or-Later", "-or-later")


def _result(
    evidence: Mapping[str, Any], study: Mapping[str, Any], bases: Sequence[Mapping[str, Any]], gaps: list[str]
) -> dict[str, Any]:
    name = str(mapping(evidence.get("study")).get("name") or study.get("name") or "study")
    chosen = mapping(evidence.get("chosen"))
    made: dict[str, Any] = {"type": "machine-learning-model", "bom-ref": _ROOT, "name": clip(name, 300)}
    if not chosen.get("candidate"):
        return made
    base = next((one for one in bases if one["name"] == clip(str(chosen.get("base")), 300)), None)
    if base is not None:
        made["pedigree"] = {"ancestors": [{"type": "machine-learning-model", "name": base["name"]}],
                            "notes": clip(f"adapted as {chosen['candidate']}", 300)}  # fmt: skip
    card: dict[str, Any] = {}
    if study.get("task"):
        card["modelParameters"] = {"approach": {"type": "supervised"}, "task": clip(study["task"], 100)}
    if metrics := _metrics(evidence, chosen):
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    use = mapping(study.get("intended_use"))
    considerations = {
        key: [clip(text, 600)] for key, text in (("users", use.get("owner")), ("useCases", use.get("purpose"))) if text
    }
    if limits := _limits(evidence):
        considerations["technicalLimitations"] = limits
    if considerations:
        card["considerations"] = considerations
    if card:
        made["modelCard"] = card
    energy = mapping(evidence.get("cost")).get("energy_wh")
    if energy is not None:
        made["properties"] = [_property("energy-wh", energy)]
        gaps.append("energy provider: not known, so energy stands as a property")
    return made


def _metrics(evidence: Mapping[str, Any], chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    names = {chosen.get("candidate"), str(chosen.get("candidate")).partition("@")[0]}
    for row in records(evidence.get("comparison")):
        if row.get("candidate") not in names or row.get("value") is None:
            continue
        metric: dict[str, Any] = {
            "type": clip(row.get("metric"), 60),
            "value": str(row["value"]),
            "slice": clip(row.get("split"), 60),
        }
        if row.get("interval"):
            low, high = row["interval"]
            metric["confidenceInterval"] = {"lowerBound": str(low), "upperBound": str(high)}
        found.append(metric)
    return found


def _limits(evidence: Mapping[str, Any]) -> list[str]:
    """What failed and what is open, in the words of the findings."""
    found = [
        f for f in records(evidence.get("findings"))
        if decides(f)
        and (f.get("status") == "fail" or (f.get("status") == "inconclusive" and f.get("severity") in ("blocker", "major")))
    ]  # fmt: skip
    return [clip(f"{f.get('check')} ({f.get('subject')}): {f.get('statement')}", 600) for f in found[:100]]


def _verdict(evidence: Mapping[str, Any]) -> list[dict[str, str]]:
    checks = [
        _property(f"check:{f.get('check')}", f"{f.get('status')} ({f.get('severity')}): {f.get('subject')}")
        for f in records(evidence.get("findings"))
    ]
    study = mapping(evidence.get("study"))
    return [_property("verdict", evidence.get("verdict")), _property("study-digest", study.get("digest")), *checks]


def _pinned(digests: Mapping[str, Any]) -> list[dict[str, str]]:
    return [_property(f"{part}-digest", digests[part]) for part in ("data", "test", "model") if digests.get(part)]


def _property(name: str, value: Any) -> dict[str, str]:
    return {"name": f"touchstone:{name}", "value": clip(value, 600)}


def _dependencies(bases: Sequence[Mapping[str, Any]], data: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    parts = [part["bom-ref"] for part in (*bases, *data)]
    return [{"ref": _ROOT, "dependsOn": parts}, *({"ref": part} for part in parts)]
