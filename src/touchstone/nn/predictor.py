"""An exported model, ready to predict: from texts, paths, pictures or a data frame to probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from touchstone.core.errors import Fault, InputError, ModelFilesError
from touchstone.nn.base_model import CONFIG
from touchstone.nn.determinism import autocast, device
from touchstone.nn.families import FAMILIES, IMAGE
from touchstone.nn.loading import load_config, load_weights
from touchstone.nn.preprocess import Preprocessor, open_preprocessor
from touchstone.supply.json_config import read_config
from touchstone.supply.shipped import check_sums
from touchstone.supply.timm_config import model_type
from touchstone.supply.weights import find_weights

BATCH = 32
_PICTURE_COLUMNS = ("file", "path", "image", "filename")
_TEXT_COLUMNS = ("text", "sentence", "content")


class Predictor:
    """A classifier with one way in and one way out."""

    def __init__(self, model: Any, prepare: Preprocessor, task: str) -> None:
        self._model = model.to(device()).eval()
        self._prepare = prepare
        self.task = task
        labels = model.config.id2label
        self.classes: tuple[str, ...] = tuple(str(labels[index]) for index in sorted(labels))

    @classmethod
    def load(cls, folder: Path | str) -> Predictor:
        """Open a folder in Hugging Face layout, as a run writes it under ``model/``.

        Where a list of digests stands in it, as in those, nothing is opened before every file was held against it.

        Raises
        ------
        ModelFilesError
            in one line, where the files are not those of the list or are no such model
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise ModelFilesError(Fault(str(folder), "no such folder"))
        check_sums(folder)
        kind = model_type(read_config(folder / CONFIG))
        if kind not in FAMILIES:
            raise ModelFilesError(Fault(str(folder), f"architecture {kind} is not supported"))
        find_weights(folder)
        task = FAMILIES[kind].task
        model, missing = load_weights(folder, task, load_config(folder, str(folder)), str(folder))
        if missing:
            what = f"no trained classifier ({sorted(missing)[0]} is not in the files)"
            raise ModelFilesError(Fault(str(folder), what))
        stated = None
        if task != IMAGE and (folder / "tokenizer_config.json").is_file():
            stated = read_config(folder / "tokenizer_config.json").get("model_max_length")
        return cls(model, open_preprocessor(folder, task, _bounded(stated)), task)

    def probabilities(self, inputs: Any) -> NDArray[np.float32]:
        """Probabilities (n, K) of n inputs, rows sum to 1.

        Parameters
        ----------
        inputs : texts, paths of pictures, PIL images (also one alone), or a data frame with one column of them
        """
        items = self._items(inputs)
        rows = np.empty((len(items), len(self.classes)), dtype=np.float32)
        for start in range(0, len(items), BATCH):
            batch = self._prepare([self._open(item) for item in items[start : start + BATCH]])
            on = device()
            with torch.inference_mode(), autocast(on):
                logits = self._model(**{name: tensor.to(on) for name, tensor in batch.items()}).logits
            rows[start : start + BATCH] = logits.double().softmax(-1).float().cpu().numpy()
        return rows

    def predict(self, inputs: Any) -> list[str]:
        """The most probable class of every input."""
        return [self.classes[index] for index in self.probabilities(inputs).argmax(1)]

    def _items(self, inputs: Any) -> Sequence[Any]:
        if isinstance(inputs, (str, Path)) or hasattr(inputs, "convert"):
            return [inputs]
        if hasattr(inputs, "columns"):
            return list(inputs[self._column([str(name) for name in inputs.columns])])
        return list(inputs)

    def _column(self, names: Sequence[str]) -> str:
        usual = _PICTURE_COLUMNS if self.task == IMAGE else _TEXT_COLUMNS
        found = next((name for name in usual if name in names), names[0] if len(names) == 1 else None)
        if found is None:
            raise InputError(Fault("data frame", f"no column named {' or '.join(usual)}", "give that column alone"))
        return found

    def _open(self, item: Any) -> Any:
        return opened_picture(item) if self.task == IMAGE else str(item)


def opened_picture(item: Any) -> Any:
    """A picture in RGB, turned as its camera says, from a path or a PIL image."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if hasattr(item, "convert"):
        return item.convert("RGB")
    try:
        with Image.open(item) as picture:
            return ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as fault:
        raise InputError(Fault(str(item), "is no picture that can be read")) from fault


def _bounded(stated: Any) -> int:
    return stated if isinstance(stated, int) and 0 < stated <= 100_000 else 256
