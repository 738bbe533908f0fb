"""SQL migrations of a release: what they do to live tables and to the old code."""

from avnwizard.domain.migrations.history import is_history
from avnwizard.domain.migrations.reading import Judge, Judged, Unread, read_migrations, shape_after
from avnwizard.domain.migrations.shape import Columns
from avnwizard.domain.migrations.timing import TableSize
from avnwizard.domain.migrations.verdict import Alteration, Effect, Kind, MigrationVerdict, Statement, Work

__all__ = [
    "Alteration",
    "Columns",
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
    "shape_after",
]
