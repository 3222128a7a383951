"""Checks of the files and papers of base models."""
