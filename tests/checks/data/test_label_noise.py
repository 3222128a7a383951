from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.checks.data.probing import desk, pictures, scenes, topic_texts, written
from touchstone.checks.data.label_noise import LabelNoise
from touchstone.checks.words import percent
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import Examples
from touchstone.dataset.probed import Probed
from touchstone.evaluate.held_out import held_out
from touchstone.evaluate.label_noise import flipped, turned


def of(train: Examples) -> Finding:
    (finding,) = LabelNoise().run(desk(train))
    return finding


def noisy(n: int, share: float, classes: int = 3, **more: Any) -> Examples:
    words, labels = topic_texts(n, classes, **more)
    return written(flipped(labels, classes, share, np.random.default_rng(1)), words)


# The weakest share that must trip is one label in ten.
@pytest.mark.parametrize(("share", "classes"), [(0.1, 3), (0.2, 3), (0.2, 2)])
def test_trips_on_flipped_labels_and_tells_about_how_many(share: float, classes: int) -> None:
    finding = of(noisy(1200, share, classes))
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MAJOR)
    assert finding.value == pytest.approx(share, abs=0.05)
    assert finding.interval is not None and finding.interval.low < share < finding.interval.high + 0.03


def test_the_suspects_are_mostly_the_flipped_ones() -> None:
    words, labels = topic_texts(900)
    dirty = flipped(labels, 3, 0.1, np.random.default_rng(1))
    finding = of(written(dirty, words))
    wrong = {f"t{i}" for i in np.flatnonzero(dirty != labels)}
    named = finding.details["examples"]
    assert len(named) >= 0.5 * len(wrong)
    assert sum(name in wrong for name in named) >= 0.9 * len(named)
    assert finding.details["kinds"][0].startswith("labelled c")


@pytest.mark.parametrize("more", [{}, {"ambiguous": 0.3}], ids=["clean", "ambiguous classes"])
def test_stays_silent_on_clean_labels(more: dict[str, float]) -> None:
    finding = of(noisy(1200, 0.0, **more))
    assert finding.status is Status.PASS, finding.statement
    assert "would have caught" in finding.details["sensitivity"][0]


def test_looks_at_pictures_too() -> None:
    labels = np.arange(400) % 3
    clean = pictures(scenes(labels), labels)
    assert of(clean).status is Status.PASS
    dirty = flipped(labels, 3, 0.2, np.random.default_rng(1))
    assert of(pictures(scenes(labels), dirty)).status is Status.FAIL


def test_is_inconclusive_on_too_few_examples() -> None:
    finding = of(noisy(20, 0.0))
    assert finding.status is Status.INCONCLUSIVE and finding.details["needed_more"] > 0


def test_the_order_of_examples_does_not_matter() -> None:
    train = noisy(600, 0.15)
    turned = train.take(np.random.default_rng(3).permutation(600))
    assert of(train).status == of(turned).status
    assert of(train).value == pytest.approx(of(turned).value, abs=0.04)


@pytest.mark.parametrize("share", [0.1, 0.15, 0.2])
def test_finds_them_among_four_hundred_texts_of_an_easy_task(share: float) -> None:
    """Where every case is plain, how often labels differ does not fall; which class is written instead tells."""
    findings = [
        of(written(flipped(labels, 3, share, np.random.default_rng(seed)), words))
        for seed in range(3)
        for words, labels in [topic_texts(400, seed=seed)]
    ]
    assert [one.status for one in findings] == [Status.FAIL] * 3, [one.statement for one in findings]


@pytest.mark.parametrize("seed", range(6))
def test_a_hundred_hard_pictures_are_not_accused(seed: int) -> None:
    """The probe guesses; whatever floor is fitted, no list of suspects bears it."""
    rng = np.random.default_rng(seed)
    labels = np.arange(98) % 3
    shown = np.where(rng.random(98) < 0.5, labels, rng.integers(0, 3, 98))
    finding = of(pictures(scenes(shown, seed=seed), labels))
    assert finding.status is not Status.FAIL, finding.statement


def test_a_poor_probe_accuses_nobody_and_says_so() -> None:
    check, told = LabelNoise(), {"probe_error": 0.4, "examples": list("abcdefghij")}
    assert "errs on 40" in check._weakness(0.2, told, 100, "text-classification")
    assert "too few to bear" in check._weakness(
        0.25, {"probe_error": 0.3, "examples": ["a", "b"]}, 100, "text-classification"
    )
    assert not check._weakness(0.2, {**told, "probe_error": 0.2}, 100, "text-classification")


def test_statement_and_interval_agree() -> None:
    finding = of(noisy(120, 0.07, ambiguous=0.3))
    assert finding.status is Status.INCONCLUSIVE and finding.interval is not None
    assert f"between {percent(finding.interval.low)} and {percent(finding.interval.high)}" in finding.statement


@pytest.mark.parametrize(("share", "classes"), [(0.3, 2), (0.3, 3), (0.4, 3)])
def test_stronger_noise_is_not_answered_more_mildly(share: float, classes: int) -> None:
    """The noise itself makes the probe err; where it explains most of the errors, that is no excuse."""
    finding = of(noisy(1200, share, classes))
    assert finding.status is Status.FAIL, finding.statement
    assert finding.value == pytest.approx(share, abs=0.05)
    assert len(finding.details["examples"]) >= 0.25 * share * 1200


def overlapping(n: int, classes: int, apart: float, seed: int) -> Finding:
    """Clean labels of normal clouds that overlap."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    centres = rng.normal(0, 1, (classes, 10))
    centres *= apart / np.linalg.norm(centres, axis=1, keepdims=True)
    return of_features(centres[labels] + rng.normal(0, 1, (n, 10)), labels, classes)


def of_features(features: Any, labels: Any, classes: int, task: str = "text-classification") -> Finding:
    examples = written(labels, [f"text {i}" for i in range(len(labels))])
    rows = np.asarray(features - features.mean(axis=0), dtype=np.float32)
    made = held_out(rows, examples.labels, classes)
    laid = SimpleNamespace(
        probed=Probed(examples, rows, made.probabilities, made.penalty_c, "simple features"),
        data=SimpleNamespace(classes=tuple("abcdefghij"[:classes])),
        study=SimpleNamespace(task=task),
        seed=0,
    )
    (finding,) = LabelNoise().run(laid)  # type: ignore[arg-type]
    return finding


@pytest.mark.parametrize("n", [100, 300, 800])
@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_clean_classes_that_overlap_are_not_accused(n: int, classes: int, seed: int) -> None:
    finding = overlapping(n, classes, 1.2, seed)
    assert finding.status is not Status.FAIL, finding.statement


def one_sided(share: float) -> tuple[Finding, Any]:
    """A share of the first of three classes of texts written as the second."""
    words, labels = topic_texts(900)
    rows = np.flatnonzero(labels == 0)
    dirty = turned(labels, 0, 1, round(share * len(rows)), np.random.default_rng(1))
    return of(written(dirty, words)), dirty != labels


@pytest.mark.parametrize("share", [0.2, 0.3, 0.4])
def test_trips_on_labels_changed_from_one_class_to_one_other(share: float) -> None:
    finding, wrong = one_sided(share)
    assert finding.status is Status.FAIL and finding.interval is not None, finding.statement
    assert finding.interval.low <= np.mean(wrong) <= finding.interval.high
    told = {f"t{i}" for i in np.flatnonzero(wrong)}
    named = finding.details["examples"][: len(told)]
    assert sum(name in told for name in named) >= 0.9 * len(told)
    assert finding.details["kinds"][0] == finding.details["most_confused"][0][0]


def test_few_labels_changed_one_way_do_not_pass() -> None:
    finding, _ = one_sided(0.15)
    assert finding.status is not Status.PASS, finding.statement


@pytest.mark.parametrize("kind", ["spread", "uneven", "part of a class near another"])
@pytest.mark.parametrize("seed", range(3))
def test_clean_classes_with_soft_or_skewed_borders_are_not_accused_of_changes_one_way(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, 600, p=rng.dirichlet(np.full(3, 3.0)) if kind == "uneven" else None)
    centres = rng.normal(0, 1, (3, 10))
    centres *= 3 / np.linalg.norm(centres, axis=1, keepdims=True)
    spread = rng.uniform(0.5, 2.0, 3) if kind == "spread" else np.ones(3)
    where = centres[labels]
    if kind.startswith("part"):
        where[(labels == 0) & (rng.random(600) < 0.3)] = 0.25 * centres[0] + 0.75 * centres[1]
    finding = of_features(where + spread[labels][:, None] * rng.normal(0, 1, (600, 10)), labels, 3)
    assert finding.status is not Status.FAIL, finding.statement


@pytest.mark.parametrize("task", ["text-classification", "tabular-classification"])
def test_a_table_of_outcomes_is_not_accused_of_changes_one_way(task: str) -> None:
    """An event that its features foretell in part leaves the trace of changed labels; a text has no such events."""
    rng = np.random.default_rng(0)
    labels = np.arange(900) % 2
    features = rng.normal(0, 1, (900, 10)) + 5.0 * np.eye(10)[0] * labels[:, None]
    finding = of_features(features, turned(labels, 0, 1, 130, rng), 2, task)
    assert (finding.status is Status.FAIL) is (task == "text-classification"), finding.statement
    assert finding.details["one_way"][:2] == ["a", "b"]


def test_a_pass_says_that_changes_one_way_would_have_shown() -> None:
    finding = of(noisy(900, 0.0))
    assert finding.status is Status.PASS, finding.statement
    assert "one class to one other" in finding.details["sensitivity"][1]
