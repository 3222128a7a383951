"""How many threads linear algebra uses: one for small matrices, where more would mostly wait for each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

SMALL = 1e8
"""Multiplications of one matrix product below which a second thread gains little, and on a busy machine loses tenfold."""


@contextmanager
def suited(multiplications: float) -> Iterator[None]:
    """Use one thread inside the block where its largest matrix product is small; the work alone decides."""
    if multiplications >= SMALL:
        yield
        return
    with _pools().limit(limits=1, user_api="blas"):
        yield


@cache
def _pools() -> Any:
    import scipy.linalg.blas  # type: ignore[import-untyped]  # noqa: F401  # so that its library is found as well
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
