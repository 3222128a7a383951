"""The study file: what it may say, parsing with line numbers, the lock, and a first draft."""
