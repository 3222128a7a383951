"""Whole studies of scikit-learn's digits with the two small base models that the package brings along.

`glyphs` was trained on drawn characters and fits digits; `textures` was not and does not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import touchstone.demo
from benchmarks.faults.material import table
from touchstone.study.model import Study
from touchstone.study.parse import from_mapping

BASES = Path(touchstone.demo.__file__).parent / "bases"
PER_CLASS = 12
"""Training digits of each class: so few that a fitting base shows."""


@dataclass(frozen=True)
class Pictures:
    """Labelled pictures in memory, grey, 0..1, with further columns for a table."""

    pixels: NDArray[Any]  # (n, side, side)
    labels: NDArray[Any]  # (n,)
    columns: Mapping[str, Sequence[str]]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: Any) -> Pictures:
        """Some of them, by row or by mask."""
        rows = np.arange(len(self))[rows]
        columns = {name: [values[row] for row in rows] for name, values in self.columns.items()}
        return Pictures(self.pixels[rows], self.labels[rows], columns)

    def beside(self, **columns: Sequence[str]) -> Pictures:
        """The same with further columns."""
        return replace(self, columns={**self.columns, **columns})

    def relabelled(self, labels: NDArray[Any]) -> Pictures:
        """The same under other labels."""
        return replace(self, labels=labels)

    def noisy(self, rng: np.random.Generator, sigma: Any) -> Pictures:
        """The same with noise of this standard deviation; an array gives one for each picture."""
        strength = np.broadcast_to(np.asarray(sigma, dtype=float), (len(self),))[:, None, None]
        return replace(self, pixels=np.clip(self.pixels + strength * rng.normal(size=self.pixels.shape), 0, 1))


@cache
def _digits() -> Pictures:
    from sklearn.datasets import load_digits

    found = load_digits()
    return Pictures(found.images / 16, found.target, {})


def drawn(
    rng: np.random.Generator, n_test: int = 600, per_class: int = PER_CLASS
) -> tuple[Pictures, Pictures, Pictures]:
    """Training digits, as many of each class; test digits; and all the rest, by which a fault is measured out."""
    digits = _digits()
    order = rng.permutation(len(digits))
    train = np.concatenate([order[digits.labels[order] == k][:per_class] for k in range(10)])
    others = order[~np.isin(order, train)]
    return digits.take(train), digits.take(others[:n_test]), digits.take(others[n_test:])


def base(where: Path, name: str, *, shuffled: np.random.Generator | None = None, stirred: float = 0.0) -> str:
    """Copy a base model into the study's folder; gives its path as a study writes it.

    ``shuffled`` puts the numbers of every weight into another order; ``stirred`` adds noise of that share of each
    weight's spread. Either leaves the vouching manifest out, since the bytes are no longer those.
    """
    from safetensors.numpy import load_file, save_file

    target = where / "bases" / (name if shuffled is None else f"{name}-{'stirred' if stirred else 'shuffled'}")
    shutil.copytree(BASES / name, target)
    if shuffled is not None:
        (target / "manifest.json").unlink()
        weights = load_file(target / "model.safetensors")
        for key, values in weights.items():
            if stirred and values.ndim > 1:
                weights[key] = (values + stirred * values.std() * shuffled.normal(size=values.shape)).astype(
                    values.dtype
                )
            elif not stirred and values.ndim > 1:
                weights[key] = shuffled.permutation(values.reshape(-1)).reshape(values.shape)
        save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    return str(target.relative_to(where))


def study(where: Path, splits: Mapping[str, Pictures], bases: Sequence[str], **parts: Any) -> Study:
    """Write pictures and tables and give a plan; splits other than train and test are shift sets."""
    data: dict[str, Any] = {
        "license": "CC-BY-4.0",
        "source": "scikit-learn's digits",
        "columns": {"input": "file", "label": "digit"},
    }
    data |= {"shift": {name: f"{name}.csv" for name in splits if name not in ("train", "test")}}
    for name, pictures in splits.items():
        written = _written(where, name, pictures)
        data |= {name: written} if name in ("train", "test") else {}
    data = {**data, **parts.pop("data", {})}
    plan = {
        "touchstone": 1, "name": "digits", "task": "image-classification", "data": data, "base_models": list(bases),
        "intended_use": {"purpose": "read digits on forms", "use": "research", "owner": "benchmark of planted faults"},
    }  # fmt: skip
    return from_mapping({**plan, **parts}, where)


def _written(where: Path, name: str, pictures: Pictures) -> str:
    rows = []
    for i, (pixels, label) in enumerate(zip(pictures.pixels, pictures.labels, strict=True)):
        path = where / name / f"{i:04}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray((pixels * 255).round().astype(np.uint8)).save(path)
        more = {column: values[i] for column, values in pictures.columns.items()}
        rows.append({"file": f"{name}/{path.name}", "digit": f"digit {label}", **more})
    return table(where / f"{name}.csv", rows).name


class Model:
    """A base model with a head fitted by logistic regression: what somebody could have brought for assessment."""

    def __init__(self, where: Path, written: str, train: Pictures) -> None:
        from sklearn.linear_model import LogisticRegression
        from transformers import AutoModelForImageClassification, logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self._seen: dict[int, tuple[Pictures, NDArray[Any]]] = {}
        names = {k: f"digit {label}" for k, label in enumerate(np.unique(train.labels))}
        self.network = AutoModelForImageClassification.from_pretrained(
            where / written, id2label=names, label2id={name: k for k, name in names.items()},
            ignore_mismatched_sizes=True,
        ).eval()  # fmt: skip
        self.classes, self.folder, self.base = np.unique(train.labels), where, written
        features = self.features(train)
        centre, spread = features.mean(0), features.std(0) + 1e-6
        found = LogisticRegression(max_iter=2000).fit((features - centre) / spread, train.labels)
        coefficients, intercept = found.coef_, found.intercept_
        if len(self.classes) == 2:  # scikit-learn keeps the second class's side alone
            coefficients, intercept = (np.concatenate([-one / 2, one / 2]) for one in (coefficients, intercept))
        self.weights, self.bias = coefficients / spread, intercept - coefficients @ (centre / spread)

    def features(self, pictures: Pictures) -> NDArray[Any]:
        """What the backbone says of pictures, (n, d); of the same pictures once."""
        if id(pictures) not in self._seen:
            self._seen[id(pictures)] = (pictures, self._features(pictures))
        return self._seen[id(pictures)][1]

    def _features(self, pictures: Pictures) -> NDArray[Any]:
        import torch

        images = [Image.fromarray((one * 255).round().astype(np.uint8)).convert("RGB") for one in pictures.pixels]
        sized = np.stack([np.asarray(one.resize((32, 32), Image.Resampling.BILINEAR)) for one in images])
        inputs = torch.from_numpy(sized.astype(np.float32).transpose(0, 3, 1, 2)) / 127.5 - 1
        with torch.inference_mode():
            return np.asarray(self.network.base_model(inputs).pooler_output.flatten(1), dtype=np.float64)

    def logits(self, pictures: Pictures) -> NDArray[Any]:
        """(n, classes)."""
        return np.asarray(self.features(pictures) @ self.weights.T + self.bias)

    def right(self, pictures: Pictures) -> NDArray[Any]:
        """Which answers are right."""
        return np.asarray(self.classes[self.logits(pictures).argmax(1)] == pictures.labels)

    def overconfidence(self, pictures: Pictures, times: float) -> float:
        """Mean confidence less accuracy, with every logit ``times`` as large."""
        logits = times * self.logits(pictures)
        sure = 1 / np.exp(logits - logits.max(1, keepdims=True)).sum(1)
        return float(sure.mean() - self.right(pictures).mean())

    def sharpened(self, times: float) -> None:
        """Make it surer of every answer, which changes none."""
        self.weights, self.bias = times * self.weights, times * self.bias

    def saved(self) -> dict[str, str]:
        """Write it in transformers' layout; gives ``adapted`` of a study."""
        import torch

        with torch.no_grad():
            self.network.classifier[-1].weight.copy_(torch.from_numpy(self.weights))
            self.network.classifier[-1].bias.copy_(torch.from_numpy(self.bias))
        target = self.folder / "model"
        self.network.save_pretrained(target)
        shutil.copy(self.folder / self.base / "preprocessor_config.json", target)
        return {"path": "model", "base": self.base}


def strength(measured: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Where a measure that grows with a fault's strength reaches what is wanted, by halving."""
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if measured(middle) < wanted else (low, middle)
    return (low + high) / 2


QUICK = {"budget": {"minutes": 0.01}, "seeds": 1}
"""For questions about one finished model: the reference from scratch is left out."""


def assessed(where: Path, model: Model, splits: Mapping[str, Pictures], **parts: Any) -> Study:
    """A study of a finished model."""
    return study(where, splits, [model.base], **{"adapted": model.saved(), "adapt": QUICK, **parts})


def sound(rng: np.random.Generator, where: Path) -> Study:
    """A finished model without a fault: cameras that tell nothing, a shift set that is none, modest bounds."""
    train, test, rest = drawn(rng)
    model = Model(where, base(where, "glyphs"), train)
    model.sharpened(strength(lambda times: model.overconfidence(rest, times), 0.0, 0.3, 3.0))
    bound = round(float(model.right(rest).mean()) - 0.05, 3)
    splits = {name: some.beside(camera=cameras(rng, len(some))) for name, some in (("train", train), ("test", test))}
    return assessed(
        where, model, {**splits, "same": rest.take(slice(500))}, data={"slices": ["camera"]},
        require={"accuracy": f">= {bound}"},
    )  # fmt: skip


def cameras(rng: np.random.Generator, n: int) -> list[str]:
    """One of three cameras for each picture."""
    return [str(one) for one in rng.choice(["east", "north", "west"], n)]


def recipe(name: str, rate: float, **more: Any) -> dict[str, Any]:
    """A user's recipe that trains everything."""
    return {
        "name": name,
        "layers": "all",
        "learning_rate": rate,
        "epochs": 10,
        "batch_size": 16,
        "augment": "none",
        **more,
    }


FAIR = 1e-3
"""A rate at which the small bases train well."""
BY_HEART = recipe("by heart", FAIR, epochs=100, weight_decay=0.0, probe_first=False)


def recipes(rng: np.random.Generator, where: Path) -> Study:
    """A fitting base, and recipes of a user's: fair, idle, ever hotter, and one that learns by heart."""
    train, test, _ = drawn(rng)
    hot = [recipe(f"hot {times}", times * FAIR) for times in (10, 30, 50, 100)]
    several = [recipe("fair", FAIR), recipe("idle", 1e-7, epochs=2), *hot, BY_HEART]
    return study(where, {"train": train, "test": test}, [base(where, "glyphs")], adapt={"recipes": several})


def foreign(rng: np.random.Generator, where: Path) -> Study:
    """A base from elsewhere, which fine-tuning makes much better."""
    train, test, _ = drawn(rng, per_class=30)
    several = {"recipes": [recipe("fair", FAIR), recipe("long", FAIR, epochs=30)]}
    return study(where, {"train": train, "test": test}, [base(where, "textures")], adapt=several)
