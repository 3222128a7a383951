"""Whole runs on real data, shortened; started by `make acceptance`."""
