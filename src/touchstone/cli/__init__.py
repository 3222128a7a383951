"""The command line: one module per verb, a skin over calls that Python users make too."""
