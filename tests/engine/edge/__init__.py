"""Rolls behind what the product's own edge does not have: one small stack for all of these tests."""
