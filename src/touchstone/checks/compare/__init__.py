"""Checks that hold the adapted model against honest references."""
