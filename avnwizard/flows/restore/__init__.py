"""Restoring a snapshot apart from a rollback."""
