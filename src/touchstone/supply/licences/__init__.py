"""Licences: which terms a model comes under, what they say about a use, and what they ask for in return."""
