"""A compose file resolved without Docker, for the practice host."""
