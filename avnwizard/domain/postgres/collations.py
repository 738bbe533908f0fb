"""Indexes whose order another C or ICU library defined: which databases have some, and what becomes of them."""

from dataclasses import dataclass

from avnwizard.domain.plain import printable


@dataclass(frozen=True)
class StaleDatabase:
    """A database whose text was put in order by a library of another version than the server has now.

    Attributes:
        was, now: the versions recorded and at hand, of the database's own collation or of the first that differs; ""
            where the library has none, as musl.
        indexes: how many depend on one of those collations.
        ranges: partitioned tables whose bounds do, "schema.table": rows may lie in the wrong partition.
    """

    name: str
    was: str
    now: str
    indexes: int
    ranges: tuple[str, ...] = ()

    @property
    def is_another_library(self) -> bool:
        """Whether one of the two libraries has no versions: PostgreSQL records no step from one to the other."""
        return not (self.was and self.now)

    @property
    def sentence(self) -> str:
        """What is the matter."""
        name, was, now = printable(self.name, limit=63), printable(self.was), printable(self.now)
        counted = "1 index depends" if self.indexes == 1 else f"{self.indexes} indexes depend"
        then = f"version {was} of a library" if was else "a library without versions"
        return (
            f"{name}: {then} put text in order, and the server has {now or 'one without versions'}; {counted} on it"
        )
