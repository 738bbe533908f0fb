"""SQL migrations of a release: what they do to live tables and to the old code."""

from avnwizard.domain.migrations.history import is_history
from avnwizard.domain.migrations.reading import Judge, Judged, Unread, read_migrations
from avnwizard.domain.migrations.timing import TableSize
from avnwizard.domain.migrations.verdict import Effect, Kind, MigrationVerdict, Statement, Work

__all__ = [
    "Effect",
    "Judge",
    "Judged",
    "Kind",
    "MigrationVerdict",
    "Statement",
    "TableSize",
    "Unread",
    "Work",
    "is_history",
    "read_migrations",
]
