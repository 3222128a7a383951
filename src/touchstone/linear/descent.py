"""Limited-memory BFGS for smooth convex functions of up to millions of variables.

scipy's L-BFGS-B also handles bounds, and pays for them: with two million variables that machinery takes twice the time
of the function itself. Steps are remembered in single precision, which a quasi-Newton direction does not mind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
Function = Callable[[Floats], tuple[float, Floats]]

_MEMORY = 6
_ARMIJO = 1e-4
_SHORTEST = 1e-10


def minimise(
    function: Function, start: Floats, *, iterations: int, gradient_tolerance: float, value_tolerance: float = 1e-7
) -> Floats:
    """The minimiser of a smooth convex function.

    Parameters
    ----------
    function : from variables (m,) to value and gradient (m,); best scaled so that curvatures are about 1
    iterations : at most
    gradient_tolerance : stop when no component of the gradient is larger
    value_tolerance : stop when a step lowers the value by less than this share of it

    References
    ----------
    Nocedal, Wright, Numerical Optimization (2006), algorithm 7.4.
    """
    x = np.asarray(start, dtype=np.float64)
    value, gradient = function(x)
    history: deque[tuple[Floats, Floats, float]] = deque(maxlen=_MEMORY)
    for _ in range(iterations):
        if np.abs(gradient).max(initial=0.0) <= gradient_tolerance:
            break
        direction = _direction(gradient, history)
        slope = float(direction @ gradient)
        if slope >= 0.0:  # rounding has spoilt the memory: begin afresh with steepest descent
            history.clear()
            direction, slope = -gradient, -float(gradient @ gradient)
        found = _search(function, x, value, direction, slope)
        if found is None:
            break
        new_x, new_value, new_gradient = found
        step, change = (new_x - x).astype(np.float32), (new_gradient - gradient).astype(np.float32)
        curvature = float(step @ change)
        if curvature > 1e-12 * float(change @ change):
            history.append((step, change, curvature))
        gained = value - new_value
        x, value, gradient = new_x, new_value, new_gradient
        if gained <= value_tolerance * max(abs(value), 1.0):
            break
    return x


def _direction(gradient: Floats, history: deque[tuple[Floats, Floats, float]]) -> Floats:
    """The two-loop recursion: minus the remembered inverse curvature times the gradient."""
    q = gradient.astype(np.float32)
    shares = []
    for step, change, curvature in reversed(history):
        share = float(step @ q) / curvature
        q -= np.float32(share) * change
        shares.append(share)
    if history:
        _, change, curvature = history[-1]
        q *= np.float32(curvature / float(change @ change))
    for (step, change, curvature), share in zip(history, reversed(shares), strict=True):
        q += np.float32(share - float(change @ q) / curvature) * step
    return -q.astype(np.float64)


def _search(
    function: Function, x: Floats, value: float, direction: Floats, slope: float
) -> tuple[Floats, float, Floats] | None:
    """The first step along ``direction`` that lowers the value enough, from 1 downwards; None where none does."""
    length = 1.0
    while length >= _SHORTEST:
        candidate = x + length * direction
        new_value, new_gradient = function(candidate)
        if new_value <= value + _ARMIJO * length * slope:
            return candidate, new_value, new_gradient
        # the parabola through value, slope and the new value, kept from shrinking too fast
        parabola = -slope * length / (2.0 * (new_value - value - slope * length))
        length *= min(max(parabola, 0.1), 0.5)
    return None
