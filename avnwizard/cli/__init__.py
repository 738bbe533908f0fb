"""The verbs; the only writer to stdout and stderr."""
