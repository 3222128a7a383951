import numpy as np
import pytest
import torch

from tests.nn.learnable import QUIET
from tests.nn.tiny import examples, shared
from touchstone.nn.bank import features
from touchstone.nn.families import classifier
from touchstone.nn.retention import References, displacement, kinship, retention, rho


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    some, home = examples(shared("vit").task, 60, seed=3), tmp_path_factory.mktemp("home")
    of_base, of_twin = (
        features(shared("vit"), some, home=home, progress=QUIET, twin=twin).blocks for twin in (False, True)
    )
    return References(some, of_base, of_twin)


def _retention(model, references):
    return retention(shared("vit"), model, references, seed=0, progress=QUIET)


def test_the_base_itself_retains_everything(references):
    found = _retention(classifier(shared("vit"), ("a", "b")), references)
    assert found.tuned_accuracy == found.base_accuracy
    assert all(value == pytest.approx(1, abs=1e-4) for value in found.cka.values())
    assert set(found.displacement.values()) == {0.0}
    assert found.n == 60


def test_a_shuffled_network_is_displaced_and_unlike_the_base(references):
    model = classifier(shared("vit"), ("a", "b"))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(
                parameter.flatten()[torch.randperm(parameter.numel(), generator=generator)].view_as(parameter)
            )
    found = _retention(model, references)
    assert min(found.displacement.values()) > 0.5
    assert min(found.cka.values()) < 0.9
    assert found.tuned_accuracy <= found.base_accuracy


@pytest.mark.parametrize("value", [0.0, float("nan"), 1e30])
def test_a_diverged_network_retains_nothing(references, value):
    model = classifier(shared("vit"), ("a", "b"))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)
    found = _retention(model, references)
    assert list(found.cka.values())[-1] < 0.3
    assert found.tuned_accuracy < found.base_accuracy


def test_displacement_is_relative_to_the_base():
    base = classifier(shared("vit"), ("a", "b"))
    grown = classifier(shared("vit"), ("a", "b"))
    with torch.no_grad():
        for parameter in grown.parameters():
            parameter.mul_(1.5)
    assert set(np.round(list(displacement(base, grown).values()), 5)) == {0.5}


def test_kinship_tells_a_child_from_a_stranger():
    base, other = (classifier(shared("vit"), ("a", "b")) for _ in range(2))
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)) * parameter.std())
    assert kinship(base, base) == pytest.approx(1)
    assert abs(kinship(base, other)) < 0.05
    with torch.no_grad():  # pushed by half its own size it is still a child
        for parameter, noise in zip(other.parameters(), base.parameters(), strict=True):
            parameter.mul_(0.5).add_(noise)
    assert kinship(base, other) > 0.5


def test_nothing_is_said_where_base_and_twin_do_as_well():
    rng = np.random.default_rng(0)
    same = rng.integers(0, 2, 100).astype(float)
    assert rho(same, same, same, rng) is None


def test_interval_of_retention_covers_the_truth():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(100):
        base, tuned, twin = (rng.random(300) < share for share in (0.9, 0.6, 0.3))
        found = rho(base.astype(float), tuned.astype(float), twin.astype(float), rng)
        covered += found.interval.low <= 0.5 <= found.interval.high
    assert covered >= 88
