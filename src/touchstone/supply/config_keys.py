"""Which settings the configurations of the supported model types know; others stay out of the working copy.

The lists are those of transformers 5's configuration classes and the names of older releases that it still reads.
Nested configurations (``*_config``) belong to composed models, which are not supported as bases.
"""

from __future__ import annotations

from typing import Any

from touchstone.supply.timm_config import PRETRAINED, TIMM, model_type

_EVERY = frozenset({
    "_name_or_path", "architectures", "chunk_size_feed_forward", "dtype", "finetuning_task", "id2label", "is_encoder_decoder",
    "label2id", "model_type", "num_labels", "output_attentions", "output_hidden_states", "problem_type", "return_dict",
    "torch_dtype", "transformers_version", "use_return_dict", "classifier_dropout",
    "bos_token_id", "cls_token_id", "eos_token_id", "mask_token_id", "pad_token_id", "sep_token_id",
})  # fmt: skip
_BACKBONE = frozenset({"_out_features", "_out_indices", "out_features", "out_indices", "stage_names", "num_stages"})
_ENCODER = frozenset({
    "attention_probs_dropout_prob", "hidden_act", "hidden_dropout_prob", "hidden_size", "initializer_range", "intermediate_size",
    "layer_norm_eps", "num_attention_heads", "num_hidden_layers",
})  # fmt: skip
_PICTURE = frozenset(
    {"image_size", "num_channels", "patch_size", "hidden_act", "initializer_range", "layer_norm_eps", "tf_padding"}
)
_TEXT = _ENCODER | frozenset({
    "add_cross_attention", "gradient_checkpointing", "is_decoder", "max_position_embeddings", "output_past", "pad_index",
    "position_embedding_type", "tie_word_embeddings", "type_vocab_size", "use_cache", "vocab_size", "classifier_dropout",
    "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type",
})  # fmt: skip
_MOBILENET = _PICTURE | frozenset({"classifier_dropout_prob", "depth_multiplier", "min_depth"})

KNOWN: dict[str, frozenset[str]] = {
    "mobilenet_v1": _EVERY | _MOBILENET,
    "mobilenet_v2": _EVERY | _MOBILENET | {
        "depth_divisible_by", "expand_ratio", "finegrained_output", "first_layer_is_expansion", "output_stride",
        "semantic_loss_ignore_index",
    },
    "resnet": _EVERY | _PICTURE | _BACKBONE | {
        "depths", "downsample_in_bottleneck", "downsample_in_first_stage", "embedding_size", "hidden_sizes", "layer_type", "layer_types",
    },
    "convnext": _EVERY | _PICTURE | _BACKBONE | {
        "depths", "drop_path_rate", "hidden_sizes", "layer_scale_init_value", "num_hidden_layers",
    },
    "vit": _EVERY | _PICTURE | _ENCODER | {"encoder_stride", "pooler_act", "pooler_output_size", "qkv_bias"},
    "dinov2": _EVERY | _PICTURE | _ENCODER | _BACKBONE | {
        "apply_layernorm", "drop_path_rate", "layerscale_value", "mlp_ratio", "qkv_bias", "reshape_hidden_states", "use_mask_token",
        "use_swiglu_ffn",
    },
    "swin": _EVERY | _PICTURE | _ENCODER | _BACKBONE | {
        "depths", "drop_path_rate", "embed_dim", "encoder_stride", "mlp_ratio", "num_heads", "num_layers", "path_norm", "qkv_bias",
        "use_absolute_embeddings", "window_size",
    },
    TIMM: _EVERY | {
        "architecture", "do_pooling", "global_pool", "initializer_range", "label_descriptions", "label_names", "model_args", "num_classes",
        "num_features", "pretrained_cfg",
    },
    "bert": _EVERY | _TEXT,
    "roberta": _EVERY | _TEXT,
    "xlm-roberta": _EVERY | _TEXT,
    "mpnet": _EVERY | _TEXT | {"relative_attention_num_buckets"},
    "distilbert": _EVERY | _TEXT | {
        "activation", "attention_dropout", "dim", "dropout", "hidden_dim", "n_heads", "n_layers", "qa_dropout", "seq_classif_dropout",
        "sinusoidal_pos_embds",
    },
    "modernbert": _EVERY | _TEXT | {
        "attention_bias", "attention_dropout", "classifier_activation", "classifier_bias", "classifier_pooling", "decoder_bias",
        "deterministic_flash_attn", "embedding_dropout", "global_attn_every_n_layers", "global_rope_theta", "hidden_activation",
        "initializer_cutoff_factor", "layer_types", "local_attention", "local_rope_theta", "mlp_bias", "mlp_dropout", "norm_bias",
        "norm_eps", "reference_compile", "repad_logits_with_grad", "rope_parameters", "sparse_pred_ignore_index", "sparse_prediction",
    },
}  # fmt: skip
"""model_type -> settings that the working copy keeps."""


def unknown_keys(config: dict[str, Any]) -> tuple[str, ...]:
    """Settings that the model's type does not know; none for types without a list, which no loader here takes.

    Of timm's nested ``pretrained_cfg`` they are named with a point.
    """
    kind = model_type(config)
    known = None if kind is None else KNOWN.get(kind)
    if known is None:
        return ()
    nested = config.get("pretrained_cfg") if kind == TIMM else None
    inner = nested.keys() - PRETRAINED if isinstance(nested, dict) else set[str]()
    return tuple(sorted([*(config.keys() - known), *(f"pretrained_cfg.{name}" for name in inner)]))


def without(config: dict[str, Any], dropped: tuple[str, ...]) -> dict[str, Any]:
    """The configuration less what :func:`unknown_keys` named."""
    kept = {key: value for key, value in config.items() if key not in dropped}
    if isinstance(kept.get("pretrained_cfg"), dict):
        nested = kept["pretrained_cfg"]
        kept["pretrained_cfg"] = {key: value for key, value in nested.items() if f"pretrained_cfg.{key}" not in dropped}
    return kept
