import numpy as np
import torch

from tests.nn.learnable import QUIET, data
from tests.nn.tiny import shared
from touchstone.core.recipe import Recipe
from touchstone.nn.criterion import Criterion
from touchstone.nn.families import TEXT, head
from touchstone.nn.fold_head import fit_head, penultimate
from touchstone.nn.job import lay_out


def test_head_on_penultimate_features_is_the_whole_network(tmp_path):
    bench = lay_out(
        shared("bert"), Recipe("a", layers=1), data(TEXT), seed=0, head=None, cache=tmp_path, progress=QUIET
    )
    features = penultimate(bench.network, bench.train)
    with torch.inference_mode():
        whole = bench.network.forward(bench.train.batch(np.arange(4)))
        torch.testing.assert_close(head(bench.parts.model)(features[:4]), whole, rtol=1e-4, atol=1e-5)


def test_learns_what_can_be_learned_and_not_the_held_out_labels():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    signal = np.eye(3)[labels] * 4 + rng.normal(size=(300, 3))
    features = torch.tensor(np.hstack([signal, rng.normal(size=(300, 50))]), dtype=torch.float32)
    inside, out = np.arange(200), np.arange(200, 300)
    weight, bias = fit_head(features, labels, inside, out, 3, Criterion())
    right = ((features[out] @ weight.T + bias).argmax(1).numpy() == labels[out]).mean()
    assert right > 0.85
    shuffled = labels.copy()
    shuffled[out] = rng.permutation(shuffled[out])
    weight, bias = fit_head(features, shuffled, inside, out, 3, Criterion())
    assert ((features[out] @ weight.T + bias).argmax(1).numpy() == shuffled[out]).mean() < 0.55
