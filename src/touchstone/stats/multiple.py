"""Several p-values of one check, adjusted so that the check spends its false-alarm budget once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float] | NDArray[Any]) -> NDArray[np.float64]:
    """Step-down adjusted p-values: compare each with alpha itself.

    Parameters
    ----------
    p_values : float array of shape (m,), each in 0..1, of any dependence

    Returns
    -------
    float array of shape (m,), in the order given, never smaller than what was given

    References
    ----------
    Holm (Scandinavian Journal of Statistics 1979).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.size == 0:
        return values
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("p-values must lie in 0..1")
    # statsmodels' multipletests does the same, and runs the garbage collector (0.1 s) at every call
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
