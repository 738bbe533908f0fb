"""Fixtures of the adapters' tests."""

from tests.adapters.git_stack import clone, upstream

__all__ = ["clone", "upstream"]
