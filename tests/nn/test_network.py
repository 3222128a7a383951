import pytest
import torch

from tests.nn.tiny import shared
from touchstone.nn.families import blocks, classifier
from touchstone.nn.network import make_network, optimizer, pays_in_half


def _network(family, lowest, **more):
    model = classifier(shared(family), ("a", "b"))
    return make_network(model, lambda batch: model(**batch).logits, lowest, **more)


def test_only_thawed_weights_ask_for_gradients():
    network = _network("vit", 2)
    asking = {name for name, parameter in network.model.named_parameters() if parameter.requires_grad}
    assert asking == set(network.weights)
    network.thaw(3)
    assert all(network.depths[name] >= 3 for name, p in network.model.named_parameters() if p.requires_grad)


def test_training_mode_is_for_the_thawed_part_alone():
    network = _network("mobilenet_v2", 5)
    network.train_mode()
    parts = blocks(network.model)
    assert not any(part.training for part in parts[4][1].modules())
    norms = [part for part in network.model.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    assert norms and not any(part.training for part in norms)
    assert any(part.training for part in network.model.modules() if isinstance(part, torch.nn.Dropout))


def test_from_scratch_trains_the_statistics_too():
    network = _network("mobilenet_v2", 0, statistics=True)
    network.train_mode()
    assert all(part.training for part in network.model.modules() if isinstance(part, torch.nn.BatchNorm2d))


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_rates_fall_per_block_and_biases_do_not_decay(kind):
    network = _network("vit", 0)
    made = optimizer(network, kind, 1e-3, weight_decay=0.1, layer_decay=0.5)
    rates = {round(group["initial_lr"], 9) for group in made.param_groups}
    assert rates == {1e-3, 5e-4, 2.5e-4}
    for group in made.param_groups:
        assert group["weight_decay"] == (0.1 if group["params"][0].ndim > 1 else 0.0)
    assert sum(len(group["params"]) for group in made.param_groups) == len(network.weights)


def test_state_is_a_copy():
    network = _network("vit", 2)
    before = network.state()
    with torch.no_grad():
        for parameter in network.weights.values():
            parameter.add_(1)
    network.restore(before)
    for name, parameter in network.weights.items():
        torch.testing.assert_close(parameter.detach(), before[name], rtol=0, atol=0)


def test_half_precision_is_a_rule_of_the_machine():
    on = torch.device("cpu")
    assert pays_in_half(on, statistics=False) == pays_in_half(on, statistics=False)
    assert not pays_in_half(on, statistics=True)
