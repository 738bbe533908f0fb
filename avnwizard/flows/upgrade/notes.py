"""The release notes between two releases; a list of releases reads the newest one's for all of them."""

from avnwizard.domain.changelog import ChangelogRange, sections_between
from avnwizard.domain.host import TagRef
from avnwizard.flows.host import Host


def notes_between(host: Host, current: TagRef, target: TagRef, newest: TagRef | None = None) -> ChangelogRange:
    """What the changelog says of the releases after `current` up to `target`.

    Args:
        newest: a later release whose changelog is read first, since it holds what the others' do: so that many
            releases need one reading. The target's own is read where that one has no section for the target.

    Raises:
        HostError: git does not answer.
    """
    if newest is not None and newest.commit != target.commit:
        found = sections_between(_text(host, newest), current.name, target.name)
        if target.name not in found.missing:
            return found
    return sections_between(_text(host, target), current.name, target.name)


def _text(host: Host, tag: TagRef) -> str:
    return (host.repo.read(tag.commit, host.config.stack.changelog) or b"").decode("utf-8", "replace")
