"""One module per task: what an example is, what identifies it, and how to augment it."""
