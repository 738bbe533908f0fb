"""Read everything that an upgrade to one release depends on; the decisions follow from it."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from avnwizard.domain.answers import Answers, Decision
from avnwizard.domain.changelog import ChangelogRange
from avnwizard.domain.changelog.plainly import plainly
from avnwizard.domain.checkout import Head, TagRef
from avnwizard.domain.compose import VariableUse, image_variables, variables_used
from avnwizard.domain.config import COMPOSE_FILES
from avnwizard.domain.drift import Drifted
from avnwizard.domain.env_decisions import env_decisions
from avnwizard.domain.env_pins import Defaults, Pin, pins
from avnwizard.domain.env_readers import Readers
from avnwizard.domain.envdiff import EnvDiff, diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.interpolation import InterpolationError
from avnwizard.domain.migrations import MigrationVerdict
from avnwizard.domain.origin import all_called_now, is_followed, named_by
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Breaking
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.stack import drift, lockstep, renamed
from avnwizard.flows.stack.drawing import ReleaseFiles, compose_drawn_in
from avnwizard.flows.stack.in_the_way import refuse_overwriting
from avnwizard.flows.stack.models import compose_paths
from avnwizard.flows.stack.renamed import called_in, followed
from avnwizard.flows.stack.submodules import refuse_submodules
from avnwizard.flows.stack.survey import read_env
from avnwizard.flows.upgrade import releases
from avnwizard.flows.upgrade.env_reading import readers
from avnwizard.flows.upgrade.examples import examples, skipped, to_acknowledge
from avnwizard.flows.upgrade.new_migrations import migrations_between
from avnwizard.flows.upgrade.notes import notes_between
from avnwizard.flows.upgrade.release_words import marked_breaking
from avnwizard.flows.upgrade.stops import with_stops
from avnwizard.flows.upgrade.tracked_env import EnvOfRelease, env_of_release


@dataclass(frozen=True)
class UpgradeInputs:
    """An upgrade before it is decided.

    Attributes:
        operator: the env file as it is.
        coming: the same as the target's checkout makes it, where git tracks it; the decisions are made on that.
        compose: the target's compose files with the local edits carried over: path in the checkout -> content.
        drawn: further compose files that those draw in, alike.
        edited: tracked files with local edits, as they are: path -> content (None: deleted).
        carried: the same files as they will be at the target.
        uses: the variables of the target's compose files.
        drifted: what runs otherwise than the current release's files say.
        readers: who may read what these do not name.
        pins: variables that decide what image runs, and whose default the release changes.
    """

    current: TagRef
    target: TagRef
    head: Head
    operator: EnvFile
    coming: EnvOfRelease
    changelog: ChangelogRange
    breaking: tuple[Breaking, ...]
    diff: EnvDiff
    uses: Mapping[str, VariableUse]
    compose: Mapping[str, bytes]
    edited: Mapping[str, bytes | None]
    carried: Mapping[str, bytes | None]
    edits_patch: bytes
    migrations: MigrationVerdict
    drifted: Drifted
    readers: Readers
    pins: tuple[Pin, ...]
    skipped: tuple[str, ...]
    drawn: Mapping[str, bytes]

    @property
    def release(self) -> ReleaseFiles:
        """Where the target's further files are read from."""
        return ReleaseFiles(self.target.commit, self.carried, self.target.name)

    @property
    def every_compose(self) -> Mapping[str, bytes]:
        """The target's compose files with those that they draw in."""
        return {**self.compose, **self.drawn}

    def decisions(self, answers: Answers) -> tuple[Decision, ...]:
        """Everything to be decided, given the answers so far."""
        acknowledgements = (
            Decision(
                "acknowledge", item.id, f"{item.id}: {printable(item.title, limit=200)}", in_full=plainly(item.text)
            )
            for item in self.breaking
        )
        notes = "\n".join(one.body_markdown for one in self.changelog.versions)
        asked = env_decisions(
            self.coming.env, self.diff, self.uses, answers, readers=self.readers, pins=self.pins, notes=notes
        )
        return (*self.drifted.decisions(), *acknowledgements, *asked)


def draft(host: Host, target: str) -> UpgradeInputs:
    """Read checkout, tags and env file.

    Raises:
        RefusedError: the target is not a newer release, or local edits do not merge with it.
        HostError: git or a file does not answer.
    """
    current, tag = releases.current_tag(host), releases.find(host, target)
    refuse_submodules(host, current, tag)
    refuse_overwriting(host, tag)
    operator = read_env(host)
    section = host.config.stack
    changelog = notes_between(host, current, tag, tags=releases.on_the_way(host))
    coming = env_of_release(host, tag, operator)
    edited, carried = _carry(host, tag, coming)
    paths = compose_of(host, tag.commit, carried, *(_named_by(one) for one in (operator, coming.env)))
    compose = {path: _compose_file(host, path, tag, carried) for path in paths}
    main = next(iter(compose))  # the release's own file; those that override it come after
    before, after = _text(host, current.commit, paths[main]), compose[main].decode("utf-8", "replace")
    found = examples(host, current.commit, tag.commit)
    old, new = (
        _offering(found.before, before, f"{main} of {current.name}"),
        _offering(found.after, after, f"{main} of {tag.name}"),
    )
    diff = diff_env(
        old,
        new,
        changelog="\n".join(one.body_markdown for one in changelog.versions),
        compose_old=before,
        compose_new=after,
        operator=coming.env,
    )
    release = ReleaseFiles(tag.commit, carried, tag.name)
    drawn = compose_drawn_in(host, compose, coming.env.to_bytes(), release)
    every = {**compose, **drawn}
    uses = _uses(every)
    images = image_variables((content.decode("utf-8", "replace") for content in every.values()), coming.env)
    model, commits = host.stack.resolve(), (current.commit, tag.commit)
    coming_files = (compose.values(), coming.env.as_dict())
    apart = lockstep.apart(host, model, commits, (current.name, tag.name), coming_files)
    return UpgradeInputs(
        current=current,
        target=tag,
        head=host.repo.head(),
        operator=operator,
        coming=coming,
        changelog=changelog,
        breaking=(
            *with_stops(host, current, tag, changelog, releases.jump_to_acknowledge(current, tag)),
            *to_acknowledge(host, found, tag.name),
            *renamed.to_acknowledge(tag.name, _renamed(paths, coming)),
            *marked_breaking(changelog),
        ),
        diff=diff,
        uses=uses,
        compose=compose,
        edited=edited,
        carried=carried,
        edits_patch=host.repo.diff(),
        migrations=migrations_between(host, current.commit, tag.commit),
        drifted=replace(drift.look(host, model, host.stack.containers()), apart=apart),
        readers=readers(host, tag, every, carried, coming.env, coming.path, without_example=found.missing),
        pins=pins(Defaults(old, variables_used(before)), Defaults(new, uses), images, diff.renamed),
        drawn=drawn,
        skipped=skipped(section.example, {current.name: found.before, tag.name: found.after}),
    )


def _offering(example: bytes, compose: str, source: str) -> EnvFile:
    """An example file, with what only the compose file knows added as offers: an operator may have set that too."""
    known = EnvFile.parse_release(example)
    names = {variable.key for variable in known.variables()}
    used = variables_used(compose, source=printable(source)) if compose else {}
    missing = [f"# {name}=" for name in sorted(used) if name not in names]
    return EnvFile.parse_release(example + ("\n\n" + "\n".join(missing) + "\n").encode()) if missing else known


def _uses(compose: Mapping[str, bytes]) -> dict[str, VariableUse]:
    uses: dict[str, VariableUse] = {}
    for path, content in compose.items():
        uses |= variables_used(content.decode("utf-8", "replace"), source=printable(path))
    return uses


def _text(host: Host, ref: str, path: str) -> str:
    return (host.repo.read(ref, path) or b"").decode("utf-8", "replace")


def _compose_file(host: Host, path: str, tag: TagRef, carried: Mapping[str, bytes | None]) -> bytes:
    content = carried[path] if path in carried else host.repo.read(tag.commit, path)
    if content is not None:
        return content
    untracked = host.repo.directory / path
    if host.repo.read("HEAD", path) is None and untracked.is_file():
        return host.files.read(untracked)
    folder, name, used = PurePosixPath(path).parent, printable(path, limit=200), compose_paths(host)
    there = [PurePosixPath(one) for one in host.repo.list(tag.commit, str(folder)) if one not in used]
    others = [str(one) for one in there if one.parent == folder and one.name in COMPOSE_FILES]
    has = f"; it has {', '.join(printable(one, limit=80) for one in others[:3])}" if others else ""
    raise RefusedError(
        f"{printable(tag.name)} has no {name}, which this project is run from{has}. Nothing was changed.",
        f"Do this release by hand: avnwizard snapshot create; git checkout {printable(tag.name)}; "
        f"{shlex.join(host.platform.by_hand('start all'))}. avnwizard goes on from there.",
    )


def _named_by(env: EnvFile) -> tuple[str, ...]:
    try:
        return named_by(env.as_dict())
    except InterpolationError:
        return ()


def compose_of(
    host: Host,
    commit: str,
    carried: Mapping[str, bytes | None],
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> dict[str, str]:
    """The compose files that a release will be run from -> what each is called now.

    One of the operator's own, which git does not track, stays; an override that the release drops goes, unless the
    operator edited it.

    Args:
        before: the files that the env file names; where the stack is run from these, a release may name others.
        after: those that the release's env file names.
    """

    def there(path: PurePosixPath) -> bool:
        name, file = str(path), host.repo.directory / path
        kept = carried.get(name) is not None or host.repo.read(commit, name) is not None
        return kept or (host.repo.read("HEAD", name) is None and file.is_file())

    found: dict[str, str] = {}
    used, folder = compose_paths(host), _project_folder(host)
    if before != after and used == tuple(str(folder / one) for one in before):
        used = tuple(str(folder / one) for one in after)
    for path in used:
        for one in all_called_now([PurePosixPath(path)], there):
            now = one if there(one) else followed(host, commit, path) or one
            found.setdefault(str(now), path)
    return found


def _project_folder(host: Host) -> PurePosixPath:
    top, project = host.repo.directory.resolve(), host.stack.project.directory.resolve()
    return PurePosixPath(project.relative_to(top)) if project.is_relative_to(top) else PurePosixPath()


def _renamed(compose: Mapping[str, str], coming: EnvOfRelease) -> dict[str, str]:
    """Files that the release calls otherwise, where their names alone do not tell: old path -> new one."""
    found = {old: new for new, old in compose.items() if not is_followed(PurePosixPath(old), [PurePosixPath(new)])}
    return found | ({coming.was: coming.path} if coming.was else {})


def _carry(host: Host, tag: TagRef, coming: EnvOfRelease) -> tuple[dict[str, bytes | None], dict[str, bytes | None]]:
    edited: dict[str, bytes | None] = {}
    carried: dict[str, bytes | None] = {}
    conflicts = []
    overrides = compose_paths(host)[1:]
    for path in host.repo.state().edited:
        file = host.repo.directory / path
        edited[path] = host.files.read(file) if file.is_file() else None
        if path in {coming.path, coming.was}:
            continue
        called = str(called_in(host, tag.commit, path) or "") if path in compose_paths(host) else ""
        merge = host.repo.merge(path, tag.commit, called=called)
        carried[called or path] = merge.content
        if merge.conflict and path in overrides and host.repo.read(tag.commit, path) is None:
            carried[path] = edited[path]  # the release leaves it to the operator from now on
        elif merge.conflict:
            conflicts.append(path)
    if coming.was or coming.path in edited:
        carried[coming.path] = coming.env.to_bytes()
    if conflicts:
        raise RefusedError(
            f"Your edits of {', '.join(conflicts)} conflict with {tag.name}. Nothing was changed.",
            "Look at them with: git diff HEAD. Undo or adapt them, then plan again.",
        )
    return edited, carried
