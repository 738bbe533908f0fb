"""What a cluster says of the workloads, pods and events of a release."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkloadState:
    """How far a workload's roll is, by its own status.

    Attributes:
        wanted: pods that the manifest wants.
        updated, ready: pods of the newest template, and pods that are ready.
        total: pods of any template.
        observed: whether the cluster has seen the newest manifest.
        complaint: what the cluster says stands in the way, "" for nothing.
        images: what its template runs.
    """

    kind: str
    name: str
    wanted: int
    updated: int
    ready: int
    total: int
    observed: bool
    complaint: str = ""
    images: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Such as "Deployment/gateway"."""
        return f"{self.kind}/{self.name}"

    @property
    def is_rolled(self) -> bool:
        """Whether every pod is of the newest template and ready, and no other is left."""
        return self.observed and self.updated == self.wanted and self.ready >= self.wanted == self.total


@dataclass(frozen=True)
class PodState:
    """One pod. Everything in it comes from the cluster, so it is hostile text.

    Attributes:
        owner: such as "ReplicaSet/gateway-6dcb4c8b5f", "" for none.
        phase: Kubernetes' word, such as "Running".
        trouble: why a container of it waits or ended, such as "CrashLoopBackOff"; "" for nothing.
        container: the container in trouble, "" for none.
    """

    name: str
    owner: str
    phase: str
    ready: bool
    restarts: int
    trouble: str = ""
    container: str = ""

    def belongs_to(self, kind: str, name: str) -> bool:
        """Whether a workload made it: a Deployment by a ReplicaSet that is named after it."""
        whose, _, owner = self.owner.partition("/")
        if kind == "Deployment":
            return whose == "ReplicaSet" and owner.rpartition("-")[0] == name
        return (whose, owner) == (kind, name)


@dataclass(frozen=True)
class Access:
    """One thing that a plan needs to be allowed, and whether it is."""

    verb: str
    resource: str
    group: str = ""
    subresource: str = ""
    allowed: bool = False

    @property
    def shown(self) -> str:
        """As `kubectl auth can-i` takes it."""
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {name}{f'/{self.subresource}' if self.subresource else ''}"


@dataclass(frozen=True)
class Lease:
    """The lock in the cluster.

    Attributes:
        holder: who has it, "" for nobody.
        age_s: seconds since the holder last renewed it.
        duration_s: for how long a renewal counts.
        version: the object's own, so that two who take it at once cannot both have it.
    """

    holder: str
    age_s: float
    duration_s: float
    version: str

    @property
    def is_live(self) -> bool:
        """Whether its holder renewed it in time."""
        return bool(self.holder) and self.age_s <= self.duration_s
