"""The tables and columns as they stand before each statement, and what that makes of a statement's effect.

The text alone does not say whether `ADD COLUMN IF NOT EXISTS` adds anything, or whether a column's new type is stored
as the old one was. The live database does, or the migrations before.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from avnwizard.domain.migrations.verdict import Alteration, Effect, Work

Columns = Mapping[str, Mapping[str, str] | None]
"""Table (with or without its schema) -> column -> its type, as `pg_type` names it, with its modifiers; None where
nobody knows the columns."""
_TYPE = re.compile(r"(?P<name>[^()]*)(?:\((?P<modifiers>[\d, ]*)\))?")
_TEXTS = frozenset({"varchar", "text"})
_TIMES = frozenset({"timestamp", "timestamptz", "time", "timetz"})
_FINEST_TIME = 6


class Shape:
    """What is known of the tables while migrations run, one statement after the other.

    Args:
        before: the tables before the first statement; None where nobody knows.
        complete: whether there is no other table. Of a live database this is not said: a server that was not asked
            may hold more.
    """

    def __init__(self, before: Columns | None, *, complete: bool = False) -> None:
        self._complete = complete and before is not None
        self._tables: dict[str, dict[str, str] | None] = {
            name: None if each is None else dict(each) for name, each in (before or {}).items()
        }
        self._doubtful: set[tuple[str, str]] = set()
        """Columns that a statement may have found there: their rows may hold what the old code wrote."""

    @property
    def columns(self) -> Columns | None:
        """What is known by now; None where there may be tables that are not."""
        return dict(self._tables) if self._complete else None

    def settle(self, effect: Effect) -> Effect:
        """The effect with what is known of the table by now, which the statement changes for those after it."""
        change = effect.change
        if change is None:
            self._complete = self._complete and not effect.unreadable
            return effect
        steps = {
            "make": self._make,
            "add": self._add,
            "fill": self._fill,
            "unique": self._unique,
            "retype": self._retype,
            "lose": self._lose,
            "drop": self._drop,
            "rename": self._rename,
        }
        return steps[change.what](effect, change)

    def _find(self, table: str) -> str | None:
        """The name by which a table is known here; None also where several may be meant."""
        schema, _, bare = table.rpartition(".")
        if table in self._tables:
            return table
        if schema:
            return bare if schema == "public" and bare in self._tables else None
        alike = self._alike(table)
        return alike[0] if len(alike) == 1 else None

    def _alike(self, table: str) -> list[str]:
        """The tables of that name in any schema: which one a search_path leads to is not known."""
        return [name for name in self._tables if _bare(name) == _bare(table)]

    def _known(self, table: str) -> dict[str, str] | None:
        """Its columns; None where nobody knows."""
        name = self._find(table)
        return self._tables[name] if name is not None else None

    def _make(self, effect: Effect, change: Alteration) -> Effect:
        found = self._find(change.table)
        absent = self._complete and not self._alike(change.table)
        if found is None and (absent or not change.conditional):
            self._tables[change.table] = dict(change.columns) if change.columns else None
        return effect

    def _add(self, effect: Effect, change: Alteration) -> Effect:
        (name, kind), columns = change.columns[0], self._known(change.table)
        if change.conditional and (columns is None or name in columns):
            self._doubtful.add((_bare(change.table), name))
        if columns is None:
            return effect
        if change.conditional and name in columns:
            return Effect(f"finds column {name} there already", effect.table, change=change)
        columns[name] = kind
        return effect

    def _fill(self, effect: Effect, change: Alteration) -> Effect:
        if effect.loses_data or not self._in_doubt(change):
            return effect
        why = "changes rows in place, in a column that may have been there before: the old values are gone"
        return replace(effect, why=why, loses_data=True)

    def _unique(self, effect: Effect, change: Alteration) -> Effect:
        return replace(effect, breaks_old_code=True) if self._in_doubt(change) else effect

    def _in_doubt(self, change: Alteration) -> bool:
        return any((_bare(change.table), name) in self._doubtful for name, _ in change.columns)

    def _retype(self, effect: Effect, change: Alteration) -> Effect:
        (name, wanted), columns = change.columns[0], self._known(change.table)
        was = (columns or {}).get(name, "")
        if columns is not None and name in columns:
            columns[name] = wanted
        if effect.work is not Work.REWRITE or not was or change.conditional:
            return effect
        if stored_alike(was, wanted):
            why = f"changes column {name} from {was} to {wanted}, which is stored alike: no row is written"
            return replace(effect, why=why, work=Work.NONE, blocks="", breaks_old_code=False)
        return replace(effect, why=f"changes column {name} from {was} to {wanted}, which is stored otherwise")

    def _lose(self, effect: Effect, change: Alteration) -> Effect:
        (name, _), columns = change.columns[0], self._known(change.table)
        if columns is None:
            return effect
        if change.conditional and name not in columns:
            return Effect(f"would drop column {name}, which is not there", effect.table, change=change)
        columns.pop(name, None)
        return effect

    def _drop(self, effect: Effect, change: Alteration) -> Effect:
        found = self._find(change.table)
        if found is not None:
            del self._tables[found]
        elif change.conditional and self._complete and not self._alike(change.table):
            return Effect(f"would drop table {change.table}, which is not there", effect.table, change=change)
        return effect

    def _rename(self, effect: Effect, change: Alteration) -> Effect:
        found = self._find(change.table)
        if found is None:
            return effect
        (old, new), columns = change.columns[0], self._tables[found]
        if not old:
            schema = found.rpartition(".")[0]
            self._tables[f"{schema}.{new}" if schema else new] = self._tables.pop(found)
        elif columns is not None and old in columns:
            columns[new] = columns.pop(old)
        return effect


def _bare(table: str) -> str:
    return table.rpartition(".")[2]


def stored_alike(was: str, wanted: str) -> bool:
    """Whether every value of one type is one of the other as it is stored (PostgreSQL 18 manual, ALTER TABLE)."""
    (old, had), (new, has) = _parts(was), _parts(wanted)
    if old in _TEXTS and new in _TEXTS:
        return not has or (old == "varchar" and bool(had) and had[0] <= has[0])
    if old != new:
        return False
    if old == "numeric":
        return not has or (len(had) == len(has) == 2 and had[1] == has[1] and had[0] <= has[0])  # noqa: PLR2004
    if old in _TIMES:
        return (had or [_FINEST_TIME])[0] <= (has or [_FINEST_TIME])[0]
    return had == has


def _parts(kind: str) -> tuple[str, list[int]]:
    found = _TYPE.fullmatch(kind)
    if found is None:
        return kind, []
    numbers = [int(part) for part in (found["modifiers"] or "").split(",") if part.strip()]
    return found["name"], [*numbers, 0] if found["name"] == "numeric" and len(numbers) == 1 else numbers
