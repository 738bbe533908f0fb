"""Read everything that an upgrade to one release depends on; the decisions follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from avnwizard.domain.answers import Answers, Decision
from avnwizard.domain.changelog import ChangelogRange, sections_between
from avnwizard.domain.compose import VariableUse, variables_used
from avnwizard.domain.env_decisions import env_decisions
from avnwizard.domain.envdiff import EnvDiff, diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import Head, TagRef
from avnwizard.domain.migrations import MigrationVerdict
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Breaking
from avnwizard.errors import RefusedError
from avnwizard.flows import releases
from avnwizard.flows.host import Host
from avnwizard.flows.meaning import table_sizes
from avnwizard.flows.models import compose_paths
from avnwizard.flows.new_migrations import new_migrations
from avnwizard.flows.survey import read_env


@dataclass(frozen=True)
class Draft:
    """An upgrade before it is decided.

    Attributes:
        compose: the target's compose files with the local edits carried over: path in the checkout -> content.
        edited: tracked files with local edits, as they are: path -> content (None: deleted).
        carried: the same files as they will be at the target.
        uses: the variables of the target's compose files.
    """

    current: TagRef
    target: TagRef
    head: Head
    operator: EnvFile
    changelog: ChangelogRange
    breaking: tuple[Breaking, ...]
    diff: EnvDiff
    uses: Mapping[str, VariableUse]
    compose: Mapping[str, bytes]
    edited: Mapping[str, bytes | None]
    carried: Mapping[str, bytes | None]
    edits_patch: bytes
    migrations: MigrationVerdict

    def decisions(self, answers: Answers) -> tuple[Decision, ...]:
        """Everything to be decided, given the answers so far."""
        acknowledgements = (
            Decision("acknowledge", item.id, f"{item.id}: {printable(item.title, limit=200)}")
            for item in self.breaking
        )
        return (*acknowledgements, *env_decisions(self.operator, self.diff, self.uses, answers))


def draft(host: Host, target: str) -> Draft:
    """Read checkout, tags and env file.

    Raises:
        RefusedError: the target is not a newer release, or local edits do not merge with it.
        HostError: git or a file does not answer.
    """
    current, tag = releases.current_tag(host), releases.find(host, target)
    operator = read_env(host)
    section = host.config.stack
    changelog_text = _text(host, tag.commit, section.changelog)
    changelog = sections_between(changelog_text, current.name, tag.name)
    edited, carried = _carry(host, tag)
    compose = {path: _compose_file(host, path, tag, carried) for path in compose_paths(host)}
    main = next(iter(compose))  # the release's own file; those that override it come after
    before, after = _text(host, current.commit, main), compose[main].decode("utf-8", "replace")
    diff = diff_env(
        _offering(host.repo.read(current.commit, section.example) or b"", before, f"{main} of {current.name}"),
        _offering(host.repo.read(tag.commit, section.example) or b"", after, f"{main} of {tag.name}"),
        changelog="\n".join(one.body_markdown for one in changelog.versions),
        compose_old=before,
        compose_new=after,
        operator=operator,
    )
    return Draft(
        current=current,
        target=tag,
        head=host.repo.head(),
        operator=operator,
        changelog=changelog,
        breaking=tuple(
            Breaking(f"{one.version}/{number}", item.title, item.text)
            for one in changelog.versions
            for number, item in enumerate(one.breaking, start=1)
        ),
        diff=diff,
        uses=_uses(compose),
        compose=compose,
        edited=edited,
        carried=carried,
        edits_patch=host.repo.diff(),
        migrations=new_migrations(host, current.commit, tag.commit, table_sizes(host)),
    )


def _offering(example: bytes, compose: str, source: str) -> EnvFile:
    """An example file, with what only the compose file knows added as offers: an operator may have set that too."""
    known = EnvFile.parse(example)
    names = {variable.key for variable in known.variables()}
    used = variables_used(compose, source=printable(source)) if compose else {}
    missing = [f"# {name}=" for name in sorted(used) if name not in names]
    return EnvFile.parse(example + ("\n\n" + "\n".join(missing) + "\n").encode()) if missing else known


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
    raise RefusedError(
        f"{tag.name} has no {path}, which this project is run from.", "Read the changelog for the file's new name."
    )


def _carry(host: Host, tag: TagRef) -> tuple[dict[str, bytes | None], dict[str, bytes | None]]:
    edited: dict[str, bytes | None] = {}
    carried: dict[str, bytes | None] = {}
    conflicts = []
    for path in host.repo.state().edited:
        file = host.repo.directory / path
        edited[path] = host.files.read(file) if file.is_file() else None
        merge = host.repo.merge(path, tag.commit)
        carried[path] = merge.content
        if merge.conflict:
            conflicts.append(path)
    if conflicts:
        raise RefusedError(
            f"Your edits of {', '.join(conflicts)} conflict with {tag.name}. Nothing was changed.",
            "Look at them with: git diff HEAD. Undo or adapt them, then plan again.",
        )
    return edited, carried
