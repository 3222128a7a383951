"""``model_card.md``: a model card with Hugging Face metadata. What is not known is left out, never invented."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from touchstone.report import carried, numerals, papers
from touchstone.report.asking import open_questions, undecided
from touchstone.report.decision import recipes
from touchstone.report.gallery import Gallery
from touchstone.report.markdown import bullets, escape, table
from touchstone.report.phrases import candidate_name, metric_name, phrase, statement_of
from touchstone.report.reading import Reading, mapping, records, waiver_of
from touchstone.report.story import WORDS, Told, first_screen
from touchstone.report.wording import capital, clean, clip

_HUB = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)@[0-9a-f]{7,64}")
_PIPELINES = ("image-classification", "text-classification", "tabular-classification")
# Names under which Hugging Face's evaluate knows a metric; the rest keep their own.
_METRIC_TYPES = {
    "macro_f1": "f1",
    "weighted_f1": "f1",
    "macro_precision": "precision",
    "macro_recall": "recall",
    "mcc": "matthews_correlation",
    "brier": "brier_score",
}
_KNOWN_LICENSE = re.compile(
    r"(apache-2\.0|mit|bsd(-[23]-clause(-clear)?)?|cc(0-1\.0|-by(-nc)?(-sa|-nd)?-[234]\.0)?|[al]?gpl(-[23]\.[01])?|mpl-2\.0|"
    r"openrail(\+\+)?|(bigscience-|creativeml-)?openrail-m|bigscience-bloom-rail-1\.0|unlicense|wtfpl|zlib|isc|artistic-2\.0|"
    r"epl-[12]\.0|eupl-1\.[12]|ms-pl|afl-3\.0|bsl-1\.0|odc-by|odbl|pddl|cdla-(permissive-[12]\.0|sharing-1\.0)|gemma|llama[234](\.[0-9])?)"
)


def render(
    evidence: Mapping[str, Any],
    gallery: Gallery,
    study: Mapping[str, Any],
    *,
    against: Sequence[str] = (),
    alone: bool = False,
) -> str:
    """The card's text; equal inputs give equal bytes.

    Parameters
    ----------
    evidence, gallery, study : as for :func:`touchstone.report.html.render`
    against : what speaks against handing the model on, told before everything else
    alone : whether the card lies in one folder with the model's files, apart from the run
    """
    import yaml

    reading = Reading(evidence, gallery, study)
    head = yaml.safe_dump(metadata(reading), sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{head}---\n\n" + "\n".join(_body(reading, against, alone)).rstrip() + "\n"


def metadata(reading: Reading) -> dict[str, Any]:
    """The card's YAML head as plain data."""
    chosen = mapping(reading.evidence.get("chosen"))
    task = reading.study.get("task")
    base = clip(chosen.get("base") or "", 300)
    on_hub = _HUB.fullmatch(base)
    results = _results(reading)
    found: dict[str, Any] = {
        **_license(_base_facts(reading, base)),
        "library_name": "transformers",
        "tags": [
            "touchstone",
            "transfer-learning",
            f"verdict-{reading.verdict if reading.verdict in WORDS else 'hold'}",
        ],
        "pipeline_tag": task if task in _PIPELINES else None,
        "base_model": on_hub["repository"] if on_hub else None,
        "base_model_relation": "finetune" if on_hub else None,
        "metrics": list(dict.fromkeys(result["type"] for result in results)) or None,
        "model-index": [_index(reading, results)] if results and task in _PIPELINES else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _license(facts: Mapping[str, Any]) -> dict[str, str]:
    stated = clip(facts.get("license") or "", 100)
    if not stated:
        return {}
    if _KNOWN_LICENSE.fullmatch(stated.lower()):
        return {"license": stated.lower()}
    return {"license": "other", "license_name": re.sub(r"[^a-z0-9.-]+", "-", stated.lower()).strip("-") or "other"}


def _base_facts(reading: Reading, base: str) -> Mapping[str, Any]:
    """What the study says about the chosen base, beyond its name."""
    bases = records(reading.study.get("base_models"))
    return next((facts for facts in bases if base and facts.get("path") == base), {})


def _results(reading: Reading) -> list[dict[str, Any]]:
    rows = [row for row in reading.comparison if row.get("split") == "test" and reading.is_chosen(row)]
    found = []
    for row in rows:
        if not numerals.is_number(row.get("value")):
            continue
        metric = clip(row.get("metric"), 60)
        ends = numerals.interval(row.get("interval"))
        found.append(
            {
                "type": _METRIC_TYPES.get(metric, metric),
                "value": round(float(row["value"]), 6),
                "name": capital(metric_name(metric)) + (f" (95 % interval {numerals.between(ends)})" if ends else ""),
            }
        )
    return found


def _index(reading: Reading, results: list[dict[str, Any]]) -> dict[str, Any]:
    task, name = reading.study["task"], clip(reading.name, 96)
    dataset = {
        "name": f"{name} (sealed test set)",
        "type": re.sub(r"[^\w.-]+", "-", name).strip("-") or "study",
        "split": "test",
    }
    return {"name": name, "results": [{"task": {"type": task}, "dataset": dataset, "metrics": results}]}


def _body(reading: Reading, against: Sequence[str], alone: bool) -> list[str]:
    screen = first_screen(reading)
    chosen = mapping(reading.evidence.get("chosen"))
    lines = [f"# {escape(reading.name, 120)}", ""]
    lines += [f"**Handed on although {escape('; '.join(against), 1200)}.**", ""] if against else []
    lines += [f"**{screen.word}.** {escape(screen.headline)}", ""]
    lines += _section("Intended use", _use(reading))
    lines += _section("How it was made", _making(reading, chosen, alone))
    lines += _section("Results", _summary(screen.told))
    lines += _section("Against the references", _comparison(reading))
    lines += _section("Limits and open questions", _limits(reading))
    lines += _section("What the base model's own card tells", _papers(reading))
    lines += _section("Training and test data", _data(reading))
    lines += _section("Cost", bullets(_cost(reading)))
    lines += _section("Sign-off", [escape(screen.sign_off)])
    beside = (
        "`EVIDENCE.md` sums up the evidence behind every line; `NOTICE.md` names the licences."
        if alone
        else "The evidence behind every line is in `evidence.json`; `report.html` shows it with pictures."
    )
    lines += [beside]
    return lines


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""] if lines else []


def _use(reading: Reading) -> list[str]:
    use = reading.use
    facts = [
        ("Purpose", use.get("purpose")),
        ("Use", use.get("use")),
        ("Owner", use.get("owner")),
        ("Delivery", use.get("delivery")),
    ]
    return bullets(f"{label}: {escape(text)}" for label, text in facts if text)


def _making(reading: Reading, chosen: Mapping[str, Any], alone: bool) -> list[str]:
    if not chosen.get("candidate"):
        return ["No model was chosen."]
    facts = _base_facts(reading, str(chosen.get("base")))
    told = [
        ("Recipe", candidate_name(str(chosen["candidate"]))),
        ("Base model", chosen.get("base")),
        ("Source of the base", facts.get("source")),
        ("Publisher of the base", facts.get("publisher")),
        ("Licence of the base", facts.get("license")),
        ("Files", "beside this card" if alone else chosen.get("path")),
    ]
    lines = bullets(f"{label}: {escape(text)}" for label, text in told if text)
    path = str(chosen.get("path") or "")
    if path and reading.study.get("task") in _PIPELINES[:2]:
        kind = "Image" if reading.study["task"] == _PIPELINES[0] else "Sequence"
        lines += [
            "",
            "```python",
            f"from transformers import AutoModelFor{kind}Classification",
            "",
            f"model = AutoModelFor{kind}Classification.from_pretrained({_quoted('.' if alone else path)})",
            "```",
        ]
    return lines


def _quoted(path: str) -> str:
    """A path as a Python string within a code block; the run's own folder without its slash at the end."""
    return json.dumps(clip(path, 1000).rstrip("/") or "/", ensure_ascii=False).replace("`", "\\u0060")


def _summary(told: Any) -> list[str]:
    lines: list[str] = []
    for item in told:
        assert isinstance(item, Told)
        text = "; ".join(
            line if not place else line[:1].lower() + line[1:] for place, (_, line) in enumerate(item.lines)
        )
        lines.append(
            f"**{item.label}.** {escape(' '.join(part for part in (text and text + '.', item.text) if part), 1200)}"
        )
        lines.append("")
    return lines[:-1]


def _comparison(reading: Reading) -> list[str]:
    rows = reading.rows("test", reading.metric)
    head = ["candidate", "base", metric_name(str(reading.metric)), "95 % interval"]
    cells = [
        [
            escape(candidate_name(str(row.get("candidate")))) + (" (chosen)" if reading.is_chosen(row) else ""),
            escape(row.get("base") or numerals.DASH, 100),
            numerals.score(row.get("value")),
            numerals.between(row.get("interval")),
        ]
        for row in rows[:60]
    ]
    meant = "; ".join(escape(line, 160) for line in recipes(reading))
    return [*table(head, cells), *(["", f"{meant}."] if meant else [])] if cells else []


def _limits(reading: Reading) -> list[str]:
    questions = open_questions(reading)
    failed = [f for f in reading.failed if f.get("severity") in ("blocker", "major")]
    weighty = [*failed, *([] if questions else undecided(reading))]
    lines = [_limit(finding) for finding in weighty[:40]]
    lines += [escape(question) for question in questions]
    topics = list(dict.fromkeys(phrase(str(f.get("check"))).topic for f in reading.unmeasured))
    if topics:
        lines.append(f"Not measured: {', '.join(topics)}.")
    return bullets(lines)


def _limit(finding: Mapping[str, Any]) -> str:
    waiver = waiver_of(finding)
    said = f"{phrase(str(finding.get('check'))).topic}: {escape(statement_of(finding))}"
    return f"{said} {escape(carried.told(waiver), 900)}" if waiver else said


def _papers(reading: Reading) -> list[str]:
    """Training data and limits of the base, carried on as quotations."""
    return bullets(
        f"{escape(one.base)}: {name}: {escape(text) if text else 'not told'}"
        for one in papers.told(reading)
        for name, text in (("training data", one.training_data), ("known limits", one.limits))
    )


def _data(reading: Reading) -> list[str]:
    data, gallery = mapping(reading.study.get("data")), reading.gallery
    lines = [f"{capital(clean(split.name))}: {numerals.count(split.n)} examples" for split in gallery.splits[:20]]
    if len(gallery.classes):
        shown = ", ".join(clip(name, 40) for name in gallery.classes[:30])
        more = len(gallery.classes) - 30
        lines.append(f"Classes ({len(gallery.classes):,}): {shown}" + (f" and {more:,} more" if more > 0 else ""))
    if data.get("license"):
        lines.append(f"Licence of the data: {clean(data['license'])}")
    if "personal" in data:
        lines.append("The data concern people." if data["personal"] else "The data are declared not to concern people.")
    lines += [str(note) for note in gallery.notes[:20]]
    return bullets(escape(line, 2000) for line in lines)


def _cost(reading: Reading) -> list[str]:
    from touchstone.report.ledger import bill

    return [f"{label}: {text}" for label, text in bill(reading)]
