"""A Helm upgrade to a release tag before it is decided: its notes, its migrations, and the values that it renames."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from avnwizard.domain.answers import GENERATE, Answers, Decision
from avnwizard.domain.changelog import ChangelogRange
from avnwizard.domain.changelog.plainly import plainly
from avnwizard.domain.checkout import Head, TagRef
from avnwizard.domain.compose import VariableUse
from avnwizard.domain.drift import Drifted
from avnwizard.domain.env_decisions import env_decisions
from avnwizard.domain.envdiff import EnvDiff
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.kubernetes.values import as_settings, demanded, leaves, merged
from avnwizard.domain.kubernetes.values_diff import ChartSide, diff_values
from avnwizard.domain.migrations import MigrationVerdict
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Breaking
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.in_the_way import refuse_overwriting
from avnwizard.flows.stack.submodules import refuse_submodules
from avnwizard.flows.upgrade import releases
from avnwizard.flows.upgrade.new_migrations import migrations_between
from avnwizard.flows.upgrade.notes import notes_between
from avnwizard.flows.upgrade.release_words import marked_breaking
from avnwizard.flows.upgrade.stops import with_stops

_NOTHING = "Nothing was changed."
_TEMPLATE_BYTES = 1 << 20


@dataclass(frozen=True)
class ValuesOfRelease:
    """The operator's values as the target's checkout makes them, before anything is decided."""

    env: EnvFile


@dataclass(frozen=True)
class HelmDraft:
    """A Helm upgrade before it is decided.

    Attributes:
        operator: the operator's values as they are, each by its path.
        coming: the same as the target's checkout makes them; the decisions are made on that.
        before: the values files as they are: path in the checkout -> content.
        values: the values files at the target, local edits carried over.
        tracked: which of them git tracks.
        edited: tracked files with local edits, as they are: path -> content (None: deleted).
        carried: the same files as they will be at the target.
        drifted: nothing; what runs otherwise than the release says is in the plan's notes.
    """

    current: TagRef
    target: TagRef
    head: Head
    operator: EnvFile
    coming: ValuesOfRelease
    changelog: ChangelogRange
    breaking: tuple[Breaking, ...]
    diff: EnvDiff
    uses: Mapping[str, VariableUse]
    migrations: MigrationVerdict
    before: Mapping[str, bytes]
    values: Mapping[str, bytes]
    tracked: frozenset[str]
    edited: Mapping[str, bytes | None]
    carried: Mapping[str, bytes | None]
    edits_patch: bytes
    drifted: Drifted

    def decisions(self, answers: Answers) -> tuple[Decision, ...]:
        """Everything to be decided, given the answers so far. A new value that the chart itself gives is none."""
        acknowledgements = (
            Decision(
                "acknowledge", item.id, f"{item.id}: {printable(item.title, limit=200)}", in_full=plainly(item.text)
            )
            for item in self.breaking
        )
        notes = "\n".join(one.body_markdown for one in self.changelog.versions)
        asked = env_decisions(self.coming.env, self.diff, self.uses, answers, notes=notes)
        return (*acknowledgements, *(one for one in asked if not _given_by_chart(one)))


def _given_by_chart(one: Decision) -> bool:
    return one.topic == "value" and one.certain and one.proposal != GENERATE


def draft(host: Host, target: str) -> HelmDraft:
    """Read checkout, tags and values files.

    Raises:
        RefusedError: the target is not a newer release, has no chart, or local edits do not merge with it.
        HostError: git or a file does not answer.
    """
    current, tag = releases.current_tag(host), releases.find(host, target)
    refuse_submodules(host, current, tag)
    refuse_overwriting(host, tag)
    require_chart(host, tag)
    edited, carried = _carry(host, tag)
    before = dict(_values_now(host))
    tracked = frozenset(path for path in before if host.repo.read("HEAD", path) is not None)
    coming = {path: _coming(host, tag, path, carried, content) for path, content in before.items()}
    changelog = notes_between(host, current, tag, tags=releases.on_the_way(host))
    notes = "\n".join(one.body_markdown for one in changelog.versions)
    now = merged(leaves(content, source=path) for path, content in before.items())
    then = merged(leaves(content, source=path) for path, content in coming.items())
    diff = diff_values(_side(host, current), _side(host, tag), then, notes=notes)
    return HelmDraft(
        current=current,
        target=tag,
        head=host.repo.head(),
        operator=as_settings(now),
        coming=ValuesOfRelease(as_settings(then)),
        changelog=changelog,
        breaking=(
            *with_stops(host, current, tag, changelog, releases.jump_to_acknowledge(current, tag)),
            *marked_breaking(changelog),
        ),
        diff=diff,
        uses=_demanded(host, tag),
        migrations=migrations_between(host, current.commit, tag.commit),
        before=before,
        values=coming,
        tracked=tracked,
        edited=edited,
        carried=carried,
        edits_patch=host.repo.diff(),
        drifted=Drifted(current.name),
    )


def require_chart(host: Host, tag: TagRef) -> None:
    """Refuse a release whose tag does not hold the chart.

    Raises:
        RefusedError: it names the folder.
    """
    chart = host.config.kubernetes.chart
    if host.repo.read(tag.commit, f"{chart}/Chart.yaml") is None:
        raise RefusedError(
            f"{printable(tag.name)} has no chart in {chart} (no Chart.yaml). {_NOTHING}",
            "Name the chart's folder in avnwizard.toml ([kubernetes] chart). Where the chart comes from a registry, "
            "put the new one there and upgrade without --to.",
        )


def _values_now(host: Host) -> Iterator[tuple[str, bytes]]:
    for path in host.config.kubernetes.values:
        file = host.repo.directory / path
        if not file.is_file():
            raise RefusedError(
                f"There is no values file {file}. {_NOTHING}", "Look at [kubernetes] values in avnwizard.toml."
            )
        yield path, host.files.read(file)


def _coming(host: Host, tag: TagRef, path: str, carried: Mapping[str, bytes | None], now: bytes) -> bytes:
    """A values file at the target: carried over, the release's own, or the operator's alone."""
    if path in carried:
        content = carried[path]
        return now if content is None else content
    theirs = host.repo.read(tag.commit, path)
    if theirs is None and host.repo.read("HEAD", path) is not None:
        raise RefusedError(
            f"{printable(tag.name)} no longer has the values file {path}. {_NOTHING}",
            "Copy it to a name of your own, and name that in avnwizard.toml ([kubernetes] values).",
        )
    return now if theirs is None else theirs


def _side(host: Host, tag: TagRef) -> ChartSide:
    """A release's own values, and its templates."""
    chart = host.config.kubernetes.chart
    values = host.repo.read(tag.commit, f"{chart}/values.yaml") or b""
    found = leaves(values, source=f"{chart}/values.yaml of {printable(tag.name)}")
    templates = {
        one.path.removeprefix(f"{chart}/templates/"): host.repo.content(one.blob).decode("utf-8", "replace")
        for one in host.repo.files(tag.commit, f"{chart}/templates")
        if one.is_plain and one.size_bytes <= _TEMPLATE_BYTES
    }
    return ChartSide(found, templates)


def _demanded(host: Host, tag: TagRef) -> dict[str, VariableUse]:
    """What the chart's schema requires and its own values do not give."""
    chart = host.config.kubernetes.chart
    given = {path for path, value, _ in _side(host, tag).values if value not in (None, "")}
    found = demanded(host.repo.read(tag.commit, f"{chart}/values.schema.json"))
    return {path: use for path, use in found.items() if path not in given}


def _carry(host: Host, tag: TagRef) -> tuple[dict[str, bytes | None], dict[str, bytes | None]]:
    """Local edits as they are, and merged with the target."""
    edited: dict[str, bytes | None] = {}
    carried: dict[str, bytes | None] = {}
    conflicts = []
    for path in host.repo.state().edited:
        file = host.repo.directory / path
        edited[path] = host.files.read(file) if file.is_file() else None
        merge = host.repo.merge(path, tag.commit)
        carried[path] = merge.content
        if merge.conflict:
            conflicts.append(printable(path, limit=200))
    if conflicts:
        raise RefusedError(
            f"Your edits of {', '.join(conflicts)} conflict with {printable(tag.name)}. {_NOTHING}",
            "Look at them with: git diff HEAD. Undo or adapt them, then plan again.",
        )
    return edited, carried
