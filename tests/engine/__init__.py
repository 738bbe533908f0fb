"""Tests that need a real Docker Engine."""
