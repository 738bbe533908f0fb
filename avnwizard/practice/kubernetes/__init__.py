"""A simulated cluster with one Helm release, behind the same port."""
