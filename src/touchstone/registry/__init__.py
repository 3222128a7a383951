"""Who decided, on what evidence, and what rests on it: an append-only log, and tables that are rebuilt from it."""
