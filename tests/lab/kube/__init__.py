"""A real Kubernetes of one node for the lab: built once a machine, in a network namespace of its own."""
