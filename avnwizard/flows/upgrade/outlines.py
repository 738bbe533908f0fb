"""What a release would ask of this stack, read from its tag: the one summary that the list and the wizard show."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from avnwizard.domain.changelog import Read
from avnwizard.domain.checkout import TagRef
from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.migrations import MigrationVerdict, TableSize
from avnwizard.domain.signature import Signature, Standing
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.safety.provenance import signature_of
from avnwizard.flows.upgrade.examples import examples
from avnwizard.flows.upgrade.new_migrations import new_migrations
from avnwizard.flows.upgrade.notes import notes_between


@dataclass(frozen=True)
class Outline:
    """All that changes between the current release and another.

    Attributes:
        migrations: the product's new SQL migrations, judged; those of other images (Ory's) are not seen from here.
        env: variables that are added, renamed or removed; None where an example file cannot be read or is gone.
        breaking: items that the changelog marks as breaking.
        notices: what is to be read as well.
        told: whether the changelog has a section for the release.
        read: how far the changelog was read.
        source: what was read where there is no changelog, "" where there is.
        signature: of its tag.
    """

    migrations: MigrationVerdict
    env: int | None
    breaking: int
    notices: int
    told: bool
    read: Read
    source: str
    signature: Signature

    @property
    def files(self) -> int | None:
        """How many files of migrations there are; None where the release has no folder of them: nobody knows."""
        return None if self.migrations.missing_folder else len(self.migrations.files)

    @property
    def unread(self) -> tuple[str, ...]:
        """Those of them that could not be read."""
        return tuple(path for path, _ in self.migrations.unread)

    @property
    def breaks_old_code(self) -> bool:
        """Whether the old code may fail on the new schema, so that going back needs a restore."""
        return self.migrations.breaks_old_code


def outline(
    host: Host,
    current: TagRef,
    tag: TagRef,
    newest: TagRef | None = None,
    *,
    sizes: Mapping[str, TableSize] | None = None,
    signature: Signature | None = None,
) -> Outline:
    """Read a release without checking it out.

    Args:
        newest: the last of a list of releases, whose changelog serves for all.
        sizes: of the live tables, which turn "rewrites a table" into a time.
        signature: of the tag, where the caller has it.

    Raises:
        HostError: git does not answer.
    """
    changelog = notes_between(host, current, tag, newest)
    if signature is None:
        signature = signature_of(host, tag.name) if tag.signed else Signature(Standing.NONE)
    return Outline(
        migrations=new_migrations(host, current.commit, tag.commit, sizes),
        env=_env_changes(host, current, tag),
        breaking=changelog.breaking,
        notices=changelog.notices,
        told=tag.name not in changelog.missing,
        read=changelog.read,
        source=changelog.source,
        signature=signature,
    )


def _env_changes(host: Host, current: TagRef, tag: TagRef) -> int | None:
    try:
        found = examples(host, current.commit, tag.commit)
        return None if found.missing else _counted(found.before, found.after)
    except WizardError:
        return None


@lru_cache(maxsize=512)  # most releases leave the example as it is
def _counted(before: bytes, after: bytes) -> int:
    diff = diff_env(EnvFile.parse_release(before), EnvFile.parse_release(after))
    related = sum(max(len(group.old), len(group.new)) for group in diff.related)
    return len(diff.added) + len(diff.removed) + len(diff.renamed) + related
