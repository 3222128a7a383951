"""Checks of how the adaptation went: too hot, forgetting, memorising, unstable."""
