"""The reference that knows no pretraining: simple features, simple models.

Pictures: oriented gradients, colours and a tiny picture, for logistic regression and boosted trees. Texts: TF-IDF of
words and pieces of words, for logistic regression and linear support vector machines. The best by inner
cross-validation stands for all, so that a fine-tuned model is held against a real opponent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.candidates.picture_features import picture_features
from touchstone.candidates.simple_models import Boosted, Fitted, LinearSupport, Logistic, SimpleModel
from touchstone.candidates.text_features import TextFeatures, fit_text_features
from touchstone.core.errors import DatasetError
from touchstone.core.progress import Progress, Silent
from touchstone.dataset.model import Examples
from touchstone.linear.cross_fit import Settings
from touchstone.linear.folds import folds, sample
from touchstone.linear.rotation import Rotation, fit_rotation
from touchstone.linear.softmax import log_losses

Floats = NDArray[Any]

_SELECTION_LIMIT = 3000
_TUNE_EACH = 1500
_MOST_TREES = 20_000_000
"""Examples x classes above which boosted trees are left out, being too slow for a reference."""
_TEXT_PENALTIES = (1.0, 10.0, 100.0, 1000.0)
_PICTURE_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)


def raw_features(examples: Examples, *, progress: Progress | None = None) -> Any:
    """One matrix of features without pretraining, for ranking: (n, p) dense for pictures, sparse for texts.

    Edges, colours and tiny pictures side by side, or TF-IDF; nothing is learnt but the vocabulary.
    """
    if _is_text(examples):
        texts = [examples.inputs[i] for i in range(len(examples))]
        return fit_text_features(texts).apply(texts)
    found = picture_features(examples.inputs, progress=progress)
    return np.concatenate([found["edges"], found["colours"], found["pixels"]], axis=1)


@dataclass(frozen=True)
class NonTransfer:
    """A fitted reference. ``out_of_fold`` (n, K) float32: each training example predicted without it."""

    config: str
    tried: Mapping[str, float]
    """Held-out log-loss of each model that was tried."""
    out_of_fold: Floats
    configs_tried: int
    _views: _PictureViews | _TextViews
    _model: Fitted

    def predict(self, examples: Examples, *, progress: Progress | None = None) -> Floats:
        """Probabilities (n, K) float32 of examples that need not have been seen."""
        if len(examples) == 0:
            return np.empty((0, self.out_of_fold.shape[1]), dtype=np.float32)
        return self._model.probabilities(self._views.of(examples, progress)[self.config])


@dataclass(frozen=True)
class _PictureViews:
    """What each model sees of a picture: the same features, for trees cut down to a few hundred."""

    parts: Mapping[str, Rotation]
    colours: NDArray[np.int64]
    together: Rotation

    def of(self, examples: Examples, progress: Progress | None) -> dict[str, Floats]:
        return self.split(picture_features(examples.inputs, progress=progress))

    def split(self, raw: Mapping[str, Floats]) -> dict[str, Floats]:
        turned = {name: rotation.apply(raw[name]) for name, rotation in self.parts.items()}
        joint = np.concatenate([raw["edges"], raw["colours"], turned["pixels"]], axis=1)
        trees = np.concatenate([turned["edges"], raw["colours"][:, self.colours], turned["pixels"]], axis=1)
        return {"logistic": self.together.apply(joint), "boosted trees": trees}


@dataclass(frozen=True)
class _TextViews:
    features: TextFeatures

    def of(self, examples: Examples, progress: Progress | None) -> dict[str, Any]:
        rows = self.features.apply([examples.inputs[i] for i in range(len(examples))])
        return {"logistic": rows, "linear support": rows}


def fit(
    examples: Examples,
    labels: NDArray[Any],
    n_classes: int,
    groups: NDArray[Any] | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> NonTransfer:
    """Fit every simple model and keep the one with the smallest held-out log-loss.

    Parameters
    ----------
    examples : of image-classification or text-classification
    labels : int array (n,), values 0..n_classes-1
    groups : (n,) or None; folds keep groups whole

    Raises
    ------
    DatasetError
        for a task without simple features
    """
    labels = np.asarray(labels)
    views, data, models = _prepare(examples, labels, n_classes, seed, progress)
    few = sample(labels, _SELECTION_LIMIT, seed=seed)
    few_groups = None if groups is None else groups[few]
    tried: dict[str, float] = {}
    held_out: dict[str, Floats] = {}
    tuned: dict[str, SimpleModel] = {}
    with (progress or Silent()).task("simple models", len(models) + 1) as bar:
        for model in models:
            held_out[model.name], tuned[model.name] = _out_of_fold(
                model, data[model.name][few], labels[few], few_groups, n_classes, seed
            )
            tried[model.name] = float(log_losses(held_out[model.name], labels[few]).mean())
            bar.advance()
        best = min(models, key=lambda model: tried[model.name])
        everyone = held_out[best.name]
        final = tuned[best.name]
        if len(few) < len(labels):
            everyone, final = _out_of_fold(final, data[best.name], labels, groups, n_classes, seed, tune=False)
        elif len(labels) <= _TUNE_EACH:
            final = best.tuned(data[best.name], labels, groups)
        fitted = final.fit(data[best.name], labels)
        bar.advance()
    return NonTransfer(best.name, tried, everyone, sum(model.configs for model in models), views, fitted)


def _prepare(
    examples: Examples, labels: NDArray[Any], n_classes: int, seed: int, progress: Progress | None
) -> tuple[_PictureViews | _TextViews, Mapping[str, Any], list[SimpleModel]]:
    if _is_text(examples):
        texts = _TextViews(fit_text_features([examples.inputs[i] for i in range(len(examples))]))
        data = texts.of(examples, progress)
        settings = Settings(
            n_classes, _second_moments(data["logistic"]), seed=seed, penalties=_TEXT_PENALTIES, iterations=40, ramp=True
        )
        return texts, data, [
            Logistic("logistic", settings), LinearSupport("linear support", n_classes, seed),
        ]  # fmt: skip
    raw = picture_features(examples.inputs, progress=progress)
    pictures = _fit_views(raw, seed)
    settings = Settings(n_classes, pictures.together.spectrum, seed=seed, penalties=_PICTURE_PENALTIES)
    models: list[SimpleModel] = [Logistic("logistic", settings)]
    if len(labels) * n_classes * 80 <= _MOST_TREES:
        models.append(Boosted("boosted trees", n_classes, seed))
    return pictures, pictures.split(raw), models


def _fit_views(raw: Mapping[str, Floats], seed: int) -> _PictureViews:
    parts = {name: fit_rotation(raw[name], rank=64, seed=seed) for name in ("edges", "pixels")}
    common = np.argsort(-raw["colours"].mean(0), kind="stable")[:64]
    joint = np.concatenate([raw["edges"], raw["colours"], parts["pixels"].apply(raw["pixels"])], axis=1)
    return _PictureViews(parts, common, fit_rotation(joint, rank=512, seed=seed))


def _out_of_fold(
    model: SimpleModel,
    features: Any,
    labels: NDArray[Any],
    groups: NDArray[Any] | None,
    n_classes: int,
    seed: int,
    *,
    tune: bool = True,
) -> tuple[Floats, SimpleModel]:
    """Held-out probabilities (n, K), and the model as it was last tuned.

    Up to 1,500 examples each fold tunes for itself; above, where one setting more or less decides nothing, the first
    fold's choice serves all.
    """
    held = folds(labels, groups=groups, n_folds=5 if len(labels) <= 2000 else 3, seed=seed)[0]
    out = np.empty((len(labels), n_classes), dtype=np.float32)
    for fold in range(int(held.max()) + 1):
        inside = np.flatnonzero(held != fold)
        x, y = features[inside], labels[inside]
        if tune and (fold == 0 or len(labels) <= _TUNE_EACH):
            model = model.tuned(x, y, None if groups is None else groups[inside])
        out[held == fold] = model.fit(x, y).probabilities(features[held == fold])
    return out, model


def _second_moments(matrix: Any) -> Floats:
    """Mean square of each column of a sparse matrix, (d,); never 0."""
    return np.maximum(np.asarray(matrix.power(2).mean(axis=0), dtype=np.float64).ravel(), 1e-9)


def _is_text(examples: Examples) -> bool:
    if examples.task not in ("image-classification", "text-classification"):
        raise DatasetError(f"there are no simple features for {examples.task}")
    return examples.task == "text-classification"
