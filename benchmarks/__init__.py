"""Speed, each as a ratio with its spread; started by `make bench`."""
