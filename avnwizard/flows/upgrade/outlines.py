"""What a release would ask of this stack, in numbers: shown beside its name before it is chosen."""

from dataclasses import dataclass
from functools import lru_cache

from avnwizard.domain.changelog import Read
from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import TagRef
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
        migrations: new SQL migrations of the product; those of other images (Ory's) are not seen from here. None
            where the release has no folder of them, so that nobody knows.
        unread: those of them that could not be read.
        env: variables that are added, renamed or removed; None where an example file cannot be read or is gone.
        breaking: items that the changelog marks as breaking.
        notices: what is to be read as well.
        told: whether the changelog has a section for the release.
        read: how far the changelog was read.
        signature: of its tag.
        breaks_old_code: whether the old code may fail on the new schema, so that going back needs a restore.
    """

    migrations: int | None
    unread: tuple[str, ...]
    env: int | None
    breaking: int
    notices: int
    told: bool
    read: Read
    signature: Signature
    breaks_old_code: bool


def outline(host: Host, current: TagRef, tag: TagRef, newest: TagRef | None = None) -> Outline:
    """Read a release without checking it out.

    Args:
        newest: the last of a list of releases, whose changelog serves for all.

    Raises:
        HostError: git does not answer.
    """
    changelog = notes_between(host, current, tag, newest)
    verdict = new_migrations(host, current.commit, tag.commit)
    return Outline(
        migrations=None if verdict.missing_folder else len(verdict.files),
        unread=tuple(path for path, _ in verdict.unread),
        env=_env_changes(host, current, tag),
        breaking=changelog.breaking,
        notices=changelog.notices,
        told=tag.name not in changelog.missing,
        read=changelog.read,
        signature=signature_of(host, tag.name) if tag.signed else Signature(Standing.NONE),
        breaks_old_code=verdict.breaks_old_code,
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
