"""The screens, on the practice host."""
