"""Snapshots: planning, taking, dumping, proving, finding, verifying and pruning them."""
