"""One module per group of verbs, each with `register(app)`."""
