from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse import random as sparse_random

from touchstone.linear.ridge import fit_ridge, ridge_classifier


def words(n: int = 120, classes: int = 6, seed: int = 0) -> tuple[csr_matrix, np.ndarray]:
    """Sparse rows of which some columns go with the class."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    rows = sparse_random(n, 300, 0.05, random_state=seed, format="lil")
    for i, label in enumerate(labels):
        rows[i, 3 * label + rng.integers(0, 3)] = 2.0
    return csr_matrix(rows), labels


@pytest.mark.parametrize("grouped", [False, True])
def test_the_closed_form_is_what_leaving_out_and_fitting_again_gives(grouped: bool) -> None:
    rows, labels = words(60)
    groups = np.arange(60) // 3 if grouped else np.arange(60)
    made = fit_ridge(rows, labels, 6, groups if grouped else None, penalties=(1.0,))
    dense, prior = rows.toarray(), np.bincount(labels, minlength=6) / 60
    scale = (dense**2).sum(axis=1).mean()
    for group in range(0, groups.max() + 1, 7):
        rest, gone = groups != group, groups == group
        gram = dense[rest] @ dense[rest].T + scale * np.eye(int(rest.sum()))
        wanted = np.eye(6)[labels[rest]] - prior
        expected = dense[gone] @ dense[rest].T @ np.linalg.solve(gram, wanted) + prior
        assert made.scores[gone] == pytest.approx(expected, abs=1e-9)


def test_names_most_items_rightly_and_says_so_with_rows_that_sum_to_one() -> None:
    rows, labels = words(400, 25)
    made = fit_ridge(rows, labels, 25)
    assert (made.probabilities.argmax(1) == labels).mean() > 0.8
    assert made.probabilities.sum(axis=1) == pytest.approx(np.ones(400), abs=1e-5)
    assert abs(made.probabilities.max(1).mean() - (made.probabilities.argmax(1) == labels).mean()) < 0.15


def test_the_classifier_predicts_others() -> None:
    rows, labels = words(500, 25)
    made = fit_ridge(rows[:400], labels[:400], 25)
    classifier = ridge_classifier(rows[:400], labels[:400], 25, made.penalty, made.sharpness)
    assert (classifier.probabilities(rows[400:]).argmax(1) == labels[400:]).mean() > 0.8
