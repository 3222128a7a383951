"""A desk for checks, filled from plain arrays: what a run would lay there, without the run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.supply.small_models import CARD, COMMIT, known_text, write_model
from tests.supply.small_models import vetted as vetted_model
from touchstone.checks.context import CROSS_FITTED, Context, Need
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import BaseScore, Candidate, Cost, Effort, Latency, Stage
from touchstone.core.recipe import Recipe
from touchstone.core.signoff import SignOff
from touchstone.dataset.duplicates import Near
from touchstone.dataset.inputs import Texts
from touchstone.dataset.model import Assignment, Dataset, Examples
from touchstone.study.model import Adapt, BaseModel, Columns, Data, Requirement, Source, Study
from touchstone.supply.vetted import Vetted

BASE = "models/base"
EVERYTHING = frozenset(Need)


@dataclass
class Desk:
    """Implements :class:`touchstone.checks.context.Context` from plain arrays."""

    study: Study
    data: Dataset
    seed: int = 0
    bases: Sequence[BaseScore] = ()
    raw_reference_items: Any = None
    candidates: Sequence[Candidate] = ()
    chosen_subject: str | None = None
    predictions: dict[tuple[str, str], Any] = field(default_factory=dict)
    """(subject, split) -> (seeds, n, classes)."""
    shipping: dict[tuple[str, str], Any] = field(default_factory=dict)
    """(subject, split) -> (n, classes); the first seed's where not given."""
    opened: dict[str, Any] = field(default_factory=dict)
    latency: Latency | None = None
    openings: int = 1
    openings_changed_model: bool = False
    stages: Sequence[Stage] = ()
    energy: Mapping[str, Any] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    vetted: Sequence[Vetted] = ()
    sign_off: SignOff = field(default_factory=SignOff)
    prober: Any = None
    """A :class:`touchstone.pipeline.probing.Prober`; without one nothing was probed."""

    @property
    def probed(self) -> Any:
        return None if self.prober is None else self.prober.probed()

    def features(self, examples: Examples) -> Any:
        return self.prober.features(examples)

    @property
    def chosen(self) -> Candidate | None:
        return next((one for one in self.candidates if one.subject == self.chosen_subject), None)

    @property
    def judged(self) -> Sequence[Candidate]:
        chosen = self.chosen
        return [*([chosen] if chosen else []), *(one for one in self.candidates if one.user and one is not chosen)]

    def reference(self, name: str) -> Candidate | None:
        return next((one for one in self.candidates if one.kind == "reference" and one.name == name), None)

    def probabilities(self, candidate: Candidate, split: str) -> Any:
        return self.predictions[candidate.subject, split]

    def is_cross_fitted(self, candidate: Candidate) -> bool:
        return (candidate.subject, CROSS_FITTED) in self.predictions

    def shipped(self, candidate: Candidate, split: str) -> Any:
        key = (candidate.subject, split)
        return self.shipping[key] if key in self.shipping else self.predictions[key][0]

    def labels(self, split: str) -> Any:
        if split == CROSS_FITTED:
            return np.concatenate([self.data.train.labels, self.opened["test"]])
        fixed = {"train": self.data.train.labels, "validation": self.data.validation.labels}
        return fixed[split] if split in fixed else self.opened[split]

    def groups(self, split: str) -> Any:
        if split == CROSS_FITTED:
            return None
        groups = self._examples(split).groups
        return None if groups is None else np.unique(np.array(groups), return_inverse=True)[1]

    def columns(self, split: str) -> Mapping[str, Sequence[str]]:
        columns = self._examples(split).columns
        return {name: columns[name] for name in self.study.data.slices if name in columns}

    def _examples(self, split: str) -> Examples:
        fixed = {"train": self.data.train, "validation": self.data.validation, "test": self.data.test}
        return fixed[split] if split in fixed else self.data.shift[split]

    def with_(self, **changes: Any) -> Desk:
        return replace(self, **changes)


def _is_a_context(desk: Desk) -> Context:
    return desk  # the type checker proves that a desk is one


def texts(labels: Any, prefix: str = "t", words: Sequence[str] | None = None, **more: Any) -> Examples:
    """Examples whose texts all differ, unless given."""
    labels = np.asarray(labels, dtype=np.int64)
    inputs = (
        words
        if words is not None
        else [f"{prefix} {i} {i * 7919 % 104729} alpha{i} beta{i * 31}" for i in range(len(labels))]
    )
    from touchstone.dataset.wording import digest

    names = more.pop("names", tuple(f"{prefix}{i}" for i in range(len(labels))))
    return Examples("text-classification", tuple(names), Texts(inputs), labels, tuple(map(digest, inputs)), **more)


def dataset(
    train: Examples,
    test: Examples,
    validation: Examples | None = None,
    *,
    classes: int = 2,
    given: bool = False,
    shift: Mapping[str, Examples] | None = None,
    **more: Any,
) -> Dataset:
    """A dataset of these splits; ``given`` says that they came so, else validation and test count as made here."""
    validation = validation if validation is not None else texts([], "v")
    lines = tuple(
        Assignment(name, split if given else "train", split, "as in the test")
        for split, examples in (("train", train), ("validation", validation), ("test", test)) for name in examples.names
    )  # fmt: skip
    as_given = {"train": train, "test": test.without_labels(), **(shift or {})} if given else {"train": train}
    if given and len(validation):
        as_given["validation"] = validation
    made = (
        frozenset()
        if given and len(validation)
        else frozenset({"validation"})
        if given
        else frozenset({"validation", "test"})
    )
    fields: dict[str, Any] = {
        "task": train.task, "classes": tuple(f"c{k}" for k in range(classes)), "train": train, "validation": validation,
        "test": test.without_labels(), "shift": {n: s.without_labels() for n, s in (shift or {}).items()}, "unlabelled": None,
        "seal": None, "assignments": lines, "unreadable": (), "given": as_given, "n_read": len(train) + len(test), "made_here": made,
    }  # fmt: skip
    return Dataset(**{**fields, **more})


def study(*require: Requirement, **more: Any) -> Study:
    data = more.pop("data", None) or Data(
        Source(Path("train.csv")), columns=more.pop("columns", Columns()), slices=more.pop("slices", ()),
        test_openings=more.pop("test_openings", 3),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "name": "s", "task": "text-classification", "data": data, "base_models": (BaseModel(BASE),), "require": require,
        "adapt": Adapt(),
    }  # fmt: skip
    return Study(**{**fields, **more})


def likely(labels: Any, right: Any, classes: int = 2, confidence: Any = 0.9) -> Any:
    """Probabilities (n, K) of a model that is right where ``right`` says so, at this confidence."""
    labels, right = np.asarray(labels), np.asarray(right, dtype=bool)
    guess = np.where(right, labels, (labels + 1) % classes)
    sure = np.broadcast_to(np.asarray(confidence, dtype=np.float64), labels.shape)
    table = np.repeat(((1 - sure) / (classes - 1))[:, None], classes, axis=1)
    table[np.arange(len(labels)), guess] = sure
    return table


def answers(
    rng: np.random.Generator,
    labels: Any,
    accuracy: float,
    *,
    classes: int = 2,
    seeds: int = 3,
    difficulty: Any = None,
    wobble: float = 0.1,
    confidence: float = 0.9,
) -> Any:
    """(seeds, n, K): seeds agree on most items, because an item's difficulty is shared; ``wobble`` is where they do not."""
    n = len(labels)
    difficulty = rng.random(n) if difficulty is None else difficulty
    found = []
    for _ in range(seeds):
        own = np.where(rng.random(n) < wobble, rng.random(n), difficulty)
        found.append(likely(labels, own < accuracy, classes, confidence))
    return np.stack(found)


EFFORT = Effort(3, 1000, 1.0, "validation")


def candidate(
    name: str, *, kind: str = "adapted", seeds: int = 3, user: bool = False, validation: Any = None, **more: Any
) -> Candidate:
    """A candidate; adapted ones stand on :data:`BASE` with a recipe that thaws all."""
    adapted = kind == "adapted"
    deterministic = more.pop("deterministic", name in ("majority", "non-transfer", "linear-probe"))
    fields: dict[str, Any] = {
        "name": name, "subject": f"{name}@{BASE}" if adapted else name, "kind": kind, "base": BASE if adapted or name == "linear-probe" else None,
        "seeds": (0,) if deterministic else tuple(range(seeds)), "deterministic": deterministic, "effort": EFFORT, "cost": Cost(seconds=10.0),
        "validation_probabilities": validation if validation is not None else np.zeros((seeds, 0, 2)),
        "recipe": Recipe(name, learning_rate=1e-4) if adapted else None, "user": user,
    }  # fmt: skip
    return Candidate(**{**fields, **more})


def reference(name: str, **more: Any) -> Candidate:
    return candidate(name, kind="reference", **more)


def base_score(
    base: str, items: Any, *, rank: int = 1, chosen: bool = False, twin: Any = None, **more: Any
) -> BaseScore:
    from touchstone.core.interval import Estimate, Interval

    mean = float(np.mean(items))
    fields: dict[str, Any] = {
        "base": base, "rank": rank, "accuracy": Estimate(mean, Interval(mean - 0.03, mean + 0.03), n=len(items)), "log_loss": 0.5,
        "knn_accuracy": mean, "h_score": 1.0, "best_block": "top", "block_accuracies": {"top": mean}, "items": items, "twin_items": twin,
        "deficit": None, "tied": False, "probability_best": 0.5, "seconds_per_example": 0.01, "chosen": chosen,
    }  # fmt: skip
    return BaseScore(**{**fields, **more})


def contest_desk(
    n: int,
    scores: Mapping[str, float],
    *,
    seed: int = 0,
    classes: int = 2,
    n_validation: int = 100,
    seeds: int = 3,
    wobble: float = 0.06,
    require: Sequence[Requirement] = (Requirement("accuracy", minimum=0.3),),
    users: Sequence[str] = (),
    n_train: int = 300,
    cross_fitted: Sequence[str] = (),
    **study_more: Any,
) -> Desk:
    """A desk on which models of these true accuracies were compared; "tuned" is chosen, ``users`` are recipes of the user's.

    References are named majority, non-transfer, scratch and linear-probe; every other name is an adapted candidate.
    The requirement makes accuracy the primary metric, which is quicker than macro F1. Those named ``cross_fitted`` also
    predict the training examples, as well as the test set.
    """
    rng = np.random.default_rng(seed)
    labels = {
        name: rng.integers(classes, size=size)
        for name, size in (("train", n_train), ("validation", n_validation), ("test", n))
    }
    labels[CROSS_FITTED] = np.concatenate([labels["train"], labels["test"]])
    splits = ("validation", "test", *([CROSS_FITTED] if cross_fitted else []))
    data = dataset(
        texts(labels["train"], "a"), texts(labels["test"], "t"), texts(labels["validation"], "v"), classes=classes
    )
    difficulty = {split: rng.random(len(labels[split])) for split in splits}
    candidates, predictions = [], {}
    for name, accuracy in scores.items():
        fixed = name in ("majority", "non-transfer", "linear-probe")
        several = 1 if fixed else seeds
        made = {
            split: answers(rng, labels[split], accuracy, classes=classes, seeds=several, difficulty=difficulty[split], wobble=wobble)
            for split in ("validation", "test", *([CROSS_FITTED] if name in cross_fitted else []))
        }  # fmt: skip
        kind = "reference" if fixed or name == "scratch" else "adapted"
        one = candidate(name, kind=kind, seeds=several, user=name in users, validation=made["validation"])
        candidates.append(one)
        predictions |= {(one.subject, split): made[split] for split in made if split != "validation"}
    chosen = next((one.subject for one in candidates if one.name == "tuned"), None)
    return Desk(
        study(*require, **study_more), data, candidates=candidates, chosen_subject=chosen, predictions=predictions,
        opened={"test": labels["test"]}, vetted=[trusted_base()],
    )  # fmt: skip


@cache
def trusted_base() -> Vetted:
    """A base model with which nothing is wrong: data alone, a source, a licence, a card."""
    with tempfile.TemporaryDirectory() as folder:
        model = write_model(Path(folder) / "base", card=CARD, license=known_text("Apache-2.0"))
        seen = vetted_model(model, Path(folder) / "home", source="acme/tools", revision=COMMIT)
    return replace(seen, written=BASE)


def changed(desk: Desk, name: str, **fields: Any) -> Desk:
    """The desk with one candidate changed."""
    return desk.with_(candidates=[replace(one, **fields) if one.name == name else one for one in desk.candidates])


def only(findings: Sequence[Finding]) -> Finding:
    """The single finding, which must say something a person can read."""
    (finding,) = findings
    readable(finding)
    return finding


def readable(finding: Finding) -> None:
    """What every finding owes its reader (contract 5)."""
    assert finding.statement[0].isupper() or not finding.statement[0].isalpha(), finding.statement
    assert finding.statement.endswith("."), finding.statement
    assert "nan" not in finding.statement.lower().split() and "  " not in finding.statement, finding.statement
    if finding.status in (Status.FAIL, Status.INCONCLUSIVE):
        assert finding.remedy, finding.statement
    if finding.value is not None and finding.interval is None:
        assert finding.details.get("no_interval"), finding
    assert isinstance(finding.severity, Severity)


def rate(desks: Any, check: Any, status: Status, subject: str | None = None) -> float:
    """Share of desks on which the check's finding (on the subject) has this status."""
    hits = []
    for desk in desks:
        found = [one for one in check.run(desk) if subject is None or one.subject == subject]
        for one in found:
            readable(one)
        hits.append(any(one.status is status for one in found))
    return float(np.mean(hits))


def near(a: str, b: str, score: float = 0.95) -> Near:
    from touchstone.dataset.wording import digest

    first, second = sorted((digest(a), digest(b)))
    return Near(first, second, "near", score)
