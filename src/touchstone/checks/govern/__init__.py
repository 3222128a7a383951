"""Checks of the governance checkpoint."""
