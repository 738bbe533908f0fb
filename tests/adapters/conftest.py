"""Fixtures of the adapters' tests."""

from tests.adapters.git_stack import clone, upstream
from tests.adapters.postgres_filled import server
from tests.adapters.postgres_server import postgres

__all__ = ["clone", "postgres", "server", "upstream"]
