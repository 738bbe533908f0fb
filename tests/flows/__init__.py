"""Tests of the procedures, on the practice host and through the command line."""
