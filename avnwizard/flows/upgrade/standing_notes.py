"""What a plan has to say of the checkout: the operator's own commits, and files that are left to the operator."""

from collections.abc import Iterator

from avnwizard.domain.host import Head
from avnwizard.domain.plain import printable
from avnwizard.domain.words import count
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.inputs import Draft


def own_commits(head: Head) -> Iterator[str]:
    """Say what becomes of the operator's own commits on top of the current release."""
    if head.own:
        many, branch = head.own > 1, f"the branch {printable(head.branch)}" if head.branch else head.commit[:12]
        yield (
            f"{count(head.own, 'commit')} of your own on top of {printable(head.tag)} "
            f"{'are' if many else 'is'} carried over as local edits, not as commits; {branch} keeps "
            f"{'them' if many else 'it'}, and a rollback goes back there."
        )


def left_to_operator(host: Host, draft: Draft) -> Iterator[str]:
    """Name the edited compose files that the release no longer brings: they stay as files of the operator's own."""
    for path, content in sorted(draft.carried.items()):
        if content is not None and path in draft.compose and host.repo.read(draft.target.commit, path) is None:
            yield (
                f"{printable(draft.target.name)} no longer brings {printable(path)}: yours stays in use, as a file "
                "that git does not track."
            )
