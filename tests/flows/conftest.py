"""Fixtures of the flows' tests."""

from tests.adapters.postgres_filled import server
from tests.adapters.postgres_server import postgres

__all__ = ["postgres", "server"]
