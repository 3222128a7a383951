import numpy as np
import torch

from touchstone.nn.criterion import Criterion, adjusted_prior


def test_adjusts_only_beyond_ten_to_one():
    assert adjusted_prior(np.repeat([0, 1], [10, 1]), 2) is None
    prior = adjusted_prior(np.repeat([0, 1], [11, 1]), 2)
    np.testing.assert_allclose(prior.exp().numpy(), [11 / 12, 1 / 12], rtol=1e-5)


def test_a_class_without_examples_keeps_the_prior_finite():
    assert torch.isfinite(adjusted_prior(np.array([0, 0, 0, 0, 0, 0, 1]), 3)).all()


def test_adjusted_loss_is_smallest_at_balanced_logits():
    """With 99 to 1 and no evidence, the plain logits that fit the loss best are those of balanced classes."""
    labels = torch.tensor([0] * 99 + [1])
    logits = torch.zeros(2, requires_grad=True)
    criterion = Criterion(adjusted_prior(labels.numpy(), 2))
    for _ in range(200):
        (gradient,) = torch.autograd.grad(criterion.training(logits.expand(100, 2), labels), logits)
        logits = (logits - 5 * gradient).detach().requires_grad_()
    np.testing.assert_allclose(logits.softmax(0).detach().numpy(), [0.5, 0.5], atol=0.01)


def test_items_are_without_smoothing():
    logits, labels = torch.tensor([[5.0, 0.0]]), torch.tensor([0])
    smooth = Criterion(smoothing=0.2)
    assert smooth.items(logits, labels)[0] == Criterion().training(logits, labels)
    assert smooth.training(logits, labels) > smooth.items(logits, labels)[0]
