"""A cluster in memory that keeps Helm's rules: revisions, hooks, pending releases, a rollback by number.

`PracticeRelease` is what survives a killed process; `PracticeCluster` is one process's way to it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from avnwizard.domain.kubernetes.manifest import KubeObject, Place, images, parse
from avnwizard.domain.kubernetes.orders import ChartOrder, DryRun, ReleasePlace
from avnwizard.domain.kubernetes.release import Revision, serving
from avnwizard.domain.kubernetes.rolls import ROLLED, workload_of
from avnwizard.domain.kubernetes.states import Access, Lease, PodState, WorkloadState
from avnwizard.domain.kubernetes.versions import Tools
from avnwizard.errors import HostError

_BUSY = "another operation (install/upgrade/rollback) is in progress"
Render = Callable[[], tuple[KubeObject, ...]]


def _nothing(_phase: str) -> None:
    """No accident."""


@dataclass(frozen=True)
class PracticeChart:
    """A chart: its name, versions, and what it renders."""

    name: str
    version: str
    app_version: str
    render: Render


@dataclass
class PracticeRelease:
    """The cluster as it is.

    Attributes:
        charts: path or reference -> chart.
        read: makes a chart of what lies in a folder, for paths that are not among those.
        brought: revision -> its objects and hooks.
        live: what the cluster has.
        scaled: (kind, name) -> pods that somebody wants otherwise than the manifest.
        never_ready: images whose pods do not get ready.
        failing_hooks: names of jobs that fail.
        hooks_run: names of the jobs that were run, in order.
        on_hook: what a job does, such as a migration.
        accident: called at each phase of Helm's work; what it raises ends Helm there, as a kill does.
        lingering: how often `helm_runs` says yes before that helm is through; `finish` is what it does then.
        ending: how many more looks find the pods of what was scaled down: a pod may take its time to end.
        denied: what this login may not, as "verb resource".
        changed_by_hand: "Kind/name" of objects that differ from the release.
        definitions: the custom resource definitions that the cluster has, by name.
    """

    charts: dict[str, PracticeChart]
    read: Callable[[ChartOrder], PracticeChart] | None = None
    history: list[Revision] = field(default_factory=list)
    brought: dict[int, tuple[KubeObject, ...]] = field(default_factory=dict)
    live: dict[Place, KubeObject] = field(default_factory=dict)
    scaled: dict[tuple[str, str], int] = field(default_factory=dict)
    never_ready: set[str] = field(default_factory=set)
    failing_hooks: set[str] = field(default_factory=set)
    hooks_run: list[str] = field(default_factory=list)
    on_hook: Callable[[str], None] = _nothing
    accident: Callable[[str], None] = _nothing
    lingering: int = 0
    finish: Callable[[], None] | None = None
    ending: int = 0
    denied: set[str] = field(default_factory=set)
    changed_by_hand: set[str] = field(default_factory=set)
    definitions: dict[str, KubeObject] = field(default_factory=dict)
    lease: Lease = field(default_factory=lambda: Lease("", 0.0, 0.0, ""))
    server_dry_run: bool = True
    helm: str = "v4.3.1"
    address: str = "https://127.0.0.1:6443"

    def install(self, chart: str) -> None:
        """The first revision, as by hand."""
        found = self.charts[chart]
        self._add(found, "deployed", "Install complete", found.render())
        self.apply(self.brought[1])

    def _add(self, chart: PracticeChart, status: str, description: str, objects: tuple[KubeObject, ...]) -> Revision:
        number = len(self.history) + 1
        self.history.append(Revision(number, status, f"{chart.name}-{chart.version}", chart.app_version, description))
        self.brought[number] = objects
        return self.history[-1]

    def add(self, chart: PracticeChart, objects: tuple[KubeObject, ...]) -> Revision:
        """A revision that Helm begins to bring."""
        return self._add(chart, "pending-upgrade", "Preparing upgrade", objects)

    def add_rollback(self, to: Revision) -> Revision:
        """A revision that brings an earlier one back."""
        number = len(self.history) + 1
        self.history.append(
            replace(to, number=number, status="pending-rollback", description=f"Rollback to {to.number}")
        )
        self.brought[number] = self.brought[to.number]
        return self.history[-1]

    def mark(self, number: int, status: str, description: str = "") -> None:
        """What became of a revision."""
        one = self.history[number - 1]
        self.history[number - 1] = replace(one, status=status, description=description or one.description)

    def apply(self, objects: Sequence[KubeObject]) -> None:
        """What Helm sends: its objects, and no pods beyond the manifest's."""
        self.live = {one.place: one for one in objects if not one.hooks}
        self.scaled.clear()


class PracticeCluster:
    """The port `Cluster` over it."""

    def __init__(self, release: PracticeRelease, place: ReleasePlace) -> None:
        self._release, self._place = release, place

    @property
    def place(self) -> ReleasePlace:
        """Which release, where."""
        return self._place

    def tools(self) -> Tools:
        """As they were set."""
        return Tools(self._release.helm, "v1.33.13", "v1.33.13", self._place.context, self._release.address)

    def history(self) -> tuple[Revision, ...]:
        """Oldest first."""
        return tuple(self._release.history)

    def manifest(self, revision: int) -> tuple[KubeObject, ...]:
        """What it brought."""
        return self._release.brought[revision]

    def render(self, order: ChartOrder, dry_run: DryRun) -> tuple[KubeObject, ...]:
        """The chart's objects."""
        if dry_run == "server" and not self._release.server_dry_run:
            raise HostError("`helm upgrade` failed: dry run is forbidden")
        if dry_run == "server" and self._release.history[-1].is_pending:
            raise HostError(f"`helm upgrade` failed with code 1: Error: UPGRADE FAILED: {_BUSY}")
        return self._chart(order).render()

    def chart(self, order: ChartOrder) -> tuple[str, str]:
        """Its versions."""
        found = self._chart(order)
        return found.version, found.app_version

    def _chart(self, order: ChartOrder) -> PracticeChart:
        if order.chart not in self._release.charts and self._release.read:
            return self._release.read(order)
        return self._release.charts[order.chart]

    def crds(self, order: ChartOrder) -> tuple[KubeObject, ...]:
        """What lies in the chart's folder `crds`."""
        files = sorted((Path(order.chart) / "crds").glob("*.yaml"))
        return tuple(one for file in files for one in parse(file.read_text(), source=file.name))

    def defined(self, names: Sequence[str]) -> tuple[KubeObject, ...]:
        """Those that there are."""
        return tuple(one for name, one in self._release.definitions.items() if name in names)

    def may(self, wanted: Sequence[Access]) -> tuple[Access, ...]:
        """All but what is denied."""
        return tuple(replace(one, allowed=one.shown not in self._release.denied) for one in wanted)

    def drifted(self, objects: Sequence[KubeObject]) -> tuple[str, ...]:
        """What was changed by hand, and definitions that are other than these."""
        defined = self._release.definitions
        return tuple(
            one.shown
            for one in objects
            if one.shown in self._release.changed_by_hand
            or (one.name in defined and defined[one.name].body["spec"] != one.body["spec"])
        )

    def workloads(self, objects: Sequence[KubeObject]) -> tuple[WorkloadState, ...]:
        """The live ones of them."""
        return tuple(self._state(one) for one in objects if one.kind in ROLLED and not one.hooks)

    def _state(self, one: KubeObject) -> WorkloadState:
        there = self._release.live.get(one.place)
        if there is None:
            return WorkloadState(one.kind, one.name, 1, 0, 0, 0, observed=False)
        found = workload_of(there)
        pods = self._release.scaled.get((one.kind, one.name), found.replicas if found else 1)
        runs = images([there]).get(there.shown, ())
        ready = 0 if set(runs) & self._release.never_ready else pods
        return WorkloadState(one.kind, one.name, pods, pods, ready, pods, observed=True, images=runs)

    def pods(self) -> tuple[PodState, ...]:
        """One for each that is wanted."""
        found = []
        for state in self.workloads(tuple(self._release.live.values())):
            trouble = "" if state.ready == state.wanted else "CrashLoopBackOff"
            owner = f"ReplicaSet/{state.name}-1" if state.kind == "Deployment" else f"{state.kind}/{state.name}"
            total = state.total
            if not total and self._release.ending:
                self._release.ending -= 1
                total = 1
            found += [
                PodState(f"{state.name}-{number}", owner, "Running", not trouble, 0, trouble, "app")
                for number in range(total)
            ]
        return tuple(found)

    def events(self, since: float) -> tuple[str, ...]:
        """None."""
        return ()

    def log(self, pod: str, container: str, *, lines: int) -> tuple[str, ...]:
        """One line."""
        return (f"{container} cannot start",)

    def upgrade(self, order: ChartOrder, *, timeout_s: float, mark: str, say: Callable[[str], None]) -> None:
        """Helm's way, with the old revision put back where the pods do not come up."""
        release, chart = self._release, self._chart(order)
        if release.history[-1].is_pending:
            raise HostError(f"`helm upgrade` failed with code 1: Error: UPGRADE FAILED: {_BUSY}")
        before = serving(release.history)
        assert before is not None
        made = release.add(chart, chart.render())
        release.accident("pending")
        wrong = self._bring(made)
        if not wrong:
            release.mark(before.number, "superseded")
            release.mark(made.number, "deployed", mark)
            say(f'Release "{self._place.release}" has been upgraded. Happy Helming!')
            return
        release.mark(made.number, "failed", f'Upgrade "{self._place.release}" failed: {wrong}')
        release.accident("failed")
        back = release.add_rollback(before)
        release.accident("rolling-back")
        release.apply(release.brought[back.number])
        release.mark(before.number, "superseded")
        release.mark(back.number, "deployed")
        raise HostError(f"`helm upgrade` failed with code 1: Error: UPGRADE FAILED: {wrong}")

    def _bring(self, made: Revision) -> str:
        """Hooks, then objects; why it does not come up, or ""."""
        release = self._release
        for hook in (one for one in release.brought[made.number] if "pre-upgrade" in one.hooks and one.kind == "Job"):
            if hook.name in release.failing_hooks:
                return f"pre-upgrade hooks failed: job {hook.name} failed: BackoffLimitExceeded"
            release.hooks_run.append(hook.name)
            release.on_hook(hook.name)
            release.accident("hooked")
        release.apply(release.brought[made.number])
        release.accident("applied")
        ill = [one.shown for one in self.workloads(tuple(release.live.values())) if not one.is_rolled]
        return f"resource {ill[0]} not ready: context deadline exceeded" if ill else ""

    def rollback(self, revision: int, *, timeout_s: float, say: Callable[[str], None]) -> None:
        """To a revision by number, also from a pending one."""
        release = self._release
        made = release.add_rollback(release.history[revision - 1])
        release.accident("rolling-back")
        release.apply(release.brought[made.number])
        release.accident("rolled-back")
        for one in release.history[:-1]:
            if one.status == "deployed":
                release.mark(one.number, "superseded")
        release.mark(made.number, "deployed")
        say("Rollback was a success! Happy Helming!")

    def helm_runs(self) -> bool:
        """As often as was set; then that helm is through."""
        release = self._release
        if release.lingering:
            release.lingering -= 1
            if not release.lingering and release.finish:
                release.finish()
        return bool(release.lingering)

    def scale(self, kind: str, name: str, replicas: int) -> None:
        """Somebody wants so many pods."""
        self._release.scaled[kind, name] = replicas

    def lease(self) -> Lease:
        """As it is."""
        return self._release.lease

    def take_lease(self, holder: str, *, after: Lease, duration_s: float) -> bool:
        """Where nobody took it since."""
        if self._release.lease.version != after.version:
            return False
        version = str(int(re.sub(r"\D", "", after.version) or 0) + 1)
        self._release.lease = Lease(holder, 0.0, duration_s, version)
        return True

    def drop_lease(self, holder: str) -> None:
        """Only one's own."""
        if self._release.lease.holder == holder:
            self._release.lease = Lease("", 0.0, 0.0, "")
