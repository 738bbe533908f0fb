"""What a plan has to say of the checkout: the operator's own commits, and files that are left to the operator."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from avnwizard.domain.checkout import Head
from avnwizard.domain.host import ComposeProject
from avnwizard.domain.origin import called_now
from avnwizard.domain.plain import printable
from avnwizard.domain.words import count
from avnwizard.flows.host import Host
from avnwizard.flows.stack.models import compose_paths
from avnwizard.flows.stack.renamed import by_hand_from_now, followed
from avnwizard.flows.upgrade.inputs import UpgradeInputs


def own_commits(head: Head) -> Iterator[str]:
    """Say what becomes of the operator's own commits on top of the current release."""
    if head.own:
        many, branch = head.own > 1, f"the branch {printable(head.branch)}" if head.branch else head.commit[:12]
        yield (
            f"{count(head.own, 'commit')} of your own on top of {printable(head.tag)} "
            f"{'are' if many else 'is'} carried over as local edits, not as commits; {branch} keeps "
            f"{'them' if many else 'it'}, and a rollback goes back there."
        )


def file_notes(host: Host, draft: UpgradeInputs) -> Iterator[str]:
    """What becomes of compose files that the release drops or calls otherwise."""
    yield from _left_to_operator(host, draft)
    yield from _renamed(host, draft)


def _left_to_operator(host: Host, draft: UpgradeInputs) -> Iterator[str]:
    """Name the edited compose files that the release no longer brings: they stay as files of the operator's own."""
    for path, content in sorted(draft.carried.items()):
        if content is not None and path in draft.compose and host.repo.read(draft.target.commit, path) is None:
            yield (
                f"{printable(draft.target.name)} no longer brings {printable(path)}: yours stays in use, as a file "
                "that git does not track."
            )


def coming_project(host: Host, draft: UpgradeInputs, env: bytes) -> ComposeProject:
    """The project as it will be run: a release may call its compose files otherwise, or drop one."""
    project, top = host.stack.project, host.repo.directory.resolve()
    files = tuple(top / path for path in draft.compose)
    same = {file.resolve(): file for file in project.files}
    project = replace(
        project, files=tuple(same.get(file, file) for file in files), env_absent=project.env_absent and not env
    )
    return project.with_env_file(top / draft.coming.path) if draft.coming.was else project


def _renamed(host: Host, draft: UpgradeInputs) -> Iterator[str]:
    """Name the files that the release calls otherwise, or no longer brings."""
    release = printable(draft.target.name)
    if was := draft.coming.was:
        now = printable(draft.coming.path)
        yield (
            f"{release} calls {printable(was)} {now}: your settings move there. {by_hand_from_now(draft.coming.path)}"
        )
    for path in compose_paths(host):
        if path in draft.compose:
            continue
        by_name = called_now(PurePosixPath(path), lambda one: str(one) in draft.compose)
        there = by_name or followed(host, draft.target.commit, path)
        if there is None:
            yield f"{release} no longer brings {printable(path)}: what it sets ends with this upgrade."
            continue
        named = by_name is None or path in host.config.stack.files
        change = f' Write "{printable(str(there))}" into [stack] files of avnwizard.toml afterwards.' if named else ""
        yield f"{release} calls {printable(path)} {printable(str(there))}: the stack is run from that then.{change}"
