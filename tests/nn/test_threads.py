import numpy as np
import torch

from tests.nn.learnable import QUIET
from tests.nn.tiny import examples, shared
from touchstone.nn.assembly import Cut, place, shelf
from touchstone.nn.families import classifier
from touchstone.nn.network import make_network
from touchstone.nn.threads import SMALL, operations, suited


def _laid_out(tmp_path):
    base = shared("resnet")
    model = place(classifier(base, ("a", "b")))
    parts = Cut(model, 0, None)
    source = shelf(base, tmp_path).source(
        parts, examples(base.task, 12, seed=0), augment=None, names="none", progress=QUIET, title="x"
    )
    return make_network(model, parts.forward, 0, half=False), source


def test_the_work_of_a_batch_grows_with_it_and_not_beyond_the_data(tmp_path):
    network, source = _laid_out(tmp_path)
    one, four, many = (operations(network, source, size) for size in (1, 4, 1000))
    assert 0 < one < SMALL
    assert (four, many) == (4 * one, 12 * one)


def test_a_small_training_uses_one_thread_and_leaves_everything_as_it_was(tmp_path):
    network, source = _laid_out(tmp_path)
    network.model.train()
    before, count = {k: v.clone() for k, v in network.model.state_dict().items()}, torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with suited(network, source, 4):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(count)
    assert network.model.training
    assert all(np.array_equal(v, before[k]) for k, v in network.model.state_dict().items())
