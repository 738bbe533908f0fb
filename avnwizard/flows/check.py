"""Is this stack fit to be upgraded? Looks at everything, changes nothing, and never stops at the first finding."""

import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial

from avnwizard.domain import cadence as in_time
from avnwizard.domain.drift import Drifted
from avnwizard.domain.findings import Finding, worst
from avnwizard.domain.host import ComposeModel, Container
from avnwizard.domain.plain import printable
from avnwizard.domain.volumes import durable_volumes
from avnwizard.domain.words import count, size, verb
from avnwizard.engine.carried import apart
from avnwizard.errors import WizardError
from avnwizard.flows.contract.planning import held_back
from avnwizard.flows.holding import unfinished_business
from avnwizard.flows.host import Host
from avnwizard.flows.memory import memory
from avnwizard.flows.postgres.left_behind import replication_findings
from avnwizard.flows.postgres.renewing import order_findings
from avnwizard.flows.rotate.pending import findings as rotations
from avnwizard.flows.run.unfinished import between_releases, half_done, unfinished_run
from avnwizard.flows.safety.placing import placed
from avnwizard.flows.safety.unprotected import database_findings
from avnwizard.flows.snapshot.planning import sizes_of
from avnwizard.flows.snapshot.taking import worth_keeping
from avnwizard.flows.stack import drift, lockstep
from avnwizard.flows.stack.engine_fit import engine_findings
from avnwizard.flows.stack.former_images import kept_images
from avnwizard.flows.stack.made_from import made_from
from avnwizard.flows.stack.survey import ailing, read_env
from avnwizard.flows.upgrade.cadence import cadence

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check(host: Host, target: str = "") -> tuple[Finding, ...]:
    """Every finding, gravest matter first: unfinished runs, what runs otherwise than the files say, then the rest.

    Args:
        target: the release to upgrade to; its tag must be where the remote has it.
    """
    parts: tuple[Callable[[Host], Iterator[Finding]], ...] = (
        _runs, memory, partial(_services, target=target), placed, database_findings, order_findings,
        replication_findings, held_back,
        engine_findings, _git, partial(_remote, target=target), _env, rotations, _cadence, _disk,
    )  # fmt: skip
    found: list[Finding] = []
    for part in parts:
        try:
            found.extend(part(host))
        except WizardError as error:
            name = getattr(part, "__name__", "") or getattr(part, "func", part).__name__
            name = name.strip("_").partition("_")[0]
            said = {(one.message, one.hint) for one in found}
            if (error.message, error.hint) not in said:  # one cause, such as a missing file, stops several parts
                found.append(Finding(name, "stop", error.message, error.hint))
    return tuple(found)


def _cadence(host: Host) -> Iterator[Finding]:
    yield from in_time.findings(cadence(host))


def _services(host: Host, *, target: str) -> Iterator[Finding]:
    model, containers = host.stack.resolve(), host.stack.containers()
    if model.services and not any(one.service in model.services and not one.one_off for one in containers):
        yield _nothing_runs(host, len(model.services))
        return
    yield from made_from(host, model)
    found = drift.look(host, model, containers)
    half = None
    with suppress(WizardError):  # another finding says what is wrong with the journal
        journal = host.journal()
        half = half_done(apart(journal), journal.steps)
    if half:
        yield from between_releases(half, found)
    else:
        yield from _compared(host, model, containers, found, target)
    ill = ailing(model, containers, now=host.clock.now())
    for service, why in sorted(ill.items()):
        yield Finding(
            "services", "stop", f"{service} is {why}.", f"Fix it first: docker compose logs --tail 50 {service}"
        )
    if not ill:
        yield Finding("services", "ok", f"All {len(model.services)} services serve.")


def _compared(
    host: Host, model: ComposeModel, containers: Sequence[Container], found: Drifted, target: str
) -> Iterator[Finding]:
    """What runs otherwise than the files say, though no run is at it."""
    yield from drift.findings(host, found)
    unlike = tuple(lockstep.findings(host, model, containers, target=target))
    yield from unlike
    together = set(host.config.lockstep.services)
    if together & set(model.services) and not unlike and not {one.service for one in found.images} & together:
        yield Finding("pins", "ok", f"{host.config.lockstep.name}'s images are those that the release pins.")


def _nothing_runs(host: Host, services: int) -> Finding:
    project = printable(host.stack.project.name, limit=63)
    files = " ".join(f"-f {printable(str(file), limit=200)}" for file in host.stack.project.files)
    return Finding(
        "services", "stop",
        f"None of the {count(services, 'service')} of this stack has a container (Compose project {project}).",
        f"Start the stack first: docker compose {files} up -d; if it runs under another name, say so in "
        "avnwizard.toml: [stack] project.",
    )  # fmt: skip


def _runs(host: Host) -> Iterator[Finding]:
    journal = host.journal()
    others = tuple(unfinished_business(host))
    yield from others
    if found := unfinished_run(host):
        yield found
        return
    if worst(others) == "stop":  # a helper may belong to what is at work or unfinished there
        return
    if not others:
        yield Finding("runs", "ok", "No unfinished run.")
    yield from kept_images(host, journal)
    for one in host.edge.directors():
        yield Finding(
            "runs", "stop", f"A helper of run {one.run or '(unknown)'} still steers the requests to {one.service}.",
            f"No run needs it: docker rm -f {one.id[:12]}",
        )  # fmt: skip


def _git(host: Host) -> Iterator[Finding]:
    state, head = host.repo.state(), host.repo.head()
    if state.busy:
        yield Finding("git", "stop", f"A {state.busy} is in progress in the checkout.", "Finish or abort it first.")
    if state.locked:
        yield Finding(
            "git", "stop", ".git/index.lock exists: another git is at work, or one died.",
            "Look whether a git runs; if none does, remove the file.",
        )  # fmt: skip
    if state.shallow:
        yield Finding(
            "git",
            "warn",
            "The clone is shallow: local edits may not merge.",
            "git fetch --unshallow brings the rest.",
        )
    if state.edited:
        edited = f"{count(len(state.edited), 'tracked file')} {verb(len(state.edited), 'has', 'have')}"
        yield Finding(
            "git", "warn", f"{edited} local edits: {', '.join(state.edited[:3])}.",
            "They are carried over by a three-way merge, and kept.",
        )  # fmt: skip
    if head.tag:
        where = f"on branch {head.branch}" if head.branch else "detached, as the manual leaves it"
        own = f", with {count(head.own, 'commit')} of your own on top" if head.own else ""
        yield Finding("git", "ok", f"The checkout is at {head.tag} ({where}){own}.")
    else:
        yield Finding(
            "git", "stop", f"The checkout is at {head.commit[:12]}, which no release tag names.",
            "git checkout the release that runs; commits of your own may lie on top of it, those of the vendor's "
            "branches may not.",
        )  # fmt: skip


def _remote(host: Host, *, target: str) -> Iterator[Finding]:
    head = host.repo.head()
    if not head.tag:
        return  # another finding says so
    if not host.repo.state().remote:
        yield Finding("remote", "warn", "The checkout has no remote: only releases that are here can be used.")
        return
    moved = []
    for tag in dict.fromkeys((head.tag, target or head.tag)):
        try:
            theirs = host.repo.remote_tag(tag)
        except WizardError as error:
            yield Finding("remote", "warn", error.message, "Releases that are here can still be used.")
            return
        if not theirs:
            moved.append(tag)
            yield Finding(
                "remote", "warn", f"The remote no longer has {tag}: the release may have been withdrawn.",
                "Ask the vendor why before you use it.",
            )  # fmt: skip
        ours = next((one.commit for one in host.repo.tags() if one.name == tag), head.commit)
        if theirs and theirs != ours:
            moved.append(tag)
            yield Finding(
                "remote", "stop", f"The remote's {tag} is {theirs[:12]}, here it is {ours[:12]}: the tag was moved.",
                "Ask the vendor why before you trust the release.",
            )  # fmt: skip
    if not moved:
        yield Finding("remote", "ok", "The remote answers, and the tag is where it was.")


def _env(host: Host) -> Iterator[Finding]:
    path = host.stack.project.env_file
    read_env(host)
    if host.stack.project.env_absent:
        yield Finding("env", "ok", f"There is no {path}, and the compose files need none.")
        return
    mode = host.files.mode(path)
    shared = host.files.mode(host.repo.git_dir) & stat.S_IWGRP  # that group can change the stack as it likes
    if mode & (stat.S_IRWXO if shared else _OTHERS):
        yield Finding(
            "env", "stop", f"{path} can be read by others (mode {mode:03o}); it holds secrets.", f"chmod 600 {path}"
        )
    else:
        yield Finding("env", "ok", f"{path} is there and private.")
    if twice := host.stack.shadowed():
        names = ", ".join(twice[:3]) + (f" and {len(twice) - 3} more" if len(twice) > 3 else "")  # noqa: PLR2004
        yield Finding(
            "env", "warn",
            f"This shell exports {names}, as the env file does: Compose by hand would use the shell's.",
            "avnwizard uses the env file's. Unset them before you run docker compose here yourself.",
        )  # fmt: skip


def _disk(host: Host) -> Iterator[Finding]:
    folder = host.state.snapshots
    free = host.files.free_bytes(folder)
    if host.has_database:
        needed = sum(one.size_bytes for one in worth_keeping(host.database())) + _volumes(host)
        if free < needed:
            yield Finding(
                "disk", "stop", f"A snapshot may need {size(needed)} in {folder}, and {size(free)} is free.",
                "Make room, or set AVNWIZARD_STATE_DIR to a folder on a larger disk.",
            )  # fmt: skip
        else:
            yield Finding("disk", "ok", f"{size(free)} is free for a snapshot of at most {size(needed)}.")
    yield from _docker_root(host)


def _volumes(host: Host) -> int:
    """Bytes in the volumes that a snapshot holds too."""
    chosen = host.config.snapshot.volumes
    found = durable_volumes(host.stack.resolve(), but=host.choice.services) if chosen else ()
    return sum(taken for _, taken in sizes_of(host, [one for one in found if one.volume in chosen]))


def _docker_root(host: Host) -> Iterator[Finding]:
    facts = host.stack.engine()
    if facts.free_bytes is None:
        return
    images = {service.image for service in host.stack.resolve().services.values()}
    here = [image for reference in sorted(images) if (image := host.stack.image(reference))]
    needed = sum(image.size_bytes for image in here)
    level = "warn" if facts.free_bytes < needed else "ok"
    yield Finding(
        "disk", "warn" if level == "warn" else "ok",
        f"{size(facts.free_bytes)} is free in {facts.root_dir}; this release's images take {size(needed)}.",
        "The new images may not fit alongside the old ones: docker image prune" if level == "warn" else "",
    )  # fmt: skip
