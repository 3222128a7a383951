from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from touchstone.linear.cross_fit import Settings, balanced_log_loss, class_weights, cross_fit
from touchstone.linear.folds import folds
from touchstone.linear.rotation import fit_rotation
from touchstone.linear.screen import screen
from touchstone.linear.softmax import fit_path, fit_softmax, log_losses


def _task(n: int, d: int, k: int, seed: int = 0, spread: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    x = rng.standard_normal((k, d))[labels] + spread * rng.standard_normal((n, d))
    return (x * rng.lognormal(0, 1, d) + 3.0).astype(np.float32), labels


@pytest.mark.parametrize("penalty_c", [0.01, 1.0])
def test_agrees_with_scikit_learn_after_rotation(penalty_c: float) -> None:
    x, y = _task(300, 20, 4)
    rotation = fit_rotation(x)
    standard = (x - rotation.mean) / rotation.scale
    own = fit_softmax(rotation.apply(x), y, 4, penalty_c=penalty_c, spectrum=rotation.spectrum, tolerance=1e-7)
    theirs = LogisticRegression(C=penalty_c, tol=1e-8, max_iter=2000).fit(standard, y)
    assert own.probabilities(rotation.apply(x)) == pytest.approx(theirs.predict_proba(standard), abs=2e-3)


def test_sparse_and_dense_agree() -> None:
    x, y = _task(100, 15, 3)
    x = np.where(x > 3, x - 3, 0).astype(np.float32)
    dense = fit_softmax(x, y, 3, penalty_c=0.1, tolerance=1e-7)
    sparse = fit_softmax(csr_matrix(x), y, 3, penalty_c=0.1, tolerance=1e-7)
    assert sparse.probabilities(csr_matrix(x)) == pytest.approx(dense.probabilities(x), abs=1e-3)


def test_a_path_ends_where_single_fits_end() -> None:
    x, y = _task(200, 10, 3)
    rotation = fit_rotation(x)
    options = {"spectrum": rotation.spectrum, "tolerance": 1e-7}
    last = fit_path(rotation.apply(x), y, 3, penalties=(0.01, 0.1, 1.0), **options)[-1]
    alone = fit_softmax(rotation.apply(x), y, 3, penalty_c=1.0, **options)
    assert last.weights == pytest.approx(alone.weights, abs=2e-2)


def test_a_class_without_examples_is_improbable_and_finite() -> None:
    x, y = _task(60, 5, 2)
    p = fit_softmax(x / 10, y, 3, penalty_c=1.0).probabilities(x / 10)
    assert np.isfinite(p).all() and p[:, 2].max() < 0.01


@pytest.mark.parametrize(("n", "d"), [(200, 30), (40, 300), (2500, 1700)])
def test_a_rotation_keeps_distances_or_most_of_the_variance(n: int, d: int) -> None:
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((n, 12)) @ rng.standard_normal((12, d)) + 5).astype(np.float32)
    rotation = fit_rotation(x, rank=64)
    turned, standard = rotation.apply(x), (x - rotation.mean) / rotation.scale
    assert turned.shape[1] <= 64
    assert (turned**2).sum() == pytest.approx((standard**2).sum(), rel=1e-3)
    assert turned.var(0) == pytest.approx(rotation.spectrum, rel=1e-2, abs=1e-3 * rotation.spectrum[0])


def test_unfolded_weights_act_on_raw_features() -> None:
    x, y = _task(120, 8, 3)
    x[:, 3] = 7.0  # a unit that never fires must not divide by zero
    rotation = fit_rotation(x)
    classifier = fit_softmax(rotation.apply(x), y, 3, penalty_c=1.0, spectrum=rotation.spectrum)
    weight, bias = rotation.unfold(classifier.weights, classifier.bias)
    assert weight.shape == (3, 8)
    assert x @ weight.T + bias == pytest.approx(classifier.logits(rotation.apply(x)), abs=1e-3)


def test_held_out_predictions_know_nothing_of_random_labels() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((200, 60)).astype(np.float32), rng.integers(0, 4, 200)
    rotation = fit_rotation(x)
    fitted = cross_fit(rotation.apply(x), y, folds(y, repeats=2), None, Settings(4, rotation.spectrum))
    assert (fitted.probabilities.argmax(2) == y).mean() < 0.35
    assert log_losses(fitted.probabilities[0], y).mean() < np.log(4) + 0.05


def test_class_weights_lift_the_rare_class() -> None:
    rng = np.random.default_rng(3)
    y = (rng.random(600) < 0.06).astype(int)
    x = (y[:, None] * 1.2 + rng.standard_normal((600, 4))).astype(np.float32)
    rotation = fit_rotation(x)
    plain, weighted = (
        cross_fit(rotation.apply(x), y, folds(y), None, Settings(2, rotation.spectrum, flag)).probabilities[0]
        for flag in (False, True)
    )
    assert balanced_log_loss(weighted, y) < balanced_log_loss(plain, y)
    assert class_weights(y, 2).mean() == pytest.approx(1.0)


def test_the_screen_orders_blocks_as_they_separate() -> None:
    held = folds(_task(300, 40, 3)[1])[0]
    scores = []
    for spread in (1.0, 4.0, 12.0):
        x, y = _task(300, 40, 3, spread=spread)
        scores.append(screen(x, y, 3, held).mean())
    assert scores[0] > scores[1] > scores[2]
