"""The doors to transformers: configurations, model classes, and quiet around them. Never code from a model folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn
from transformers.utils import logging as transformers_logging

from touchstone.core.errors import Fault, ModelExtraError, ModelFilesError
from touchstone.supply.json_config import read_config
from touchstone.supply.rules import Stopped
from touchstone.supply.timm_config import TIMM, check_timm, model_type

_OF_CLASSES = ("num_classes", "label_names", "label_descriptions", "label_offset")


def load_config(folder: Path, written: str) -> transformers.PreTrainedConfig:
    """The configuration as transformers reads it, without code of its own."""
    raw = read_config(folder / "config.json")
    if model_type(raw) == TIMM:
        _check_timm(raw, written)
    try:
        with quiet():
            config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as fault:  # transformers and its validators raise many kinds; one of ours leaves
        raise ModelFilesError(Fault(written, f"config.json cannot be read ({one_line(fault)})")) from fault
    assert isinstance(config, transformers.PreTrainedConfig)
    return _as_wrapped(config) if config.model_type == TIMM else config


def _check_timm(config: dict[str, Any], written: str) -> None:
    try:
        check_timm(config)
    except Stopped as stopped:
        raise ModelFilesError(Fault(written, stopped.reason, stopped.remedy)) from stopped
    try:
        import timm
    except (ImportError, RuntimeError) as fault:  # the latter from a torchvision of another torch
        what = f"it is a model of timm, which cannot be imported ({one_line(fault)})"
        raise ModelExtraError(Fault(written, what, "pip install 'touchstone-ml[timm]'")) from fault
    name = str(config["architecture"]).partition(".")[0]
    if not timm.is_model(name):
        what = f"timm {timm.__version__} knows no architecture {name}"
        raise ModelFilesError(Fault(written, what, "take a newer timm, or a model of an architecture that it knows"))


def _as_wrapped(config: Any) -> Any:
    """Free of what would contradict transformers: the base's class names, and the number that newer timm passes as well."""
    for name in _OF_CLASSES:
        config.__dict__.pop(name, None)  # id2label holds them; a second list would be saved in its place
        (getattr(config, "pretrained_cfg", None) or {}).pop(name, None)
    config.model_args = {key: value for key, value in (config.model_args or {}).items() if key != "num_classes"}
    if not config.num_labels:
        config.num_labels = 2  # saved without a head; one is made anew
    return config


def auto_class(task: str) -> Any:
    """The class of transformers that makes classifiers for a task."""
    if task == "image-classification":
        return transformers.AutoModelForImageClassification
    return transformers.AutoModelForSequenceClassification


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from reporting on standard error what we judge ourselves."""
    before, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.CRITICAL)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)
        if bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def load_weights(
    folder: Path, task: str, config: transformers.PreTrainedConfig, written: str
) -> tuple[nn.Module, set[str]]:
    """A classifier with the folder's safetensors weights in float32, and the names of what the folder did not have.

    A head of another size is made anew and counts as missing.
    """
    try:
        with quiet():
            model, report = auto_class(task).from_pretrained(
                folder, config=config, dtype=torch.float32, use_safetensors=True, local_files_only=True,
                trust_remote_code=False, ignore_mismatched_sizes=True, output_loading_info=True,
            )  # fmt: skip
    except (OSError, ValueError, RuntimeError, KeyError) as fault:
        raise ModelFilesError(Fault(written, f"its weights cannot be loaded ({one_line(fault)})")) from fault
    missing = set(report["missing_keys"]) | {str(entry[0]) for entry in report["mismatched_keys"]}
    return model, missing


def one_line(fault: BaseException) -> str:
    """What an error says, in one short line."""
    return " ".join(str(fault).split())[:200]
