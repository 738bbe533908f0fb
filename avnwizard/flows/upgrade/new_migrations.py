"""The SQL migrations that a release adds, read from its tag and judged."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from avnwizard.domain.checkout import TreeFile
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.migrations import Columns, MigrationVerdict, TableSize, Unread, read_migrations, shape_after
from avnwizard.domain.migrations.files import is_repeatable, why_not_judged, why_skipped
from avnwizard.domain.plan import ServicePlan
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.meaning import table_sizes

_LARGEST_BYTES = 64 << 20
_SHORT_BYTES = 1 << 14


def new_migrations(
    host: Host,
    current: str,
    target: str,
    sizes: Mapping[str, TableSize] | None = None,
    *,
    before: Columns | None = None,
) -> MigrationVerdict:
    """Judge the SQL files that the target has and the current release has not, and repeatable ones that changed.

    A file that cannot be read is named in the verdict, which is cautious about it; the others are judged as ever.

    Args:
        current: a commit.
        target: a commit.
        sizes: of the live tables, which turn "rewrites a table" into a time.
        before: their columns, where no database could be asked; see `columns_before`.
    """
    fresh = fresh_texts(host, current, target)
    if fresh is None:
        return MigrationVerdict((), None, missing_folder=host.config.stack.migrations)
    return read_migrations(fresh, host.sql.judge, sizes, before=before)


def fresh_texts(host: Host, current: str, target: str) -> dict[str, str | Unread] | None:
    """The files that run in an upgrade, by path, each with its text; None where the target has no such folder."""
    folder = host.config.stack.migrations
    there = host.repo.files(target, folder)
    if not there:
        return None
    known = {one.path: one.blob for one in host.repo.files(current, folder)}
    return {one.path: _text(host, one) for one in there if _runs(one, known)}


def migrations_between(host: Host, current: str, target: str) -> MigrationVerdict:
    """Judged against the live tables; where no database can be asked, against what the current release's leave."""
    sizes = table_sizes(host)
    before = columns_before(host, current) if sizes is None else None
    return new_migrations(host, current, target, sizes, before=before)


def columns_before(host: Host, current: str) -> Columns | None:
    """The columns that the current release's own migrations leave behind; None where there are none to follow."""
    files = host.repo.files(current, host.config.stack.migrations)
    if not files:
        return None
    return shape_after({one.path: _text(host, one) for one in files}, host.sql.judge)


def _runs(file: TreeFile, known: Mapping[str, str]) -> bool:
    """Whether a file runs in the upgrade: it is new, or one that runs again since its text changed."""
    return file.path not in known or (is_repeatable(file.path) and known[file.path] != file.blob)


def unread_jobs(verdict: MigrationVerdict, services: Sequence[ServicePlan], model: ComposeModel) -> tuple[str, ...]:
    """Where the migrations were not read: that nobody knows what the services that migrate do, by name."""
    if not verdict.missing_folder:
        return ()
    parts = model.raw.get("services", {})
    names = [one.service for one in services if one.strategy != "retire" and _migrates(one.service, parts)]
    said = f"The release has no folder {verdict.missing_folder}, so its migrations were not read. "
    if not names:
        return (said + "Whether a service changes the database when it starts is not known.",)
    return (said + f"{', '.join(names)} may change the database, and what the old code makes of it is not known.",)


def _migrates(service: str, parts: Mapping[str, Any]) -> bool:
    part = parts.get(service) or {}
    return "migrat" in " ".join(map(str, (service, part.get("command"), part.get("entrypoint")))).lower()


def _text(host: Host, file: TreeFile) -> str | Unread:
    if why_skipped(file.path) or why_not_judged(file.path):
        return ""
    if not file.is_plain:
        return Unread("it is a symbolic link")
    if file.size_bytes > _LARGEST_BYTES:
        return Unread(f"it is larger than {_LARGEST_BYTES >> 20} MB")
    try:
        content = host.repo.content(file.blob)
    except HostError as error:
        return Unread(error.message)
    return _decoded(content) if len(content) <= _SHORT_BYTES else content.decode("utf-8", "replace")


@lru_cache(maxsize=16384)  # every release holds the files of those before it
def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "replace")
