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

from touchstone.core.errors import Fault, ModelFilesError


def load_config(folder: Path, written: str) -> transformers.PreTrainedConfig:
    """The configuration as transformers reads it, without code of its own."""
    try:
        with quiet():
            config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as fault:  # transformers and its validators raise many kinds; one of ours leaves
        raise ModelFilesError(Fault(written, f"config.json cannot be read ({one_line(fault)})")) from fault
    assert isinstance(config, transformers.PreTrainedConfig)
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
