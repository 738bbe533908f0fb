"""How large the live tables are decides how long a migration is expected to take."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from avnwizard.domain.migrations import TableSize
from avnwizard.domain.migrations.timing import timed
from avnwizard.domain.migrations.verdict import Effect, Statement, Work
from avnwizard.errors import HostError
from avnwizard.flows.upgrade.meaning import largest, table_sizes

if TYPE_CHECKING:
    from avnwizard.flows.host import Host

_REWRITE = Statement("1.sql", 1, Effect("rewrites users", table="public.users", work=Work.REWRITE, blocks="writers"))


def _silent() -> None:
    raise HostError("does not answer", "")


def test_of_tables_of_one_name_the_largest_counts() -> None:
    """Two databases with public.users: the small one, asked last, does not make the migration look short."""
    large, small, notes = TableSize(8_000_000_000, 9), TableSize(8192, 1), TableSize(5, 2)
    found = largest([{"public.users": large}, {"public.users": small, "public.notes": notes}])
    assert found == {"public.users": TableSize(8_000_000_000, 9), "public.notes": TableSize(5, 2)}
    seconds = timed(_REWRITE, found).seconds
    assert seconds is not None
    assert seconds > 60


def test_the_columns_of_either_database_count() -> None:
    """Which a migration speaks of is not known: a column is there if one has it; its type only if both agree."""
    one, other = TableSize(9, 1, {"id": "int4", "name": "text"}), TableSize(5, 1, {"id": "int8", "mail": "text"})
    assert largest([{"t": one}, {"t": other}])["t"].columns == {"id": "", "name": "text", "mail": "text"}
    assert largest([{"t": one}, {"t": TableSize(5, 1)}])["t"].columns is None


def test_a_table_without_its_schema_is_found_in_any() -> None:
    """A search_path may lead anywhere: of the tables of one name the largest counts, and none passes for empty."""
    bare = Statement("1.sql", 1, Effect("rewrites log", table="log", work=Work.REWRITE, blocks="writers"))
    sizes = {"audit.log": TableSize(8_000_000_000, 9), "public.log": TableSize(8192, 1)}
    assert timed(bare, sizes).size_bytes == 8_000_000_000


def test_no_answer_is_not_an_empty_database() -> None:
    """A database without tables has nothing to rewrite; of one that does not answer nobody knows the time."""
    assert timed(_REWRITE, {}).seconds == 0
    assert timed(_REWRITE, None).seconds is None
    host = SimpleNamespace(postgres_service="postgres", has_database=True, database=_silent)
    assert table_sizes(cast("Host", host)) is None
