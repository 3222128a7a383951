import numpy as np
import pytest
import torch

from tests.nn.learnable import QUIET, data
from tests.nn.tiny import shared
from touchstone.core.recipe import Recipe
from touchstone.nn.evaluation import WORST_LOSS, evaluate, logits, probabilities, softened
from touchstone.nn.families import TEXT
from touchstone.nn.job import lay_out
from touchstone.nn.source import Chained


def _bench(folder):
    return lay_out(shared("bert"), Recipe("a", layers=1), data(TEXT), seed=0, head=None, cache=folder, progress=QUIET)


def test_batch_size_and_order_do_not_change_what_is_said(tmp_path):
    bench = _bench(tmp_path)
    one = logits(bench.network, bench.train, batch_size=3)
    torch.testing.assert_close(one, logits(bench.network, bench.train), rtol=1e-4, atol=1e-5)
    rows = np.array([9, 2, 5])
    torch.testing.assert_close(logits(bench.network, bench.train, rows=rows), one[rows], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "roberta", "mpnet", "modernbert", "vit", "mobilenet_v2"])
def test_sources_looked_at_together_say_what_they_say_apart(tmp_path, family):
    base = shared(family)
    given, recipe = data(base.task), Recipe("a", layers=1, augment="none")
    bench = lay_out(base, recipe, given, seed=0, head=None, cache=tmp_path, progress=QUIET)
    apart = [logits(bench.network, source, batch_size=5) for source in (bench.train, bench.validation.source)]
    chained = Chained(bench.train, bench.validation.source)
    together = logits(bench.network, chained, batch_size=5)
    torch.testing.assert_close(together, torch.cat(apart), rtol=1e-4, atol=1e-5)


def test_losses_are_those_of_the_probabilities(tmp_path):
    bench = _bench(tmp_path)
    shares = probabilities(bench.network, bench.validation.source)
    found = evaluate(bench.network, bench.validation, bench.criterion)
    labels = bench.validation.labels
    np.testing.assert_allclose(found.losses, -np.log(shares[np.arange(len(labels)), labels]), rtol=1e-4)
    assert found.accuracy == (shares.argmax(1) == labels).mean()


def test_a_wrecked_model_says_nothing_rather_than_no_number(tmp_path):
    assert softened(torch.tensor([[float("nan"), 1.0], [0.0, 0.0]])).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    bench = _bench(tmp_path)
    with torch.no_grad():
        for parameter in bench.network.weights.values():
            parameter.fill_(float("nan"))
    assert evaluate(bench.network, bench.validation, bench.criterion).loss == WORST_LOSS
