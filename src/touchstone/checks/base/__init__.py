"""Checks of the candidate base models."""
