"""From a draft and its answers to the frozen plan of a Helm upgrade to a release tag."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from avnwizard.domain.answers import Answers
from avnwizard.domain.kubernetes.orders import ChartOrder
from avnwizard.domain.migrations import Kind
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import MigrationStatement, Noticed, ReleaseRef
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.deciding import decided_values
from avnwizard.flows.kubernetes.drafting import HelmDraft
from avnwizard.flows.kubernetes.plan import KubePlan, TagMove
from avnwizard.flows.kubernetes.planning import plan_upgrade, require_possible
from avnwizard.flows.safety.provenance import doubt_of, require_genuine
from avnwizard.flows.snapshot.planning import plan_snapshot
from avnwizard.flows.stack.run_folder import CARRIED, EDITED, RunFolder
from avnwizard.flows.upgrade.planning import OpenDecisionsError

VALUES_BEFORE, VALUES_AFTER = "values-before", "values-after"
"""In a run's folder: the values files that git does not track, as they were and as they will be."""
_STAGED = "charts"


@dataclass(frozen=True)
class PreparedRelease:
    """A plan with what it needs that must not be in it: values may be secrets.

    Attributes:
        edited, carried: tracked files as they are and as they will be, values files among them.
        before, after: values files that git does not track.
        edits_patch: the local edits when the plan was made.
    """

    plan: KubePlan
    edited: Mapping[str, bytes | None]
    carried: Mapping[str, bytes | None]
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    edits_patch: bytes

    def save(self, folder: RunFolder) -> None:
        """Keep it in the run's folder."""
        folder.save_contents(EDITED, self.edited)
        folder.save_contents(CARRIED, self.carried)
        folder.save_contents(VALUES_BEFORE, dict(self.before))
        folder.save_contents(VALUES_AFTER, dict(self.after))

    def require_unchanged(self, host: Host) -> None:
        """Refuse to start from another checkout, or other values, than were planned with.

        Raises:
            RefusedError: something changed.
        """
        move = self.plan.move
        assert move is not None
        moved = host.repo.head().commit != move.current.commit or host.repo.diff() != self.edits_patch
        top = host.repo.directory
        if moved or any(host.files.read(top / path) != content for path, content in self.before.items()):
            raise RefusedError("The values files or the checkout changed since the plan was made.", "Plan again.")


def prepare_release(
    host: Host, draft: HelmDraft, answers: Answers, *, snapshot: bool = True, cure: bool = False
) -> PreparedRelease:
    """Decide everything and freeze it.

    Args:
        snapshot: whether one is taken.
        cure: whether the run shall first cure a release that Helm left `pending-*`.

    Raises:
        OpenDecisionsError: a decision lacks an answer.
        RefusedError: something stands in the way.
        HostError: the cluster does not answer, or the chart does not render with the new values.
    """
    signature = require_genuine(host, draft.target.name)
    if left := answers.open(draft.decisions(answers)):
        raise OpenDecisionsError(left, draft.target.name, command="avnwizard kubernetes plan")
    values, edits = decided_values(draft, answers)
    kept = plan_snapshot(host, draft.current.name, taken=snapshot and host.has_database)
    with staged(host, draft, values) as order:
        found = plan_upgrade(host, cure=cure, order=order, snapshot=kept, shows_crds=_shows_crds(host, draft))
    require_possible(found)
    top, section = host.repo.directory, host.config.kubernetes
    own = {path: content for path, content in draft.before.items() if path not in draft.tracked}
    tracked = {path: content for path, content in values.items() if path in draft.tracked}
    doubts = filter(None, (doubt_of(host, draft.target.name, signature),))
    plan = replace(
        found,
        order=ChartOrder(str(top / section.chart), tuple(str(top / path) for path in section.values)),
        move=TagMove(
            ReleaseRef(draft.current.name, draft.head.commit, draft.current.date),
            ReleaseRef(draft.target.name, draft.target.commit, draft.target.date),
            draft.head.branch,
            tuple(sorted(draft.edited)),
        ),
        values=edits,
        values_files=tuple(path for path in own if values[path] != own[path]),
        breaking=draft.breaking,
        notices=tuple(
            Noticed(one.version, each.kind, each.title) for one in draft.changelog.versions for each in one.notices
        ),
        migrations=draft.migrations.said(restorable=kept.taken),
        statements=tuple(
            MigrationStatement(one.file, one.line, one.kind.value, one.why)
            for one in draft.migrations.statements
            if one.kind is not Kind.ADDITIVE
        ),
        changelog=draft.changelog.sentence,
        signature=signature.sentence,
        notes=(*found.notes, *_notes(host, draft, found), *doubts),
    )
    return PreparedRelease(
        plan,
        draft.edited,
        {**draft.carried, **_differing(host, draft, tracked)},
        own,
        {path: values[path] for path in own},
        draft.edits_patch,
    )


def _differing(host: Host, draft: HelmDraft, tracked: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """Tracked values files that will not be as the target's commit has them."""
    return {
        path: content for path, content in tracked.items() if host.repo.read(draft.target.commit, path) != content
    }


def _notes(host: Host, draft: HelmDraft, plan: KubePlan) -> tuple[str, ...]:
    """That the release runs another chart than the checkout holds: values and notes are compared from the latter."""
    text = host.repo.read(draft.current.commit, f"{host.config.kubernetes.chart}/Chart.yaml") or b""
    lines = text.decode("utf-8", "replace").splitlines()
    version = next((line.partition(":")[2].strip(" \"'") for line in lines if line.startswith("version:")), "")
    if not version or plan.chart_old.endswith(f"-{version}"):
        return ()
    said = (
        f"The release runs {plan.chart_old}, and the checkout is at {draft.current.name}, whose chart is "
        f"{printable(version, limit=40)}: values and notes are compared from the checkout's."
    )
    return (said,)


def _shows_crds(host: Host, draft: HelmDraft) -> str:
    """What prints the definitions of the target's chart: the checkout holds another one until the run."""
    top, tag, chart = (
        shlex.quote(str(one)) for one in (host.repo.directory, draft.target.name, host.config.kubernetes.chart)
    )
    unpacked = f'd=$(mktemp -d) && git -C {top} archive {tag} {chart} | tar -x -C "$d"'
    return f'{unpacked} && helm show crds "$d"/{chart}'


@contextmanager
def staged(host: Host, draft: HelmDraft, values: Mapping[str, bytes]) -> Iterator[ChartOrder]:
    """The target's chart in a folder of the state, for as long as the plan is made; values stay in memory."""
    chart = host.config.kubernetes.chart
    folder = host.state.folder / _STAGED / draft.target.commit[:12]
    try:
        for one in host.repo.files(draft.target.commit, chart):
            if one.is_plain:
                file = folder / one.path.removeprefix(f"{chart}/")
                host.files.make(file.parent)
                host.files.write(file, host.repo.content(one.blob))
        numbered = {f"{number}.yaml": content for number, content in enumerate(values.values())}
        with host.files.tree(numbered) as top:
            yield ChartOrder(str(folder), tuple(str(top / name) for name in numbered))
    finally:
        host.files.remove(folder)
