"""A rehearsal: a release tried on an isolated copy of the stack, with a copy of its data."""
