"""A Helm release to its next chart, and back."""
