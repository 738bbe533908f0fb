"""Tests of the adapters on real programs."""
