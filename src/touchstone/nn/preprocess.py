"""From raw inputs to what a model reads, as the model's own files say; pictures through PIL, never torchvision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import transformers

from touchstone.core import digest
from touchstone.core.errors import Fault, ModelFilesError
from touchstone.nn.base_model import CONFIG, Base
from touchstone.nn.loading import one_line, quiet
from touchstone.nn.timm_pictures import TimmPictures
from touchstone.supply.json_config import read_config
from touchstone.supply.timm_config import TIMM, model_type

Batch = dict[str, torch.Tensor]


class Preprocessor(Protocol):
    """Makes batches for one model; safe to use from several threads."""

    digest: str
    """Equal where equal inputs become equal batches."""

    def __call__(self, inputs: Sequence[Any]) -> Batch:
        """Keyword arguments of the model's ``forward``."""
        ...


def preprocessor(base: Base) -> Preprocessor:
    """The preparation that a base model's files ask for."""
    return open_preprocessor(base.path, base.task, base.max_length)


def open_preprocessor(folder: Path, task: str, max_length: int | None = None) -> Preprocessor:
    """The same from a folder alone.

    Raises
    ------
    ModelFilesError
        where the preparation files are absent or cannot be read
    """
    if task == "image-classification":
        config = read_config(folder / CONFIG) if (folder / CONFIG).is_file() else {}
        return TimmPictures(config, str(folder)) if model_type(config) == TIMM else Pictures(folder)
    return Texts(folder, max_length or 256)


class Pictures:
    """PIL images in RGB to ``pixel_values``, float32 of shape (B, 3, H, W)."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "preprocessor_config.json").is_file():
            what = f"{folder} has no preprocessor_config.json, so its pictures cannot be prepared"
            raise ModelFilesError(Fault(str(folder), what, "save the image processor beside the model"))
        try:
            with quiet():
                self._processor = transformers.AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
                    folder, backend="pil", local_files_only=True, trust_remote_code=False
                )
        except (OSError, ValueError, TypeError, KeyError, ImportError) as fault:
            what = f"its image processor cannot be read ({one_line(fault)})"
            raise ModelFilesError(Fault(str(folder), what)) from fault
        settings = {name: value for name, value in self._processor.to_dict().items() if not name.startswith("_")}
        self.digest = digest.of_data({name: str(value) for name, value in settings.items()})
        self._scale, self._offset = _affine(settings)

    def __call__(self, inputs: Sequence[Any]) -> Batch:
        pictures = [picture if picture.mode == "RGB" else picture.convert("RGB") for picture in inputs]
        if self._scale is None:
            prepared = self._processor(images=pictures, return_tensors="np")["pixel_values"]
            return {"pixel_values": torch.from_numpy(np.ascontiguousarray(prepared, dtype=np.float32))}
        # Rescaling and normalising in one step on the whole batch takes half the time of the processor's own way.
        sized = self._processor(images=pictures, do_rescale=False, do_normalize=False, return_tensors="np")
        pixels = np.multiply(sized["pixel_values"], self._scale, dtype=np.float32)  # (B, 3, H, W)
        pixels += self._offset
        return {"pixel_values": torch.from_numpy(np.ascontiguousarray(pixels))}


def _affine(settings: dict[str, Any]) -> tuple[Any, Any]:
    """Scale and offset (3, 1, 1) that do what rescaling and then normalising do; None where a model does otherwise."""
    if not (settings.get("do_rescale") and settings.get("do_normalize")) or settings.get("rescale_offset"):
        return None, None
    mean, std = (np.asarray(settings[name], dtype=np.float64).reshape(-1, 1, 1) for name in ("image_mean", "image_std"))
    if len(mean) != 3 or len(std) != 3 or not (std > 0).all():
        return None, None
    return (settings["rescale_factor"] / std).astype(np.float32), (-mean / std).astype(np.float32)


class Texts:
    """Texts to ``input_ids`` and ``attention_mask``, int64 of shape (B, L), padded to the longest of the batch."""

    def __init__(self, folder: Path, max_length: int) -> None:
        try:
            with quiet():
                self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                    folder, local_files_only=True, trust_remote_code=False
                )
        except (OSError, ValueError, TypeError, KeyError, ImportError) as fault:
            raise ModelFilesError(Fault(str(folder), f"its tokenizer cannot be read ({one_line(fault)})")) from fault
        self.max_length = max_length
        self.tokens(["first use sets the tokenizer's truncation; later calls only read, also from several threads"])
        if self._tokenizer.pad_token_id is None:
            raise ModelFilesError(Fault(str(folder), "its tokenizer has no padding token"))
        self.pad_id = int(self._tokenizer.pad_token_id)
        backend = getattr(self._tokenizer, "backend_tokenizer", None)
        rules = backend.to_str() if backend is not None else repr(sorted(self._tokenizer.get_vocab().items()))
        self.digest = digest.of_data({"rules": digest.of_bytes(rules.encode()), "max_length": max_length})

    def tokens(self, inputs: Sequence[str]) -> list[list[int]]:
        """Token numbers of every text, cut at ``max_length``."""
        encoded = self._tokenizer([str(text) for text in inputs], truncation=True, max_length=self.max_length)
        return [list(ids) for ids in encoded["input_ids"]]

    def pad(self, tokens: Sequence[Sequence[int]]) -> Batch:
        """One batch from token numbers, padded on the right."""
        length = max(map(len, tokens), default=0)
        ids = torch.full((len(tokens), length), self.pad_id, dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for row, numbers in enumerate(tokens):
            ids[row, : len(numbers)] = torch.as_tensor(numbers, dtype=torch.int64)
            mask[row, : len(numbers)] = 1
        return {"input_ids": ids, "attention_mask": mask}

    def __call__(self, inputs: Sequence[Any]) -> Batch:
        return self.pad(self.tokens(inputs))
