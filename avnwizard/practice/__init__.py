"""A simulated Docker host behind the same ports."""
