"""A config.json in timm's own layout: how it is told, and what it may say.

timm hands ``model_args`` to ``create_model``, which also takes places to load from; what stands there is an allow-list.
``pretrained_cfg`` is data on preparation, the head and the papers; where the weights once came from is left out.
"""

from __future__ import annotations

import re
from typing import Any

from touchstone.supply.rules import Held, Refused

TIMM = "timm_wrapper"
"""The model type under which transformers wraps timm's models."""

_ARCHITECTURE = re.compile(r"[A-Za-z0-9_]{1,80}(\.[A-Za-z0-9_]{1,80})?")
_NAME = re.compile(r"[A-Za-z0-9_]{0,40}")
_SOURCES = frozenset({
    "cache_dir", "checkpoint_path", "pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "pretrained_model_args", "model_name",
    "exportable", "no_jit", "scriptable",
})  # fmt: skip
_ARGUMENTS = frozenset({
    "img_size", "patch_size", "in_chans", "num_classes", "global_pool", "embed_dim", "embed_dims", "depth", "depths", "num_heads",
    "dims", "layers", "channels", "stem_width", "stem_type", "stem_chs", "stem_size", "stem_norm", "width_factor", "base_width",
    "cardinality", "replace_stem_pool", "block_reduce_first", "down_kernel_size", "avg_down", "zero_init_last", "preact", "basic",
    "bottle_ratio", "kernel_sizes", "ls_init_value", "layer_scale_init_value", "layer_scale_init_values", "res_scale_init_values",
    "head_init_scale", "head_norm_first", "head_hidden_size", "head_bias", "head_norm", "head_dim", "conv_mlp", "conv_bias", "use_grn",
    "norm_eps", "act_layer", "norm_layer", "aa_layer", "mlp_ratio", "mlp_bias", "qkv_bias", "qkv_fused", "qk_norm", "proj_bias",
    "scale_attn_norm", "scale_mlp_norm", "scale_attn_inner", "scale_mlp", "init_values", "class_token", "pos_embed", "no_embed_class",
    "reg_tokens", "num_reg_tokens", "num_kv_heads", "pre_norm", "final_norm", "fc_norm", "use_fc_norm", "pool_include_prefix",
    "dynamic_img_size", "dynamic_img_pad", "strict_img_size", "always_partition", "window_size", "pretrained_window_sizes",
    "weight_init", "fix_init", "fix_stem", "pad_type", "num_features", "num_blocks", "se_from_exp", "swiglu_mlp", "swiglu_align_to",
    "use_abs_pos_emb", "use_rot_pos_emb", "use_rel_pos_bias", "use_shared_rel_pos_bias", "rope_type", "rope_grid_offset",
    "rope_grid_indexing", "rope_temperature", "rope_rotate_half", "ref_feat_shape", "attn_type", "use_post_norm",
    "use_pre_transformer_norm", "use_post_transformer_norm", "attn_pool_num_heads", "attn_pool_mlp_ratio", "depth_token_only",
    "mlp_ratio_token_only", "drop_rate", "drop_path_rate", "drop_block_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate",
    "attn_drop_rate", "output_stride",
})  # fmt: skip
PRETRAINED = frozenset({
    "architecture", "tag", "custom_load", "input_size", "test_input_size", "min_input_size", "fixed_input_size", "interpolation",
    "crop_pct", "test_crop_pct", "crop_mode", "mean", "std", "num_classes", "label_offset", "label_names", "label_descriptions",
    "pool_size", "test_pool_size", "first_conv", "classifier", "license", "description", "origin_url", "paper_name", "paper_ids", "notes",
})  # fmt: skip
"""What the working copy keeps of ``pretrained_cfg``: timm's own fields without the places that weights come from."""


def model_type(config: dict[str, Any]) -> str | None:
    """The type that transformers will take a configuration for; timm's own layout names none."""
    named = config.get("model_type")
    if named is None and isinstance(config.get("pretrained_cfg"), dict) and "architecture" in config:
        return TIMM
    return named if isinstance(named, str) else None


def check_timm(config: dict[str, Any]) -> None:
    """What timm would be called with.

    Raises
    ------
    Refused
        where the architecture or an argument names a place to load from, or is no plain value
    Held
        for an argument that is not known to be a size, a rate or the name of a layer
    """
    architecture = config.get("architecture")
    if not isinstance(architecture, str) or not _ARCHITECTURE.fullmatch(architecture):
        raise Refused(
            "config.code", f"its setting `architecture` is no name of an architecture: {_shown(architecture)}"
        )
    arguments = config.get("model_args") or {}
    if not isinstance(arguments, dict) or not isinstance(config.get("pretrained_cfg", {}), dict):
        raise Refused("json.strict", "its model_args or pretrained_cfg is no object")
    for name, value in arguments.items():
        if name in _SOURCES:
            raise Refused("config.code", f"its setting `model_args.{name}` tells timm what to load: {_shown(value)}")
        if not _is_plain(value):
            raise Refused("config.code", f"its setting `model_args.{_shown(name)}` is no plain value: {_shown(value)}")
    for name, value in arguments.items():
        if name not in _ARGUMENTS:
            raise Held("config.doubtful", f"its setting `model_args.{_shown(name)}` is not known here: {_shown(value)}")


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(inner) and not isinstance(inner, list) for inner in value)
    if isinstance(value, str):
        return _NAME.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float)


def _shown(value: Any) -> str:
    return ascii(value)[:120]
