"""A rehearsal: an isolated copy of the stack, its proof, and what came of it."""
