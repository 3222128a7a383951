"""Checks: each turns measurements into findings; one file per id of the catalogue."""
