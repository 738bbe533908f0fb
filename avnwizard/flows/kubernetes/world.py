"""What every step of a Helm upgrade is given, and what several of them ask."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from avnwizard.domain.kubernetes.manifest import KubeObject
from avnwizard.domain.kubernetes.release import Revision, Standing, mark_of, standing
from avnwizard.engine.step import StepContext
from avnwizard.errors import StepError
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.plan import KubePlan
from avnwizard.ports.cluster import Cluster

if TYPE_CHECKING:
    from avnwizard.domain.kubernetes.orders import DryRun

_POLL_S = 1.0


@dataclass(frozen=True)
class KubeWorld:
    """The plan, the host, and the run whose mark its revision carries."""

    plan: KubePlan
    host: Host
    run: str

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster of the plan, whatever the current context is now.

        Raises:
            StepError: the context leads to another API server than it did.
        """
        found = self.host.cluster(self.plan.place.context)
        now = found.tools().address
        if now != self.plan.tools.address:
            raise StepError(
                f"The context {self.plan.place.context} leads to {now}; this run was planned for "
                f"{self.plan.tools.address}. Nothing was changed.",
                "Point the context back, then resume.",
            )
        return found

    @property
    def mark(self) -> str:
        """What the run's own revision is described as."""
        return mark_of(self.run)

    def standing(self) -> tuple[Standing, tuple[Revision, ...]]:
        """Where the release stands for this run, and its history."""
        history = self.cluster.history()
        return standing(history, base=self.plan.base, mark=self.mark), history

    def wait_for_helm(self, ctx: StepContext) -> None:
        """Until no `helm` of this release runs on this host: a killed run leaves one behind, which works on.

        Raises:
            StepError: it does not end.
        """
        deadline = self.host.clock.now() + 2 * self.plan.timeout_s
        said = False
        while self.cluster.helm_runs():
            if not said:
                ctx.say("a helm of this release still runs on this host; it is waited for")
                said = True
            if self.host.clock.now() >= deadline:
                raise StepError(
                    f"A helm of the release {self.plan.place.release} still runs on this host.",
                    "Look at: ps -ef. Then resume.",
                )
            ctx.checkpoint()
            self.host.clock.sleep(_POLL_S)

    def refuse_foreign(self, state: Standing, history: Sequence[Revision]) -> None:
        """Refuse to touch what somebody else deployed.

        Raises:
            StepError: says which revision.
        """
        if state == "none":
            raise StepError(
                f"There is no release {self.plan.place.release} that was ever deployed.", "Look at: helm history"
            )
        if state == "foreign":
            newest = history[-1]
            raise StepError(
                f"Revision {newest.number} of {self.plan.place.release} was deployed by somebody else since this run "
                f"was planned on revision {self.plan.revision}. It was not touched.",
                "Look at: helm history. Then plan again.",
            )

    def render(self) -> tuple[KubeObject, ...]:
        """What the chart brings now."""
        how: DryRun = "server" if self.plan.dry_run == "server" else "client"
        return self.cluster.render(self.plan.order, how)


def rendered_hash(objects: Sequence[KubeObject]) -> str:
    """A hash over all but secrets, whose values a hash in the journal might give away."""
    parts = sorted(f"{one.place} {one.digest}" for one in objects if one.kind != "Secret")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
