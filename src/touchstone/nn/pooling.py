"""Pooling of text models in memory: the mean over tokens, layer-normalised, is what the head sees.

Classification models of transformers read one token. Ours read the mean (or the first token, where the folder's
own ``1_Pooling`` says so). In memory small modules without parameters stand in for the pooler; on disk
:mod:`touchstone.nn.folding` writes the same function as plain layers, so that transformers alone can load it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

EPSILON = 1e-12  # the scale of a written-out pooling layer makes any larger one vanish, see folding.py


def kept_tokens(mask: torch.Tensor | None, hidden: torch.Tensor) -> torch.Tensor:
    """Which tokens count, float of shape (B, L), from a mask in any form that transformers hands to layers."""
    if mask is None:
        return hidden.new_ones(hidden.shape[:2])
    if mask.dim() == 4:  # (B, 1, queries, L): what the first token may look at
        mask = mask[:, 0, 0, :]
        if mask.dtype != torch.bool:
            mask = mask > -1.0  # additive: 0 keeps, a huge negative number drops
    return mask.to(hidden.dtype).expand(hidden.shape[:2])


def masked_mean(hidden: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """Mean over the kept tokens: (B, L, d) and (B, L) to (B, d)."""
    weights = kept.unsqueeze(-1)  # (B, L, 1)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)


class MeanToken(nn.Module):
    """A last "layer" of an encoder: token 0 (the only one left) is the layer-normalised mean of all."""

    pools_tokens = True

    def __init__(self, heads: int | None = None) -> None:
        super().__init__()
        self.heads = heads  # of MPNet, whose layers return tuples and weigh tokens by place

    def forward(
        self, hidden_states: torch.Tensor, attention_mask: Any = None, position_bias: Any = None, *_: Any, **__: Any
    ) -> Any:
        kept = kept_tokens(attention_mask, hidden_states)
        if self.heads is None:
            pooled = masked_mean(hidden_states, kept)
            return F.layer_norm(pooled, pooled.shape[-1:], eps=EPSILON).unsqueeze(1)
        scores = position_bias[:, :, 0, :].masked_fill(kept.unsqueeze(1) == 0, torch.finfo(torch.float32).min)
        split = hidden_states.reshape(*hidden_states.shape[:-1], self.heads, -1)  # (B, L, heads, d / heads)
        pooled = torch.einsum("bhl,blhd->bhd", scores.softmax(-1).to(split.dtype), split).flatten(1)
        return (F.layer_norm(pooled, pooled.shape[-1:], eps=EPSILON).unsqueeze(1),)


class FirstToken(nn.Module):
    """In place of a pooler: the first token as it is."""

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden[:, 0]


class TokenHead(nn.Module):
    """In place of a classification head that reads tokens: the first token, dropout, one linear layer."""

    def __init__(self, dropout: float, linear: nn.Linear) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.out_proj = linear

    def forward(self, features: torch.Tensor, **_: Any) -> torch.Tensor:
        logits: torch.Tensor = self.out_proj(self.dropout(features[:, 0]))
        return logits


class Mirrored(nn.Module):
    """x to (x, -x): what a ReLU leaves of it still holds all of x."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, -x], dim=-1)


class Unmirrored(nn.Module):
    """(relu(x), relu(-x)) back to x."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        positive, negative = x.chunk(2, dim=-1)
        return positive - negative


class PlainNorm(nn.Module):
    """Layer normalisation without weights."""

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, x.shape[-1:], eps=self.eps)


def pool_in_memory(model: Any, kind: str, chain: Any, pooling: str) -> None:
    """Make a freshly loaded text classifier pool as its base says; parameters of the backbone stay as they are.

    Parameters
    ----------
    model : a sequence classifier of transformers
    kind : the part between tokens and head, as ``Family.token_pooling`` names it
    chain : the list of its layers
    pooling : mean or cls
    """
    if kind == "prediction head":
        model.config.classifier_pooling = pooling
        model.head = PlainNorm(model.config.norm_eps)
        return
    if pooling == "mean":
        mpnet = model.config.model_type == "mpnet"
        chain.append(MeanToken(model.config.num_attention_heads if mpnet else None))
    if kind == "pooler":
        model.base_model.pooler = FirstToken()
    elif kind == "token head":
        old = model.classifier
        model.classifier = TokenHead(float(old.dropout.p), old.out_proj)
    else:
        model.pre_classifier = Mirrored()
        model.classifier = nn.Sequential(Unmirrored(), model.classifier)
