"""Secrets that are replaced while people stay signed in: how they are written, what is sealed under them, which."""
