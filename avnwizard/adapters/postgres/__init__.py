"""The port `Database` over a real PostgreSQL server: psycopg for questions, the server's own tools for dumps."""

from avnwizard.adapters.postgres.database import PostgresDatabase

__all__ = ["PostgresDatabase"]
