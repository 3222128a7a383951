import numpy as np
import pytest

from tests.nn.learnable import CLASSES, QUIET, data, tune
from tests.nn.tiny import shared
from touchstone.core.recipe import Recipe
from touchstone.nn import soup
from touchstone.nn.families import IMAGE, classifier, head
from touchstone.nn.train import predict
from touchstone.nn.tuned import read, read_weights

TOP = Recipe("top", layers=1, learning_rate=3e-3, epochs=3, batch_size=8, user=True)


class Start:
    def __init__(self, base):
        rng = np.random.default_rng(0)
        self.weight = rng.normal(size=head(classifier(base, CLASSES)).weight.shape)
        self.bias = np.zeros(2)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder, base, given = tmp_path_factory.mktemp("soup"), shared("vit"), data(IMAGE)
    return base, given, folder / "cache", [tune(base, folder, TOP, given, seed=seed) for seed in (0, 1)]


def test_interpolation_ends_at_base_and_result(trained):
    base, given, cache, tuned = trained
    start = Start(base)
    mixtures = soup.interpolate(base, tuned[0], start, given.validation, cache=cache, progress=QUIET)
    assert [mixture.alpha for mixture in mixtures] == list(soup.ALPHAS)
    np.testing.assert_allclose(mixtures[-1].validation_probabilities, tuned[0].validation_probabilities, atol=1e-6)
    weight = next(value for name, value in mixtures[0].weights.items() if name.endswith("classifier.weight"))
    np.testing.assert_allclose(weight.numpy(), start.weight, rtol=1e-5)


def test_soup_is_the_mean_of_the_seeds(trained):
    base, given, cache, tuned = trained
    mixture = soup.seed_soup(base, tuned, given.validation, cache=cache, progress=QUIET)
    each = [read_weights(one.folder) for one in tuned]
    for name, value in mixture.weights.items():
        np.testing.assert_allclose(
            value.numpy(), (each[0][name].numpy() + each[1][name].numpy()) / 2, rtol=1e-4, atol=1e-6
        )


def test_a_kept_mixture_predicts_what_was_measured(trained, tmp_path):
    base, given, cache, tuned = trained
    mixture = soup.seed_soup(base, tuned, given.validation, cache=cache, progress=QUIET)
    kept = soup.keep(mixture, tuned[0], given.validation.labels, tmp_path / "soup", shipped="soup of 2 seeds")
    said = predict(base, kept.folder, given.validation, cache=cache, progress=QUIET)
    np.testing.assert_allclose(said, mixture.validation_probabilities, atol=1e-6)
    assert read(kept.folder).shipped == "soup of 2 seeds"


def test_chooses_the_trained_weights_unless_validation_speaks_against_them():
    labels = np.zeros(40, np.int64)
    noise = np.random.default_rng(0).uniform(-0.01, 0.01, 40)

    def says(right):
        return np.column_stack([right + noise, 1 - right - noise])

    def mixtures(half, whole):
        return [soup.Mixture(alpha, {}, says(p)) for alpha, p in ((0.0, 0.5), (0.5, half), (1.0, whole))]

    assert soup.best_alpha(mixtures(0.8, 0.8), labels).alpha == 1.0
    assert soup.best_alpha(mixtures(0.8, 0.6), labels).alpha == 0.5


def test_ships_the_median_seed_and_never_the_best():
    labels = np.zeros(10, np.int64)
    seeds = np.stack([np.column_stack([np.full(10, p), np.full(10, 1 - p)]) for p in (0.9, 0.6, 0.7)])
    assert soup.median_seed(seeds, labels) == 2
    assert soup.ships_soup(seeds[0], seeds[2], labels) and not soup.ships_soup(seeds[1], seeds[2], labels)
