"""Which base model fits the data: transferability scores from frozen features, and their order."""
