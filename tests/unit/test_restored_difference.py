"""One comparison of a restored database with its dump, for the proof of a snapshot and for a restore."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from avnwizard.flows.snapshot.proving import difference

if TYPE_CHECKING:
    from avnwizard.domain.snapshot import DumpedDatabase
    from avnwizard.ports import Database

_ROWS = {"public.a": 2, "public.b": 5}


def _told(rows: dict[str, int], *, schema: str = "x", exact: bool = True) -> str:
    server: Any = SimpleNamespace(fingerprint=lambda _name: schema, row_counts=lambda _name: rows)
    dumped = SimpleNamespace(fingerprint="x", rows=_ROWS, exact=exact)
    return difference(cast("Database", server), cast("DumpedDatabase", dumped), "copy")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (_ROWS, ""),
        ({"public.a": 2, "public.b": 4}, "public.b has 4 rows, 5 were dumped"),
        ({"public.a": 2}, "public.b has no rows, 5 were dumped"),
        ({**_ROWS, "public.c": 0}, "public.c has 0 rows, none were dumped"),
    ],
)
def test_rows_that_differ_are_named(rows: dict[str, int], told: str) -> None:
    """A table with other rows, one that is missing, and one that nobody dumped."""
    assert _told(rows) == told


def test_another_schema_is_found_first() -> None:
    """Equal rows in another schema are no equal database."""
    assert _told(_ROWS, schema="y") == "it has another schema"


def test_an_older_snapshot_counted_rows_later() -> None:
    """Format 1 counted right after the dump: other numbers prove nothing, a missing table does."""
    assert _told({"public.a": 2, "public.b": 9}, exact=False) == ""
    assert _told({"public.a": 2}, exact=False).startswith("public.b")
