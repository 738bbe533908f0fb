"""What a release means for this operator, read from its tag without checking it out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from avnwizard.domain.changelog import Read
from avnwizard.domain.compose import ComposeDiff, compose_diff
from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel, TagRef
from avnwizard.domain.migrations import MigrationVerdict, TableSize
from avnwizard.errors import RefusedError, WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.examples import examples
from avnwizard.flows.upgrade.new_migrations import new_migrations
from avnwizard.flows.upgrade.notes import notes_between
from avnwizard.ports import Repo


@dataclass(frozen=True)
class Meaning:
    """What lies between the current release and another.

    Attributes:
        breaking: breaking items of the changelog.
        notices: what it says that is to be read as well.
        read: how far it was read.
        source: what was read where there is no changelog, "" where there is.
        migrations: the SQL files that the release adds, judged.
        env_changes: variables of the example file that were added, removed or renamed; None where that is gone.
    """

    breaking: int
    migrations: MigrationVerdict
    env_changes: int | None
    notices: int
    read: Read
    source: str = ""


def meaning(
    host: Host,
    current: TagRef,
    target: TagRef,
    sizes: Mapping[str, TableSize] | None = None,
    *,
    newest: TagRef | None = None,
) -> Meaning:
    """Read what changed between two tags.

    Args:
        sizes: of the live tables, which turn "rewrites a table" into a time.
        newest: the last of a list of releases, whose changelog serves for all.
    """
    changelog = notes_between(host, current, target, newest)
    found = examples(host, current.commit, target.commit)
    added, removed, renamed = _env_counts(found.before, found.after)
    return Meaning(
        breaking=changelog.breaking,
        notices=changelog.notices,
        read=changelog.read,
        source=changelog.source,
        migrations=new_migrations(host, current.commit, target.commit, sizes),
        env_changes=None if found.missing else added + removed + renamed,
    )


@lru_cache(maxsize=512)  # most releases leave the example as it is
def _env_counts(before: bytes, after: bytes) -> tuple[int, int, int]:
    diff = diff_env(EnvFile.parse_release(before), EnvFile.parse_release(after))
    return len(diff.added), len(diff.removed), len(diff.renamed)


def added_files(repo: Repo, folder: str, current: str, target: str) -> dict[str, str]:
    """Path -> text of the files in a folder that the target has and the current release has not."""
    known = set(repo.list(current, folder))
    fresh = [path for path in repo.list(target, folder) if path not in known]
    return {path: (repo.read(target, path) or b"").decode("utf-8", "replace") for path in fresh}


def table_sizes(host: Host) -> dict[str, TableSize]:
    """The live tables' sizes by "schema.table", over all databases; {} where the database cannot be asked."""
    if not host.has_database:
        return {}
    try:
        database = host.database()
        found = [database.table_sizes(one.name) for one in database.databases()]
    except WizardError:
        return {}
    return {name: TableSize(size, rows) for sizes in found for name, (size, rows) in sizes.items()}


def compose_changes(old: ComposeModel, new: ComposeModel, servers: Collection[str] = ()) -> tuple[str, ...]:
    """What changed between two resolved models, in sentences without a value of any variable.

    Args:
        servers: services that are known to be Postgres, whatever their images are called.

    Raises:
        RefusedError: the major version of Postgres changes: that is no plain roll.
    """
    diff = compose_diff(old.raw, new.raw, servers)
    for major in diff.postgres_majors:
        raise RefusedError(
            f"This release takes {major.service} from Postgres {major.old} to {major.new}. A new major cannot read "
            "the old one's files, so it is no plain roll. Nothing was changed.",
            f"First take the database there by itself: avnwizard postgres upgrade --to {major.new}. Then upgrade.",
        )
    return tuple(_sentences(diff))


def _sentences(diff: ComposeDiff) -> list[str]:
    said = [f"service {name} is new" for name in diff.services_added]
    said += [f"service {name} is gone" for name in diff.services_removed]
    said += [f"volume {name} is new and starts empty" for name in diff.volumes_added]
    for mount in diff.mounts:
        was, now = mount.old or "nothing", mount.new or "nothing"
        said.append(f"{mount.service} mounts {now} at {mount.target}, where {was} was")
    for change in diff.services_changed:
        if change.image is not None:
            said.append(f"{change.name} runs {change.image.new}, was {_was(change.image.new, change.image.old)}")
        said += [
            f"{change.name}: {len(parts)} {what if len(parts) > 1 else what.removesuffix('s')} changed"
            for what, parts in (
                ("environment variables", change.environment),
                ("labels", change.labels),
                ("ports", change.ports),
                ("networks", change.networks),
                ("other settings", change.other),
            )
            if parts
        ]
    return said


def _was(new: str, old: str) -> str:
    """The old image; its tag alone where the rest is the same."""
    name, _, tag = old.rpartition(":")
    return tag if name and "/" not in tag and name == new.rpartition(":")[0] else old
