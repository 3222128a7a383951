"""Writing the pooling of a text model as plain layers, so that transformers alone gives the same predictions.

Classification models of transformers read the first token, so the mean must be there. One more encoder layer does it:
queries and keys of zero make attention uniform over the tokens that are no padding, values are passed on unchanged,
and the output is scaled by ``SCALE`` so that the residual beside it vanishes in the layer normalisation that
follows; the rest of the layer is zero. What stands between that token and the head is made linear: a tanh sees values
so small that it does nothing, a ReLU values so large. The classifier takes back the scale and the shift.

MPNet adds a learned bias of place to every attention score, which no weight can take away: there the mean weighs
tokens by place, in memory as on disk. ModernBERT has a mean of its own; only its prediction head is made plain.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from touchstone.nn.families import backbone, family_of, head, layer_chain
from touchstone.nn.loading import auto_class, quiet
from touchstone.nn.pooling import MeanToken

SCALE = 2.0**16  # residual / (SCALE * spread of the mean) stays below 1e-3 for residuals up to 10 and a spread of 0.2
SMALL = 2.0**-12  # tanh(x) = x to 1e-5 where |x| < 30 * SMALL
SHIFT = 64.0  # above sqrt(d), the greatest value that a layer-normalised vector of size d < 4096 can hold
_ZERO = frozenset({"query", "key", "q", "k", "q_lin", "k_lin"})
_IDENTITY = frozenset({"value", "v", "v_lin"})
_OUTPUT = ("attention.output.dense", "attention.attn.o", "attention.out_lin")


def folded(model: Any) -> nn.Module:
    """A classifier that transformers can load, with the same predictions; picture models come back as they are."""
    family = family_of(model)
    if family.token_pooling is None:
        return model  # type: ignore[no-any-return]
    mean = isinstance(layer_chain(model)[-1], MeanToken)
    config = copy.deepcopy(model.config)
    if mean:
        config.num_hidden_layers += 1
    if family.token_pooling == "prediction head":
        config.classifier_bias = True
        config.classifier_activation = "linear"
    with quiet(), torch.random.fork_rng():
        plain: Any = auto_class(family.task).from_config(config)
    plain.base_model.load_state_dict(backbone(model).state_dict(), strict=False)
    with torch.no_grad():
        if mean:
            _write_mean(layer_chain(plain)[-1])
        _write_head(plain, family.token_pooling, head(model))
    return plain.eval()  # type: ignore[no-any-return]


def _identity(layer: nn.Linear, scale: float, shift: float = 0.0) -> None:
    nn.init.eye_(layer.weight)
    layer.weight.mul_(scale)
    if layer.bias is not None:
        nn.init.constant_(layer.bias, shift)


def _write_mean(layer: nn.Module) -> None:
    for name, part in layer.named_modules():
        if isinstance(part, nn.LayerNorm):
            nn.init.ones_(part.weight)
            nn.init.zeros_(part.bias)
        elif isinstance(part, nn.Linear):
            last = name.rpartition(".")[2]
            if last in _IDENTITY and last not in _ZERO:
                _identity(part, 1.0)
            elif name in _OUTPUT:
                _identity(part, SCALE)
            else:
                nn.init.zeros_(part.weight)
                nn.init.zeros_(part.bias)


def _write_head(plain: Any, kind: str, ours: nn.Linear) -> None:
    weight, bias = ours.weight.detach().float(), ours.bias.detach().float()
    if kind == "pooler":
        _identity(plain.base_model.pooler.dense, SMALL)
        _put(plain.classifier, weight / SMALL, bias)
    elif kind == "token head":
        _identity(plain.classifier.dense, SMALL)
        _put(plain.classifier.out_proj, weight / SMALL, bias)
    elif kind == "pre_classifier":
        _identity(plain.pre_classifier, 1.0, SHIFT)
        _put(plain.classifier, weight, bias - SHIFT * weight.sum(1))
    else:
        _identity(plain.head.dense, 1.0)
        nn.init.ones_(plain.head.norm.weight)
        _put(plain.classifier, weight, bias)


def _put(layer: nn.Linear, weight: torch.Tensor, bias: torch.Tensor) -> None:
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)
