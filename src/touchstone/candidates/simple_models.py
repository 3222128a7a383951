"""The classifiers behind the non-transfer reference, each with held-out predictions by one interface."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from touchstone.linear.cross_fit import Settings, choose_penalty, fit_chosen
from touchstone.linear.folds import folds, sample
from touchstone.linear.softmax import softmax

Floats = NDArray[Any]

_SVM_PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0)
_SVM_SEARCH_LIMIT = 3000


class Fitted(Protocol):
    """A classifier of feature rows."""

    def probabilities(self, features: Any) -> Floats: ...


class SimpleModel(Protocol):
    """A way to learn from features (n, d): first its settings are chosen by cross-validation, then it is fitted."""

    @property
    def name(self) -> str: ...
    @property
    def configs(self) -> int: ...
    def tuned(self, features: Any, labels: NDArray[Any], groups: NDArray[Any] | None) -> SimpleModel: ...
    def fit(self, features: Any, labels: NDArray[Any]) -> Fitted: ...


@dataclass(frozen=True)
class Logistic:
    """L2 multinomial logistic regression, the penalty by inner cross-validation."""

    name: str
    settings: Settings
    penalty_c: float = 1.0

    @property
    def configs(self) -> int:
        """Penalties that are tried."""
        return len(self.settings.penalties)

    def tuned(self, features: Any, labels: NDArray[Any], groups: NDArray[Any] | None) -> Logistic:
        """The same with the penalty of the smallest held-out log-loss."""
        return replace(self, penalty_c=choose_penalty(features, labels, groups, self.settings))

    def fit(self, features: Any, labels: NDArray[Any]) -> Fitted:
        """Fit on (n, d) features, dense or sparse."""
        fitted: Fitted = fit_chosen(features, labels, self.penalty_c, self.settings)
        return fitted


@dataclass(frozen=True)
class Boosted:
    """Gradient-boosted trees on histograms, with scikit-learn's defaults but for a small tree."""

    name: str
    n_classes: int
    seed: int
    configs: int = 1

    def tuned(self, features: Any, labels: NDArray[Any], groups: NDArray[Any] | None) -> Boosted:
        """The same: there is one configuration."""
        return self

    def fit(self, features: Any, labels: NDArray[Any]) -> Fitted:
        """Fit on dense (n, d) features; rounds are bounded, since trees of all classes are grown in each."""
        from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]

        model = HistGradientBoostingClassifier(
            max_iter=80, learning_rate=0.1, max_leaf_nodes=15, l2_regularization=1.0, early_stopping=False,
            max_bins=63, max_features=0.3, random_state=self.seed,
        )  # fmt: skip
        return _Trees(model.fit(features, labels), self.n_classes)


@dataclass(frozen=True)
class _Trees:
    model: Any
    n_classes: int

    def probabilities(self, features: Any) -> Floats:
        out = np.zeros((features.shape[0], self.n_classes), dtype=np.float32)
        out[:, self.model.classes_] = self.model.predict_proba(features)
        smoothed = out + 1e-4  # a class that these folds lacked is not impossible
        return np.asarray(smoothed / smoothed.sum(1, keepdims=True))


@dataclass(frozen=True)
class LinearSupport:
    """Linear support vector machines, one against the rest; probabilities are a scaled softmax of their margins."""

    name: str
    n_classes: int
    seed: int
    penalty_c: float = 1.0
    scale: float = 1.0
    configs: int = len(_SVM_PENALTIES)

    def tuned(self, features: Any, labels: NDArray[Any], groups: NDArray[Any] | None) -> LinearSupport:
        """The same with penalty and scale from held-out margins on at most 3,000 examples (or 30 per class)."""
        kept = sample(labels, max(_SVM_SEARCH_LIMIT, 30 * self.n_classes), seed=self.seed)
        x, y = features[kept], labels[kept]
        held = folds(y, groups=None if groups is None else groups[kept], n_folds=3, seed=self.seed)[0]
        best: tuple[float, float, float] | None = None
        for penalty_c in _SVM_PENALTIES:
            margins = np.empty((len(y), self.n_classes))
            for fold in range(int(held.max()) + 1):
                out = held == fold
                margins[out] = self._one(x[~out], y[~out], penalty_c, 1.0).margins(x[out])
            scale, loss = _best_scale(margins, y)
            if best is None or loss < best[0]:
                best = (loss, penalty_c, scale)
        assert best is not None
        return replace(self, penalty_c=best[1], scale=best[2])

    def fit(self, features: Any, labels: NDArray[Any]) -> Fitted:
        """Fit on (n, d), dense or sparse."""
        return self._one(features, labels, self.penalty_c, self.scale)

    def _one(self, x: Any, y: NDArray[Any], penalty_c: float, scale: float) -> _Machines:
        from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]
        from sklearn.svm import LinearSVC  # type: ignore[import-untyped]

        model = LinearSVC(C=penalty_c, tol=1e-2, max_iter=200, random_state=self.seed)
        with warnings.catch_warnings():
            # an unfinished machine is still judged by its held-out margins
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x, y)
        return _Machines(model, self.n_classes, scale)


@dataclass(frozen=True)
class _Machines:
    model: Any
    n_classes: int
    scale: float

    def margins(self, features: Any) -> Floats:
        raw = self.model.decision_function(features)
        if raw.ndim == 1:
            raw = np.stack([-raw, raw], axis=1)
        out = np.repeat(raw.min(1, keepdims=True) - 1.0, self.n_classes, axis=1)
        out[:, self.model.classes_] = raw
        return np.asarray(out)

    def probabilities(self, features: Any) -> Floats:
        return softmax(self.scale * self.margins(features)).astype(np.float32)


def _best_scale(margins: Floats, labels: NDArray[Any]) -> tuple[float, float]:
    """The factor on the margins with the smallest log-loss, and that loss."""
    from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]

    rows = np.arange(len(labels))

    def loss(log_scale: float) -> float:
        return float(-np.log(np.maximum(softmax(np.exp(log_scale) * margins)[rows, labels], 1e-12)).mean())

    found = minimize_scalar(loss, bounds=(-3.0, 5.0), method="bounded", options={"xatol": 0.01})
    return float(np.exp(found.x)), float(found.fun)
