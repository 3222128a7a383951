"""Data in: reading, content digests, duplicates, splits, and the seal on the test labels."""
