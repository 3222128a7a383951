"""Words a study file may use beyond the records of the model."""

from __future__ import annotations

TASKS = ("image-classification", "text-classification", "tabular-classification")
USES = ("research", "internal", "commercial", "redistribution")
DELIVERIES = ("none", "saas", "on_device", "weights")
POLICIES = ("default", "team", "regulated")
OPTIMIZERS = ("adamw", "sgd")
RESERVED_RECIPES = ("majority", "non-transfer", "scratch", "linear-probe", "last-layer")

IMAGE_AUGMENTATIONS = ("flip", "vertical_flip", "crop", "rotate", "colour", "grey", "blur", "noise", "erase")
TEXT_AUGMENTATIONS = ("swap", "drop", "typo", "case", "punctuation")

LOWER_IS_BETTER = frozenset({
    "log_loss", "brier", "calibration_error", "worst_slice_gap", "shift_drop", "latency_ms_p50", "latency_ms_p95",
    "latency_ms_p99", "size_mb", "energy_wh", "carbon_g",
})  # fmt: skip
"""Metrics for which a requirement is a maximum."""

UNBOUNDED = frozenset({
    "log_loss", "latency_ms_p50", "latency_ms_p95", "latency_ms_p99", "throughput", "size_mb", "energy_wh", "carbon_g",
})  # fmt: skip
"""Metrics that may exceed 1."""

SIGNED = frozenset({"mcc", "shift_drop"})
"""Metrics that may be negative."""
