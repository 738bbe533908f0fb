"""Several Postgres servers behind one port `Database`: each database is called SERVER/DATABASE and asked there."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from avnwizard.adapters.durable import appearing
from avnwizard.adapters.files import refusal
from avnwizard.adapters.postgres.several_globals import handed_out, joined
from avnwizard.domain.host import DatabaseFacts, ServerFacts
from avnwizard.domain.migrations import TableSize
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.collations import StaleDatabase
from avnwizard.domain.postgres.database import DatabaseContents, DatabaseProperties, FileFacts
from avnwizard.domain.postgres.globals import GlobalsChange
from avnwizard.domain.postgres.names import apart, qualified
from avnwizard.domain.postgres.writes import WriteCounters
from avnwizard.errors import HostError, RefusedError
from avnwizard.ports import Database, Moment, Progress, SealedRows
from avnwizard.ports.migrations import Migrations
from avnwizard.ports.roles import Roles

T = TypeVar("T")


@dataclass(frozen=True)
class NamedMoment:
    """A database held as of one moment, under its name among several servers."""

    database: str
    inner: Moment

    @property
    def id(self) -> str:
        """The exported snapshot, of its own server."""
        return self.inner.id

    @property
    def major(self) -> int:
        """Its server's major version."""
        return self.inner.major

    @property
    def counters(self) -> WriteCounters:
        """What had been written when the moment came."""
        return self.inner.counters

    def contents(self) -> DatabaseContents:
        """What it held then."""
        return self.inner.contents()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self.inner.cancelled

    def cancel(self) -> None:
        """End `contents` and a dump of this early."""
        self.inner.cancel()


class SeveralServers:
    """The servers of a stack together.

    Args:
        servers: label -> the way to it.
    """

    def __init__(self, servers: Mapping[str, Database]) -> None:
        self._servers = dict(servers)

    def server(self) -> ServerFacts:
        """The versions of all; major, data folder and WAL position are the first one's."""
        facts = {label: one.server() for label, one in self._servers.items()}
        first = next(iter(facts.values()))
        return replace(first, version=", ".join(f"{one.version} ({label})" for label, one in facts.items()))

    def databases(self) -> tuple[DatabaseFacts, ...]:
        """Every database of every server."""
        return tuple(
            replace(facts, name=qualified(label, facts.name))
            for label, one in self._servers.items()
            for facts in one.databases()
        )

    def fingerprint(self, database: str) -> str:
        """A hash over the schema."""
        at, name = self._at(database)
        return at.fingerprint(name)

    def look(self, databases: Sequence[str]) -> dict[str, tuple[str, WriteCounters]]:
        """Schema and counters of each, a server at a time."""
        return self._each(databases, lambda at, names: at.look(names))

    def stale_collations(self) -> tuple[StaleDatabase, ...]:
        """Those of every server."""
        return tuple(
            replace(one, name=qualified(label, one.name))
            for label, at in self._servers.items()
            for one in at.stale_collations()
        )

    def renew_collations(self, database: str) -> int:
        """Make the indexes of those again."""
        at, name = self._at(database)
        return at.renew_collations(name)

    def row_counts(self, database: str) -> dict[str, int]:
        """Exact rows per table."""
        at, name = self._at(database)
        return at.row_counts(name)

    def table_sizes(self, database: str) -> dict[str, TableSize]:
        """Bytes, estimated rows and columns per table."""
        at, name = self._at(database)
        return at.table_sizes(name)

    def write_counters(self, database: str) -> WriteCounters:
        """Rows written per table."""
        at, name = self._at(database)
        return at.write_counters(name)

    def dump_globals(self, to: Path) -> FileFacts:
        """The globals of each server, one after the other, in one 0600 file."""
        texts: dict[str, bytes] = {}
        for label, one in self._servers.items():
            part = to.with_name(f"{to.name}.{len(texts)}")
            try:
                one.dump_globals(part)
                texts[label] = part.read_bytes()
            except OSError as error:
                raise refusal("read", part, error) from error
            finally:
                part.unlink(missing_ok=True)
        try:
            with appearing(to) as sink:
                sink.take(joined(texts))
        except OSError as error:
            raise refusal("write", to, error) from error
        return sink.written()

    def globals_changes(self, dump: Path) -> GlobalsChange:
        """How the globals of each differ from what `dump_globals` wrote."""
        return self._globals(dump, lambda at, part: at.globals_changes(part))

    def repair_globals(self, dump: Path, *, only_missing: bool = False) -> GlobalsChange:
        """Put roles back, on each server its own."""
        return self._globals(dump, lambda at, part: at.repair_globals(part, only_missing=only_missing))

    def dump_rows(self, database: str, tables: Sequence[str], to: Path, progress: Progress) -> None:
        """Rows of some tables."""
        at, name = self._at(database)
        at.dump_rows(name, tables, to, progress)

    @contextlib.contextmanager
    def moments(self, databases: Sequence[str]) -> Iterator[tuple[Moment, ...]]:
        """Hold databases: those of one server as of one moment, the servers one right after the other."""
        with contextlib.ExitStack() as stack:
            found: dict[str, Moment] = {}
            for label, names in self._sorted(databases).items():
                held = stack.enter_context(self._servers[label].moments(names))
                found |= {qualified(label, one.database): one for one in held}
            yield tuple(NamedMoment(name, found[name]) for name in databases)

    def dump(self, moment: Moment, to: Path, progress: Progress) -> tuple[FileFacts, DatabaseContents]:
        """`pg_dump -Fc` of that moment."""
        assert isinstance(moment, NamedMoment)
        return self._at(moment.database)[0].dump(moment.inner, to, progress)

    def read_back(self, dump: Path, progress: Progress = lambda _done, _total: None) -> None:
        """Read a dump to its end, with the tools of the newest server: older ones may not know its format."""
        newest = max(self._servers.values(), key=lambda one: one.server().major)
        newest.read_back(dump, progress)

    def restore(self, dump: Path, database: str, progress: Progress, *, scratch: bool = False) -> None:
        """Into an empty database."""
        at, name = self._at(database)
        at.restore(dump, name, progress, scratch=scratch)

    def free_bytes(self) -> int | None:
        """The least of the servers' room; None where one cannot tell."""
        return _least(one.free_bytes() for one in self._servers.values())

    def proving_bytes(self) -> int | None:
        """The least room for scratch databases; None where one server cannot tell."""
        return _least(one.proving_bytes() for one in self._servers.values())

    def may_create(self) -> bool:
        """Whether databases may be made on each."""
        return all(one.may_create() for one in self._servers.values())

    def create(self, database: str, *, owner: str, like: str | DatabaseProperties = "") -> None:
        """An empty database on its server."""
        at, name = self._at(database)
        at.create(name, owner=owner, like=apart(like)[1] if isinstance(like, str) else like)

    def exists(self, database: str) -> bool:
        """Whether there is such a database."""
        at, name = self._at(database)
        return at.exists(name)

    def rename(self, old: str, new: str) -> None:
        """Rename it on its server."""
        at, name = self._at(old)
        at.rename(name, apart(new)[1])

    def drop(self, database: str) -> None:
        """Drop it on its server."""
        at, name = self._at(database)
        at.drop(name)

    def sealed_rows(self, database: str) -> SealedRows:
        """What a service keeps in one database under its secrets."""
        at, name = self._at(database)
        return at.sealed_rows(name)

    def migrations(self, database: str) -> Migrations:
        """What avnwizard runs itself of a release's migrations, in one database."""
        at, name = self._at(database)
        return at.migrations(name)

    def roles(self) -> Roles:
        """Not of several: roles of one name belong to each server apart."""
        raise RefusedError(
            f"A role belongs to one server, and this stack has {len(self._servers)}.",
            "Name it in avnwizard.toml for as long as this takes: [postgres] service",
        )

    def _at(self, database: str) -> tuple[Database, str]:
        label, name = apart(database)
        if label not in self._servers:
            known = ", ".join(qualified(one, "DATABASE") for one in self._servers)
            raise HostError(
                f"{printable(database, limit=63)} names no server of this stack, which has {len(self._servers)}.",
                f"Name a database by its server: {known}",
            )
        return self._servers[label], name

    def _sorted(self, databases: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for database in databases:
            self._at(database)
            label, name = apart(database)
            found.setdefault(label, []).append(name)
        return found

    def _each(self, databases: Sequence[str], ask: Callable[[Database, list[str]], dict[str, T]]) -> dict[str, T]:
        by_server = self._sorted(databases)
        return {
            qualified(label, name): answer
            for label, names in by_server.items()
            for name, answer in ask(self._servers[label], names).items()
        }

    def _globals(self, dump: Path, change: Callable[[Database, Path], GlobalsChange]) -> GlobalsChange:
        repaired: list[str] = []
        left: list[str] = []
        with handed_out(dump) as parts:
            for label, one in self._servers.items():
                if label not in parts:
                    raise HostError(f"{dump.name} holds no roles of {label}.", "Use a snapshot of the same servers.")
                found = change(one, parts[label])
                repaired += [f"{label}: {line}" for line in found.repaired]
                left += [f"{label}: {line}" for line in found.left]
        return GlobalsChange(tuple(repaired), tuple(left))


def _least(found: Iterator[int | None]) -> int | None:
    rooms = list(found)
    known = [one for one in rooms if one is not None]
    return min(known) if len(known) == len(rooms) else None
