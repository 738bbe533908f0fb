"""Where the state of a stack lies, and what logins kept for themselves before every login shared it."""

import stat
from collections.abc import Iterator
from pathlib import Path

from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.engine.journal import Journal
from avnwizard.errors import HostError
from avnwizard.flows.host import Host

_PASSABLE = stat.S_IXGRP | stat.S_IXOTH


def memory(host: Host) -> Iterator[Finding]:
    """What a check says of the state: where it is, whether other logins look elsewhere, and what lies elsewhere."""
    state = host.state
    if not state.pointer:
        return
    if state.pointed and state.pointed != state.folder:
        yield Finding(
            "state",
            "warn",
            printable(f"This login uses the state in {state.folder}; other logins use that in {state.pointed}."),
            printable(f"Unset AVNWIZARD_STATE_DIR, or write the folder for all into {state.pointer}"),
        )
    else:
        yield Finding("state", "ok", printable(f"The state of this stack is in {state.folder}."))
    if state.volatile:
        yield Finding(
            "state",
            "warn",
            "The state lies in memory (tmpfs): a reboot takes the journal, and with it the way back of a run.",
            "Name a folder on a disk in AVNWIZARD_STATE_DIR.",
        )
    if trouble := _unshared(host):
        yield Finding("state", "warn", printable(trouble), "How to share it: avnwizard help state")
    for line in also(host):
        yield Finding("state", "ok", line)


def _unshared(host: Host) -> str:
    """Why the group that shares the checkout cannot use the state; "" where it can, or where no group does."""
    if not host.files.mode(host.repo.git_dir) & stat.S_IWGRP:
        return ""
    folder = host.state.folder
    if not host.files.mode(folder) & stat.S_IWGRP:
        return f"A group shares the checkout, but not the state in {folder}."
    closed = next((above for above in folder.parents if not host.files.mode(above) & _PASSABLE), None)
    return (
        f"A group shares the checkout, but cannot reach the state in {folder}: {closed} is closed." if closed else ""
    )


def also(host: Host) -> Iterator[str]:
    """A line for each folder that holds earlier runs of this stack apart from the state: they are not merged."""
    for folder in host.state.others:
        try:
            runs = Journal.look(folder / host.state.journal.name)
        except HostError:
            yield _line("runs that cannot be read from here", folder)
            continue
        if runs:
            count = "1 earlier run" if len(runs) == 1 else f"{len(runs)} earlier runs"
            yield _line(f"{count}, the last {runs[0].id} {runs[0].title} ({runs[0].state}),", folder)


def _line(what: str, folder: Path) -> str:
    return printable(f"also: {what} in {folder}")
