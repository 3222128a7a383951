"""The words of the contract: findings, evidence, intervals, the catalogue, errors. Standard library only."""
