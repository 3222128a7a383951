"""Statistics: arrays in, numbers out; intervals, claims, decisions, permutations, sizes and learning curves."""
