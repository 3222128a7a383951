"""How alike two sets of features of the same inputs are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def debiased_cka(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Linear centred kernel alignment with the unbiased estimate of the Hilbert-Schmidt criterion.

    Parameters
    ----------
    a, b : float arrays of shape (n, d) and (n, e), the same n inputs in the same order; n >= 4

    Returns
    -------
    float, 1 for features equal up to rotation and scale, about 0 for unrelated ones at any d (the plain estimate
    goes to 1 where d exceeds n); below 0 only by noise. NaN where one side is constant.

    References
    ----------
    Kornblith et al. (ICML 2019); Song et al. (JMLR 2012) for the estimate; Davari et al. (ICLR 2023) on how it is
    fooled: never an alarm by itself.
    """
    first, second = _gram(a), _gram(b)
    scale = _hsic(first, first) * _hsic(second, second)
    if not scale > 0:
        return float("nan")
    return float(_hsic(first, second) / np.sqrt(scale))


def likeness(base: NDArray[Any], tuned: NDArray[Any]) -> float | None:
    """How much of a base's features is left in a fine-tune's, as :func:`debiased_cka`, both (n, d) with n >= 4.

    0 where the fine-tune answers everything alike, or with what is no number; None where the base itself does.
    """
    if not np.isfinite(tuned).all() or np.ptp(tuned, axis=0).max() == 0:
        return 0.0
    value = debiased_cka(base, tuned)
    return None if np.isnan(value) else value


def _gram(features: NDArray[Any]) -> NDArray[np.float64]:
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    size = np.linalg.norm(centred)
    gram: NDArray[np.float64] = (centred / size if size > 0 else centred) @ (centred / max(size, 1e-300)).T
    np.fill_diagonal(gram, 0.0)
    return gram


def _hsic(k: NDArray[np.float64], m: NDArray[np.float64]) -> float:
    n = len(k)
    cross = (k @ m).sum()
    return float(((k * m).sum() + k.sum() * m.sum() / ((n - 1) * (n - 2)) - 2 * cross / (n - 2)) / (n * (n - 3)))
