"""From findings to a verdict: policies, the verdict itself, likely causes and the questions left open."""
