"""The loss that training minimises, and that its evaluations report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

IMBALANCE = 10.0
"""Ratio of the largest class to the smallest above which the loss is adjusted."""


@dataclass(frozen=True)
class Criterion:
    """Cross-entropy in nats, with label smoothing and, for imbalanced classes, logit adjustment.

    ``log_prior`` of shape (classes,) is added to the logits inside the loss alone (Menon et al., ICLR 2021; balanced
    softmax of Ren et al., NeurIPS 2020), so that the plain logits are those of balanced classes.
    """

    log_prior: Tensor | None = None
    smoothing: float = 0.0

    def training(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean loss of a batch."""
        return functional.cross_entropy(self.adjusted(logits), labels, label_smoothing=self.smoothing)

    def items(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Loss of every item, without smoothing, shape (B,)."""
        return functional.cross_entropy(self.adjusted(logits), labels, reduction="none")

    def adjusted(self, logits: Tensor) -> Tensor:
        """The logits that the loss is taken of, float32."""
        logits = logits.float()
        return logits if self.log_prior is None else logits + self.log_prior.to(logits.device)


def adjusted_prior(labels: NDArray[np.int64], n_classes: int) -> Tensor | None:
    """Log of the class shares where the classes are imbalanced by more than 10 to 1, else None.

    A class without examples counts as one with half an example.
    """
    counts = np.maximum(np.bincount(labels, minlength=n_classes), 0.5)
    if counts.max() / counts.min() <= IMBALANCE:
        return None
    return torch.from_numpy(np.log(counts / counts.sum())).float()
