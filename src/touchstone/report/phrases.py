"""Checks, candidates, metrics and words of art, in the words of somebody who does not train models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from touchstone.core import catalogue
from touchstone.core.measures import FIRST_BLOCKS, LAST_LAYER
from touchstone.report.reading import mapping, records
from touchstone.report.wording import clip, sentence


@dataclass(frozen=True, slots=True)
class Phrase:
    """A check in plain words: its topic, what a fail means, and what stays unknown where it could not tell."""

    topic: str
    failed: str
    open: str


# ruff: noqa: E501 - one check a line reads as a table
_PHRASES = {
    "supply.files": Phrase("Safe model files", "a model file is unsafe or broken", "whether the model files are safe"),
    "supply.integrity": Phrase("Unchanged model files", "the model files are not the ones vouched for", "whether the model files are the original ones"),
    "supply.provenance": Phrase("Known origin of the base", "the origin of the base model cannot be shown", "where the base model comes from"),
    "supply.license": Phrase("Licences allow the use", "a licence forbids the intended use", "whether the licences allow the intended use"),
    "supply.documentation": Phrase("Documented base model", "the base model is not documented", "how well the base model is documented"),
    "supply.backdoor": Phrase("No hidden triggers", "the base model reacts to a hidden trigger", "whether the base model hides a trigger"),
    "data.readable": Phrase("Readable examples", "some examples cannot be read or have no label", "whether all examples can be read"),
    "data.duplicates": Phrase("Repeated examples", "examples are repeated or labelled two ways", "whether examples are repeated"),
    "data.leakage": Phrase("Test kept apart from training", "test examples also stand in the training data", "whether test examples stand in the training data"),
    "data.group_leakage": Phrase("Subjects kept apart", "the same subjects stand in training and test", "whether subjects stand in both training and test"),
    "data.time_leakage": Phrase("No look into the future", "later data were used to predict earlier data", "whether the future was used to predict the past"),
    "data.label_proxy": Phrase("No give-away of the label", "something trivial gives the label away", "whether something trivial gives the label away"),
    "data.imbalance": Phrase("Balance of classes", "one class is so common that guessing it looks good", "whether guessing the commonest class looks good"),
    "data.label_noise": Phrase("Correct labels", "too many labels are wrong", "how many labels are wrong"),
    "data.coverage": Phrase("Coverage of real use", "training data miss a part of what the model will meet", "whether training covers what the model will meet"),
    "data.privacy": Phrase("Personal data", "personal data stand in the training data", "whether personal data stand in the training data"),
    "data.size": Phrase("Enough data", "there are too few examples to answer the question", "whether there are enough examples"),
    "base.domain": Phrase("A base that fits the data", "the base model comes from another field", "whether the base model fits this kind of data"),
    "base.bias": Phrase("Associations of the base", "the base model ties a protected group to the label", "which associations come with the base model"),
    "adapt.learning_rate": Phrase("Training speed", "training started too fast and did damage", "whether training started too fast"),
    "adapt.forgetting": Phrase("Knowledge kept", "fine-tuning overwrote useful knowledge", "whether fine-tuning overwrote useful knowledge"),
    "adapt.overfitting": Phrase("Learning, not memorising", "the model memorises instead of learning", "whether the model memorises"),
    "adapt.augmentation": Phrase("Fair augmentation", "augmentation adds a false clue", "whether augmentation adds a false clue"),
    "adapt.stability": Phrase("Same result again", "the result rests on luck of the random seed", "whether another random seed would say the same"),
    "compare.majority": Phrase("Better than guessing", "it is not shown to beat guessing one class", "whether it beats guessing one class"),
    "compare.non_transfer": Phrase("Better than a simple model", "a simple model does as well", "whether it beats a simple model"),
    "compare.scratch": Phrase("Pretraining helped", "the pretrained base brought no gain", "whether pretraining helped"),
    "compare.probe": Phrase("Fine-tuning earned its cost", "fine-tuning added nothing over the frozen base", "whether fine-tuning earned its cost"),
    "evaluate.requirements": Phrase("Your own thresholds", "a threshold of the study is missed", "whether the study's thresholds are met"),
    "evaluate.per_class": Phrase("Every class served", "one or more classes are failed", "whether every class is served"),
    "evaluate.slices": Phrase("Every group served", "a group of the data is served worse", "whether every group is served alike"),
    "evaluate.shift": Phrase("Data from elsewhere", "it does not hold on data from elsewhere or later", "whether it holds on data from elsewhere"),
    "evaluate.ood": Phrase("Knows what it does not know", "it answers confidently on foreign inputs", "whether it notices foreign inputs"),
    "evaluate.calibration": Phrase("Honest confidence", "its stated confidence cannot be taken at its word", "whether its confidence can be taken at its word"),
    "evaluate.robustness": Phrase("Ordinary damage", "it breaks under ordinary damage to inputs", "whether it survives ordinary damage"),
    "evaluate.shortcut": Phrase("Looks at the right thing", "it looks at the wrong thing", "whether it looks at the right thing"),
    "evaluate.privacy": Phrase("Keeps training examples private", "its training examples can be told apart", "whether training examples can be told apart"),
    "evaluate.latency": Phrase("Fast enough", "it is too slow", "whether it is fast enough"),
    "evaluate.test_reuse": Phrase("Unspent test set", "the test set was looked at too often", "whether the test set was looked at too often"),
    "cost.energy": Phrase("Cost", "it cost more than planned", "what it cost"),
    "govern.checkpoint": Phrase("Five confirmations", "a confirmation of the checkpoint is missing", "whether all confirmations are there"),
    "govern.signoff": Phrase("Sign-off", "a sign-off is not valid", "who signs for it"),
}  # fmt: skip

_CANDIDATES = {
    "majority": "Always guess the commonest class",
    "non-transfer": "Simple model without pretraining",
    "scratch": "Same kind of network, from scratch",
    "linear-probe": "Frozen base with a linear probe",
    "last-layer": "Frozen base with a new last layer",
}

_METRICS = {
    "mcc": "MCC", "roc_auc": "ROC-AUC", "pr_auc": "PR-AUC", "log_loss": "log-loss", "brier": "Brier score",
    "macro_f1": "macro F1", "weighted_f1": "weighted F1", "size_mb": "size in MB", "energy_wh": "energy in Wh",
    "latency_ms_p50": "median response time (ms)", "latency_ms_p95": "95th percentile of response time (ms)",
    "latency_ms_p99": "99th percentile of response time (ms)", "carbon_g": "carbon in g", "ood_auroc": "out-of-domain AUROC",
}  # fmt: skip

SMALLER_IS_BETTER = frozenset({"log_loss", "brier", "calibration_error", "worst_slice_gap", "shift_drop"})
UNBOUNDED = frozenset({"log_loss"})

SEVERITIES = {"blocker": "must be solved", "major": "serious", "minor": "small", "info": "for information"}


def phrase(check: str) -> Phrase:
    """A check in plain words; one that another package added speaks by its own question."""
    if check in _PHRASES:
        return _PHRASES[check]
    row = catalogue.rows().get(check)
    topic = clip(row.question if row else check)
    return Phrase(topic, f"“{topic}” failed", f"“{topic}”")


def candidate_name(candidate: str) -> str:
    """A candidate in plain words; recipes keep their name."""
    name = candidate.partition("@")[0] or candidate
    first = FIRST_BLOCKS.fullmatch(name)
    if first is not None:
        kept = "first block" if first[1] == "1" else f"first {first[1]} blocks"
        return f"Frozen base, its {kept} alone, with a new last layer"
    return _CANDIDATES.get(name, clip(name, 60))


def is_frozen_head(candidate: str) -> bool:
    """Whether a candidate is the frozen base with a head that can ship beside a richer probe."""
    name = candidate.partition("@")[0]
    return name == LAST_LAYER or FIRST_BLOCKS.fullmatch(name) is not None


def base_name(base: Any) -> str:
    """A base in short where its whole name stands elsewhere: the last part of a path, a hub name without its revision."""
    text = str(base or "").rstrip("/\\")
    if "@" in text:
        return clip(text.partition("@")[0], 60)
    return clip(text.replace("\\", "/").rpartition("/")[2], 60)


def metric_name(metric: str) -> str:
    """A metric as it is written in a sentence."""
    return _METRICS.get(metric, clip(metric.replace("_", " "), 40))


_RUNG = re.compile(r"(?P<kind>full|top-(?P<blocks>\d{1,3})(?P<gradual>-gradual)?)(?P<soup>\+soup)?")


def recipe_words(candidate: str, study: Mapping[str, Any]) -> str:
    """What the name of a built-in recipe stands for; empty for the user's own, and for names that speak for themselves."""
    name = candidate.partition("@")[0]
    rung = _RUNG.fullmatch(name)
    if rung is None or _own(name, study):
        return ""
    if rung["kind"] == "full":
        thawed = "the whole network thawed"
    else:
        thawed = "top block thawed" if rung["blocks"] == "1" else f"top {rung['blocks']} blocks thawed"
    parts = [thawed + (", one after the other" if rung["gradual"] else "")]
    return ", ".join([*parts, *(["mean of the seeds' weights"] if rung["soup"] else [])])


def _own(name: str, study: Mapping[str, Any]) -> bool:
    recipes = mapping(study.get("adapt")).get("recipes")
    return name.removesuffix("+soup") in {str(recipe.get("name")) for recipe in records(recipes)}


_NO_SPREAD = re.compile(r" \(between (\S+) and \1\)")
_KEYS = {
    form: _METRICS.get(key, key.replace("_", " "))
    for key in _METRICS
    for form in (key, key.replace("_", " "))
    if _METRICS[key] != form
}
_KEY = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, _KEYS), key=len, reverse=True))})(?= (?:is|[<>]=) )")


def statement_of(finding: Mapping[str, Any], length: int = 600) -> str:
    """What a finding says, as a sentence: metrics by their names, no interval that is a point."""
    text = _NO_SPREAD.sub("", str(finding.get("statement") or ""))
    return sentence(_KEY.sub(lambda found: _KEYS[found[0]], text), length)
