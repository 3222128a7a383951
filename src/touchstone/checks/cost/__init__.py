"""Checks of what the run cost."""
