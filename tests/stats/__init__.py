"""Behaviour of the statistics, by simulation with known truth."""
