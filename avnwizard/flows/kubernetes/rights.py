"""What this login has to be allowed, asked beforehand: a right that is missing in the middle would strand the run."""

from collections.abc import Sequence

from avnwizard.domain.kubernetes.access import IN_A_POD, needed, scaling
from avnwizard.domain.kubernetes.manifest import KubeObject
from avnwizard.flows.host import Host

_LISTED = 5


def missing(host: Host, objects: Sequence[KubeObject]) -> str:
    """What is not allowed of all that an upgrade of these objects and its rollback do, listed; "" for nothing.

    Raises:
        HostError: the cluster does not answer.
    """
    wanted = [*needed(objects)]
    if host.config.kubernetes.postgres:
        wanted += IN_A_POD
    if host.has_database:
        wanted += scaling(writers(host, objects))
    denied = [one.shown for one in host.cluster(host.config.kubernetes.context).may(wanted) if not one.allowed]
    more = f" and {len(denied) - _LISTED} more" if denied[_LISTED:] else ""
    return f"{', '.join(denied[:_LISTED])}{more}"


def writers(host: Host, objects: Sequence[KubeObject]) -> tuple[tuple[str, str], ...]:
    """What may write to the databases: every Deployment and StatefulSet but Postgres itself."""
    pairs = dict(part.partition("=")[::2] for part in host.config.kubernetes.postgres.split(",") if "=" in part)
    found: dict[tuple[str, str], None] = {}
    for one in objects:
        if one.kind in {"Deployment", "StatefulSet"} and not (pairs and _matches(one, pairs)):
            found[one.kind, one.name] = None
    return tuple(found)


def _matches(one: KubeObject, wanted: dict[str, str]) -> bool:
    template = (one.body.get("spec") or {}).get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    return all(str(labels.get(key.strip().rstrip("="))) == value.strip().lstrip("=") for key, value in wanted.items())
