from typing import Any

import numpy as np
import pytest

from tests.checks.adapt.training import trace
from tests.checks.desk import Desk, changed, contest_desk, likely, only, rate
from touchstone.checks.adapt.overfitting import Overfitting
from touchstone.checks.gains import item_losses
from touchstone.core.finding import Severity, Status

CHECK = Overfitting()


def trained(one: Desk, rng: np.random.Generator, *, accuracy: float, m: int = 300) -> dict[str, Any]:
    labels = rng.integers(2, size=m)
    right = rng.random(m) < accuracy
    return {"train_probabilities": np.stack([likely(labels, right)] * 3), "train_labels": labels}


def desk(seed: int, *, n: int = 500, tuned: float = 0.9, probe: float = 0.84, train: float = 1.0, probe_train: float = 0.9,
         rise: float = 0.0, kept_best: bool = False, n_validation: int = 200) -> Desk:  # fmt: skip
    """A training whose validation loss ended ``rise`` (relative) above its best, and whose training accuracy is ``train``."""
    rng = np.random.default_rng(seed + 1000)
    one = contest_desk(n, {"linear-probe": probe, "tuned": tuned, "top-2": 0.86}, seed=seed, n_validation=n_validation)
    tuned_candidate = next(c for c in one.candidates if c.name == "tuned")
    own = item_losses(tuned_candidate.validation_probabilities, one.data.validation.labels)
    noise = 0.02 * rng.standard_normal(len(own))
    final = own * (1 + rise) + noise if kept_best else own
    best = own + noise / 10 if kept_best else own / (1 + rise) + (noise if rise else 0)
    made = trace(final_losses=final, best_losses=best, **trained(one, rng, accuracy=train))
    one = changed(one, "tuned", trace=made)
    return changed(one, "linear-probe", trace=trace(**trained(one, rng, accuracy=probe_train)))


def test_perfect_training_accuracy_with_a_better_test_score_is_no_fault() -> None:
    assert rate([desk(seed) for seed in range(30)], CHECK, Status.PASS) >= 0.95


# The weakest that must trip: 30 % above its best on 200 validation items.
@pytest.mark.parametrize("rise", [0.3, 1.0, 3.0])
def test_trips_where_training_went_on_past_its_best(rise: float) -> None:
    found = [desk(seed, rise=rise) for seed in range(20)]
    assert rate(found, CHECK, Status.FAIL) >= 0.95
    finding = only(list(CHECK.run(found[0])))
    assert finding.severity is Severity.MAJOR and "memorises" in finding.statement


def test_where_the_best_step_ships_going_on_is_no_fault() -> None:
    found = [desk(seed, rise=1.0, kept_best=True) for seed in range(20)]
    assert rate(found, CHECK, Status.PASS) >= 0.95
    assert "best step are kept" in only(list(CHECK.run(found[0]))).statement


# The weakest that must trip: a gap 17 points wider than the probe's on 500 items, no gain.
@pytest.mark.parametrize("tuned", [0.7, 0.76])
def test_trips_on_a_wide_gap_that_earned_nothing(tuned: float) -> None:
    assert (
        rate(
            [desk(seed, tuned=tuned, probe=0.84, train=1.0, probe_train=0.9) for seed in range(20)], CHECK, Status.FAIL
        )
        >= 0.95
    )


def test_a_wide_gap_that_earned_something_does_not_trip() -> None:
    assert (
        rate([desk(seed, tuned=0.9, probe=0.78, train=1.0, probe_train=0.78) for seed in range(20)], CHECK, Status.FAIL)
        == 0
    )


def test_without_the_probes_training_accuracy_it_errs_on_the_side_of_silence() -> None:
    one = changed(desk(0, tuned=0.84), "linear-probe", trace=None)
    assert only(list(CHECK.run(one))).status is not Status.FAIL


def test_is_inconclusive_without_any_evidence_and_on_tiny_data() -> None:
    bare = changed(desk(0), "tuned", trace=None)
    assert only(list(CHECK.run(bare))).status is Status.INCONCLUSIVE
    tiny = [only(list(CHECK.run(desk(seed, n=25, n_validation=10, tuned=0.84)))) for seed in range(10)]
    assert all(one.status is not Status.FAIL for one in tiny)
    assert sum(one.status is Status.INCONCLUSIVE for one in tiny) >= 5


def test_a_model_that_does_not_even_fit_its_training_examples_does_not_memorise() -> None:
    finding = only(list(CHECK.run(desk(0, rise=2.0, tuned=0.3, train=0.2))))
    assert finding.status is Status.PASS and "something else" in finding.statement


def test_a_rise_of_next_to_nothing_above_a_tiny_loss_is_no_fault() -> None:
    one = desk(0)
    tuned = next(c for c in one.candidates if c.name == "tuned")
    sure = np.stack([likely(one.data.validation.labels, np.ones(200), confidence=0.999)] * 3)
    own = item_losses(sure, one.data.validation.labels)
    assert tuned.trace is not None
    made = trace(
        final_losses=own,
        best_losses=own / 3,
        train_probabilities=tuned.trace.train_probabilities,
        train_labels=tuned.trace.train_labels,
    )
    one = changed(changed(one, "tuned", trace=made), "tuned", validation_probabilities=sure)
    assert only(list(CHECK.run(one))).status is Status.PASS


def sure_of_itself(seed: int, *, n: int = 600, tuned: float = 0.84, confidence: float = 0.999) -> Desk:
    """100 epochs on a tiny set: training is known by heart, and new examples are answered with full confidence."""
    rng = np.random.default_rng(seed + 77)
    one = desk(seed, n=n, tuned=tuned, probe=0.86, probe_train=0.97, n_validation=30)
    labels = one.opened["test"]
    subject = next(c.subject for c in one.candidates if c.name == "tuned")
    right = one.predictions[subject, "test"].argmax(2) == labels
    new = np.stack([likely(labels, row, confidence=confidence) for row in right])
    heart = rng.integers(2, size=90)
    made = trace(
        train_probabilities=np.stack([likely(heart, np.ones(90), confidence=confidence)] * 3), train_labels=heart
    )
    return changed(one.with_(predictions={**one.predictions, (subject, "test"): new}), "tuned", trace=made)


# The weakest that must trip: 600 test items, as accurate as the probe, sure to one in a thousand.
def test_trips_on_a_tiny_set_known_by_heart_though_accuracy_stands() -> None:
    found = [sure_of_itself(seed) for seed in range(15)]
    assert rate(found, CHECK, Status.FAIL) >= 0.95
    assert "sure of its training examples" in only(list(CHECK.run(found[0]))).statement


def test_a_sure_model_that_earned_it_does_not_trip() -> None:
    assert rate([sure_of_itself(seed, tuned=0.95) for seed in range(10)], CHECK, Status.FAIL) == 0


def test_an_ordinary_confidence_does_not_trip() -> None:
    assert rate([sure_of_itself(seed, confidence=0.93) for seed in range(20)], CHECK, Status.FAIL) == 0


def stretched(seed: int, times: float = 20.0) -> Desk:
    """A head whose weights were multiplied: as right as before in training and out of it, and far too sure."""
    rng = np.random.default_rng(seed + 5)
    one = desk(seed, n=500, tuned=0.95, probe=0.95, train=0.99, probe_train=0.99)
    tuned = next(c for c in one.candidates if c.name == "tuned")
    assert tuned.trace is not None and tuned.trace.train_labels is not None

    def spread(labels: Any, right: Any) -> Any:
        sure = likely(
            labels,
            right,
            confidence=np.clip(np.where(right, 0.93, 0.75) + 0.04 * rng.standard_normal(len(labels)), 0.55, 0.999),
        )
        logits = times * np.log(sure)
        powered = np.exp(logits - logits.max(1, keepdims=True))
        return powered / powered.sum(1, keepdims=True)

    labels, heart = one.opened["test"], tuned.trace.train_labels
    new = np.stack([spread(labels, row) for row in one.predictions[tuned.subject, "test"].argmax(2) == labels])
    known = np.stack([spread(heart, row) for row in tuned.trace.train_probabilities.argmax(2) == heart])
    made = trace(train_probabilities=known, train_labels=heart)
    return changed(one.with_(predictions={**one.predictions, (tuned.subject, "test"): new}), "tuned", trace=made)


def test_over_confidence_alone_is_no_memorising() -> None:
    assert rate([stretched(seed) for seed in range(20)], CHECK, Status.FAIL) == 0


def known_by_heart(
    seed: int, *, m: int = 73, tuned: float = 0.79, probe: float = 0.77, probe_train: float = 0.85
) -> Desk:
    """A brought model that knows every training example, wrong labels among them; the probe gave those up."""
    rng = np.random.default_rng(seed + 9)
    one = desk(seed, n=300, tuned=tuned, probe=probe)
    labels = rng.integers(2, size=m)
    given_up = np.arange(m) < round(m * probe_train)
    own = trace(train_probabilities=np.stack([likely(labels, np.ones(m), confidence=0.95)] * 3), train_labels=labels)
    probes = trace(train_probabilities=likely(labels, given_up)[None], train_labels=labels)
    return changed(changed(one, "tuned", trace=own), "linear-probe", trace=probes)


# The weakest that must not pass: 73 training examples, of which the probe gives up 15 %.
def test_labels_known_by_heart_never_pass_and_trip_where_it_is_certain() -> None:
    found = [only(list(CHECK.run(known_by_heart(seed)))) for seed in range(20)]
    wide = [one for one in found if (one.value or 0.0) >= 0.1 and "it gains over the frozen probe" not in one.statement]
    assert wide and all(one.status in (Status.FAIL, Status.INCONCLUSIVE) for one in wide)
    many = [only(list(CHECK.run(known_by_heart(seed, m=300, tuned=0.77)))) for seed in range(20)]
    assert np.mean([one.status is Status.FAIL for one in many]) >= 0.9


def test_examples_known_by_heart_are_a_fault_only_where_new_ones_cost_more_than_the_probe() -> None:
    """A network that knows its hard training examples, and is on new ones as good and as sure as the probe, is usual."""
    usual = [known_by_heart(seed, m=100, tuned=0.80, probe=0.81, probe_train=0.87) for seed in range(20)]
    assert rate(usual, CHECK, Status.FAIL) == 0
    assert "it knows" in " ".join(only(list(CHECK.run(surer(one)))).statement for one in usual)


def surer(one: Desk) -> Desk:
    """The same answers on new examples, all given with confidence."""
    labels = one.opened["test"]
    subject = next(c.subject for c in one.candidates if c.name == "tuned")
    right = one.predictions[subject, "test"].argmax(2) == labels
    sure = np.stack([likely(labels, row, confidence=0.97) for row in right])
    return one.with_(predictions={**one.predictions, (subject, "test"): sure})


def test_better_features_that_fit_hard_examples_in_and_out_of_training_do_not_trip() -> None:
    found = [known_by_heart(seed, tuned=0.97, probe=0.77, probe_train=0.77) for seed in range(10)]
    assert rate(found, CHECK, Status.FAIL) == 0


def test_a_wide_gap_on_few_examples_is_inconclusive() -> None:
    found = [only(list(CHECK.run(known_by_heart(seed, m=20, tuned=0.75)))) for seed in range(10)]
    assert all(one.status is not Status.PASS for one in found if (one.value or 0.0) >= 0.1)
    assert any(one.status is Status.INCONCLUSIVE and "nothing is shown to be gained" in one.statement for one in found)
