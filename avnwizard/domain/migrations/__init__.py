"""SQL migrations of a release: what they do to live tables and to the old code."""

from avnwizard.domain.migrations.history import is_history
from avnwizard.domain.migrations.reading import read_migrations
from avnwizard.domain.migrations.timing import TableSize
from avnwizard.domain.migrations.verdict import Effect, Kind, MigrationVerdict, Statement, Work

__all__ = ["Effect", "Kind", "MigrationVerdict", "Statement", "TableSize", "Work", "is_history", "read_migrations"]
