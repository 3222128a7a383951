"""Checks of the adapted model on the sealed test set and on shift sets."""
