"""The migrations of one database, as far as avnwizard runs them itself."""

from collections.abc import Sequence
from typing import Protocol

from avnwizard.domain.migrations.holding import ColumnFacts
from avnwizard.domain.migrations.release_list import ListTable, Split


class Migrations(Protocol):
    """One database of a server."""

    def lists(self) -> tuple[ListTable, ...]:
        """The tables in which a tool may keep which migrations ran, by their names."""

    def column(self, schema: str, table: str, column: str) -> ColumnFacts | None:
        """A live column, or the table as such for ""; None where there is none. A schema of "" is public."""

    def recorded(self, split: Split) -> frozenset[str]:
        """Which of a split's files the release's own list names by now."""

    def there(self, split: Split) -> bool:
        """Whether any of what the rest removes or renames is still there."""

    def apply(self, split: Split, statements: Sequence[str], *, record: bool) -> None:
        """Run statements as the owner of the list, in one transaction.

        Args:
            record: also enter the split's files into the list.
        """
