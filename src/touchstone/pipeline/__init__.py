"""The one place that knows the order of stages: from a study to evidence, verdict and output folder."""
