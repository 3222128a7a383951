import pytest

from touchstone.nn.schedule import multiplier


def test_rises_then_falls_and_is_never_zero():
    shares = [multiplier(step, 100, 0.1) for step in range(100)]
    assert max(shares) == 1.0
    assert shares[:10] == sorted(shares[:10])
    assert shares[10:] == sorted(shares[10:], reverse=True)
    assert min(shares) > 0


@pytest.mark.parametrize("warmup", [0.0, 1.0])
def test_allows_no_warm_up_and_nothing_else(warmup):
    shares = [multiplier(step, 10, warmup) for step in range(10)]
    assert max(shares) == 1.0 and min(shares) > 0


def test_one_step_gets_the_full_rate():
    assert multiplier(0, 1, 0.1) == 1.0
