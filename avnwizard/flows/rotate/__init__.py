"""Replacing a secret while people stay signed in."""
