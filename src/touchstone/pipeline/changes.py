"""What changed between two runs: in the data, by content; in the models; in what was measured."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchstone.core.errors import Fault, InputError
from touchstone.pipeline.finished import Finished

SCHEMA = "touchstone/changes/1"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as it was."""

    what: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class DataChanges:
    """Examples of the later run held against those of the earlier one, by content and not by name."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    relabelled: tuple[str, ...]
    moved: tuple[Change, ...]
    """The same content with the same label in another split."""
    same: int


@dataclass(frozen=True, slots=True)
class Changes:
    """The changelog of one run to another."""

    earlier: str
    later: str
    data: DataChanges
    plan: tuple[Change, ...]
    models: tuple[Change, ...]
    scores: tuple[Change, ...]
    """Of what was chosen, by split and metric, with intervals."""
    findings: tuple[Change, ...]
    one_test_set: bool
    """Whether scores on the test set can be held against each other."""


def changes(earlier: Path, later: Path) -> Changes:
    """Hold the files of two finished runs against each other; nothing is measured again.

    Raises
    ------
    InputError
        where one of them is no finished run, or its splits.csv does not say what the examples hold
    """
    old, new = Finished.read(earlier), Finished.read(later)
    return Changes(
        str(old.folder), str(new.folder), _data(old, new),
        tuple(_differing(_plan(old), _plan(new))), tuple(_differing(_models(old), _models(new))),
        tuple(_differing(_scores(old), _scores(new))), tuple(_differing(_statuses(old), _statuses(new))),
        bool(old.digests.get("test")) and old.digests.get("test") == new.digests.get("test"),
    )  # fmt: skip


def _data(old: Finished, new: Finished) -> DataChanges:
    was, now = _examples(old), _examples(new)
    added = [f"{one['split']}: {one['example']}" for content, one in now.items() if content not in was]
    removed = [f"{one['split']}: {one['example']}" for content, one in was.items() if content not in now]
    both = [(was[content], now[content]) for content in was if content in now]
    relabelled = [f"{b['split']}: {b['example']}" for a, b in both if a["mark"] != b["mark"]]
    moved = [
        Change(b["example"], a["split"], b["split"])
        for a, b in both
        if a["mark"] == b["mark"] and a["split"] != b["split"]
    ]
    same = len(both) - len(relabelled) - len(moved)
    return DataChanges(tuple(added), tuple(removed), tuple(relabelled), tuple(moved), same)


def _examples(run: Finished) -> dict[str, Mapping[str, str]]:
    """The examples of a run by content; of several with one content those come apart by how many there are."""
    place = run.folder / "splits.csv"
    try:
        with place.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as fault:
        raise InputError(
            Fault(str(place), f"cannot be read ({type(fault).__name__})", "run the study again")
        ) from fault
    if rows and not {"content", "mark"} <= rows[0].keys():
        raise InputError(
            Fault(
                str(place),
                "is of an older version and does not say what the examples hold",
                "run the study again: --fresh",
            )
        )
    found: dict[str, Mapping[str, str]] = {}
    for row in sorted(rows, key=lambda row: (row["content"], row["mark"], row["split"], row["example"])):
        if row["content"]:
            copy = 0
            while f"{row['content']}/{copy}" in found:
                copy += 1
            found[f"{row['content']}/{copy}"] = row
    return found


def _plan(run: Finished) -> dict[str, Any]:
    keys = ("task", "require", "policy", "adapt", "data", "base_models")
    policy = run.digests.get("policy")
    digest = policy.get("digest") if isinstance(policy, Mapping) else None
    return {**{key: run.study.get(key) for key in keys}, "policy file": digest}


def _models(run: Finished) -> dict[str, Any]:
    chosen = run.evidence.get("chosen") or {}
    bases = {f"base {name}": digest for name, digest in (run.digests.get("bases") or {}).items()}
    return {
        "recipe": chosen.get("candidate"), "base": chosen.get("base"), "files": run.digests.get("model"),
        "architecture": run.architecture or None, **bases,
    }  # fmt: skip


def _scores(run: Finished) -> dict[str, Any]:
    chosen = run.evidence.get("chosen") or {}
    named = (chosen.get("candidate"), f"{chosen.get('candidate')}@{chosen.get('base')}")
    return {
        f"{row['metric']} on {row['split']}": {"value": row["value"], "interval": row["interval"]}
        for row in run.evidence["comparison"] if chosen and row["candidate"] in named and row["base"] in (chosen.get("base"), None)
    }  # fmt: skip


def _statuses(run: Finished) -> dict[str, Any]:
    found = {
        f"{one['check']} of {one['subject']}": f"{one['status']} ({one['severity']})"
        for one in run.evidence["findings"]
    }
    return {"verdict": run.evidence["verdict"], **found}


def _differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys((*was, *now)):
        if was.get(key) != now.get(key):
            yield Change(key, was.get(key), now.get(key))


def as_markdown(found: Changes, *, most: int = 50) -> str:
    """The changelog for people."""
    from touchstone.report.markdown import bullets, escape, table

    lines = [
        "# What changed",
        "",
        f"From {escape(found.earlier, 300)} to {escape(found.later, 300)}.",
        "",
        "## Data",
        "",
    ]
    data = found.data
    lines += [
        f"{len(data.added):,} added, {len(data.removed):,} removed, {len(data.relabelled):,} relabelled, "
        f"{len(data.moved):,} in another split, {data.same:,} as they were (by content, whatever they are called).",
        "",
    ]
    for title, names in (("added", data.added), ("removed", data.removed), ("relabelled", data.relabelled)):
        lines += bullets(f"{title}: {escape(name, 300)}" for name in names[:most])
        lines += bullets([f"{title}: {len(names) - most:,} more"]) if len(names) > most else []
    lines += bullets(f"moved: {escape(one.what, 300)}, from {one.was} to {one.now}" for one in data.moved[:most])
    for title, some in (
        ("Plan", found.plan),
        ("Models", found.models),
        ("Scores of what was chosen", found.scores),
        ("Findings", found.findings),
    ):
        rows = [[escape(one.what, 300), _said(one.was), _said(one.now)] for one in some]
        lines += ["", f"## {title}", "", *(table(["", "was", "is"], rows) if rows else ["As it was."])]
        if some is found.scores and some and not found.one_test_set:
            lines += ["", "The test sets differ, so these scores are not of the same questions."]
    return "\n".join([*lines, ""])


def _said(value: Any) -> str:
    import json

    from touchstone.report import numerals
    from touchstone.report.markdown import escape

    if isinstance(value, Mapping) and value.keys() == {"value", "interval"}:
        return f"{numerals.score(value['value'])} ({numerals.between(value['interval'])})"
    if value is None:
        return numerals.DASH
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 300)
