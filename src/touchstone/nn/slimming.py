"""A smaller network of the same family: half as wide, half as deep, for training from scratch on little data."""

from __future__ import annotations

import copy
from typing import Any

from touchstone.nn.timm_slimming import slim_arguments
from touchstone.supply.timm_config import TIMM


def slim_config(config: Any) -> Any:
    """The configuration of a network with about half the width and half the layers; what depends on them follows.

    None for an architecture of timm that takes no such arguments.
    """
    if config.model_type == TIMM:
        arguments = slim_arguments(config)
        if arguments is None:
            return None
        slim = copy.deepcopy(config)
        slim.model_args = {**config.model_args, **arguments}
        return slim
    values = config.to_dict()
    values.update(_SLIMMERS[config.model_type](values))
    for name in ("layer_types", "out_features", "out_indices", "stage_names"):
        values.pop(name, None)  # they name layers and are made anew
    return type(config)(**values)


def _half(value: int) -> int:
    return max(1, value // 2)


def _mobilenet(values: dict[str, Any]) -> dict[str, Any]:
    return {"depth_multiplier": values["depth_multiplier"] / 2}


def _resnet(values: dict[str, Any]) -> dict[str, Any]:
    widths = [_half(width) for width in values["hidden_sizes"]]
    slim = {"hidden_sizes": widths, "depths": _halves(values["depths"])}
    return {"embedding_size": _half(values["embedding_size"]), **slim}


def _convnext(values: dict[str, Any]) -> dict[str, Any]:
    widths = [_half(width) for width in values["hidden_sizes"]]
    return {"hidden_sizes": widths, "depths": _halves(values["depths"])}


def _halves(depths: list[int]) -> list[int]:
    return [max(1, (depth + 1) // 2) for depth in depths]


def _swin(values: dict[str, Any]) -> dict[str, Any]:
    heads = [_half(count) for count in values["num_heads"]]
    per_head = values["embed_dim"] // values["num_heads"][0]
    return {"num_heads": heads, "embed_dim": per_head * heads[0], "depths": _halves(values["depths"])}


def _transformer(values: dict[str, Any]) -> dict[str, Any]:
    heads = _half(values["num_attention_heads"])
    width = values["hidden_size"] // values["num_attention_heads"] * heads  # the size of one head stays
    slim = {
        "num_attention_heads": heads,
        "hidden_size": width,
        "num_hidden_layers": max(1, (values["num_hidden_layers"] + 1) // 2),
    }
    if "intermediate_size" in values:
        slim["intermediate_size"] = _half(values["intermediate_size"])
    return slim


def _distilbert(values: dict[str, Any]) -> dict[str, Any]:
    heads = _half(values["n_heads"])
    return {
        "n_heads": heads,
        "dim": values["dim"] // values["n_heads"] * heads,
        "hidden_dim": _half(values["hidden_dim"]),
        "n_layers": max(1, (values["n_layers"] + 1) // 2),
    }


_SLIMMERS = {
    "mobilenet_v1": _mobilenet, "mobilenet_v2": _mobilenet, "resnet": _resnet, "convnext": _convnext,
    "vit": _transformer, "dinov2": _transformer, "swin": _swin, "bert": _transformer, "distilbert": _distilbert,
    "roberta": _transformer, "xlm-roberta": _transformer, "mpnet": _transformer, "modernbert": _transformer,
}  # fmt: skip
