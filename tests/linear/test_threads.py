from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from touchstone.linear.threads import SMALL, suited


def _blas() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_small_products_use_one_thread_and_large_ones_all() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = _blas()
        with suited(SMALL - 1):
            assert _blas() == {1}
        with suited(SMALL):
            assert _blas() == before
        assert _blas() == before
