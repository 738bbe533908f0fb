"""What `kubectl -o json` prints, as values; whatever is not as Kubernetes documents it counts as unknown."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from avnwizard.domain.kubernetes.manifest import KubeObject, pod_spec
from avnwizard.domain.kubernetes.release import Revision
from avnwizard.domain.kubernetes.rolls import ROLLED
from avnwizard.domain.kubernetes.states import Access, Lease, PodState, WorkloadState
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError

_SHOWN = 200


def loaded(text: str, what: str) -> Any:
    """JSON of a tool.

    Raises:
        HostError: it is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HostError(f"`{what}` did not print JSON.", "Is it the tool that you think it is?") from error


def items(text: str, what: str) -> list[Mapping[str, Any]]:
    """The members of a list, or the one object."""
    found = loaded(text, what) if text.strip() else {}
    members = found.get("items", [found]) if isinstance(found, dict) else found
    return [one for one in members if isinstance(one, dict)] if isinstance(members, list) else []


def revisions(text: str) -> tuple[Revision, ...]:
    """`helm history -o json`, oldest first."""
    found = [
        Revision(
            int(one["revision"]),
            str(one.get("status", "")),
            str(one.get("chart", "")),
            str(one.get("app_version", "")),
            str(one.get("description", "")),
            str(one.get("updated", "")),
        )
        for one in items(text, "helm history")
        if str(one.get("revision", "")).isdigit()
    ]
    return tuple(sorted(found, key=lambda one: one.number))


def at(value: Any, *path: str) -> Any:
    """What lies at a path of keys; None where one is missing."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def whole(value: Any) -> int:
    """A number, 0 where it is left out."""
    return value if isinstance(value, int) else 0


def workload_states(found: Sequence[Mapping[str, Any]], objects: Sequence[KubeObject]) -> tuple[WorkloadState, ...]:
    """How the objects' workloads stand, in their order; one that is gone has no pods."""
    there = {(str(one.get("kind")), str(at(one, "metadata", "name"))): one for one in found}
    states = []
    for each in objects:
        if each.kind in ROLLED and not each.hooks:
            raw = there.get((each.kind, each.name))
            states.append(_state(raw) if raw else WorkloadState(each.kind, each.name, 1, 0, 0, 0, observed=False))
    return tuple(states)


def _state(raw: Mapping[str, Any]) -> WorkloadState:
    kind, status = str(raw.get("kind")), at(raw, "status") or {}
    seen = whole(status.get("observedGeneration")) >= whole(at(raw, "metadata", "generation"))
    if kind == "DaemonSet":
        wanted, updated, ready, total = (
            whole(status.get(key))
            for key in (
                "desiredNumberScheduled",
                "updatedNumberScheduled",
                "numberAvailable",
                "currentNumberScheduled",
            )
        )
    else:
        replicas = at(raw, "spec", "replicas")
        wanted = replicas if isinstance(replicas, int) else 1
        ready = whole(status.get("availableReplicas" if "availableReplicas" in status else "readyReplicas"))
        updated, total = whole(status.get("updatedReplicas")), whole(status.get("replicas"))
    trouble = [
        f"{one.get('reason')}: {one.get('message')}"
        for one in status.get("conditions") or ()
        if (one.get("type"), one.get("status")) in {("Progressing", "False"), ("ReplicaFailure", "True")}
    ]
    images = tuple(str(one.get("image")) for one in pod_spec(raw).get("containers") or ())
    complaint = printable("; ".join(trouble), limit=_SHOWN)
    name = str(at(raw, "metadata", "name"))
    return WorkloadState(kind, name, wanted, updated, ready, total, seen, complaint, images)


def pod_states(found: Sequence[Mapping[str, Any]]) -> tuple[PodState, ...]:
    """Pods with what ails them."""
    return tuple(_pod(one) for one in found)


def _pod(raw: Mapping[str, Any]) -> PodState:
    owner: Mapping[str, Any] = next(iter(at(raw, "metadata", "ownerReferences") or ()), {})
    ending = bool(at(raw, "metadata", "deletionTimestamp"))  # what it ends with is no trouble
    statuses = [*(at(raw, "status", "initContainerStatuses") or ()), *(at(raw, "status", "containerStatuses") or ())]
    trouble = ("", "") if ending else next(iter(_troubles(statuses)), ("", ""))
    ready = any(
        one.get("type") == "Ready" and one.get("status") == "True" for one in at(raw, "status", "conditions") or ()
    )
    return PodState(
        name=str(at(raw, "metadata", "name")),
        owner=f"{owner.get('kind', '')}/{owner.get('name', '')}" if owner else "",
        phase=str(at(raw, "status", "phase")),
        ready=ready and not ending,
        restarts=sum(whole(one.get("restartCount")) for one in statuses),
        trouble=trouble[0],
        container=trouble[1],
    )


def _troubles(statuses: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in statuses:
        waiting, ended = at(one, "state", "waiting") or {}, at(one, "state", "terminated") or {}
        name = str(one.get("name", ""))
        if (reason := str(waiting.get("reason") or "")) and reason not in {"ContainerCreating", "PodInitializing"}:
            yield printable(reason, limit=_SHOWN), name
        elif ended and whole(ended.get("exitCode")) != 0:
            yield printable(f"{ended.get('reason')} (exit code {ended.get('exitCode')})", limit=_SHOWN), name


def warnings(found: Sequence[Mapping[str, Any]], since: float) -> tuple[str, ...]:
    """Warnings since a moment, oldest first, without repeats."""
    lines: dict[str, float] = {}
    for one in found:
        seen = at(one, "series", "lastObservedTime") or one.get("lastTimestamp") or one.get("eventTime") or ""
        when = epoch(str(seen or at(one, "metadata", "creationTimestamp") or ""))
        about = f"{at(one, 'involvedObject', 'kind')}/{at(one, 'involvedObject', 'name')}"
        if when >= since:
            line = printable(f"{about}: {one.get('reason')}: {one.get('message')}", limit=_SHOWN)
            lines[line] = max(when, lines.get(line, 0.0))
    return tuple(sorted(lines, key=lambda line: lines[line]))


def epoch(text: str) -> float:
    """Seconds of the epoch in a time as Kubernetes writes it; 0.0 where it is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def lease_of(found: Mapping[str, Any] | None, now: float) -> Lease:
    """Who holds it."""
    spec = at(found, "spec") or {}
    renewed = epoch(str(spec.get("renewTime") or ""))
    version = str(at(found, "metadata", "resourceVersion") or "")
    holder = str(spec.get("holderIdentity") or "")
    return Lease(holder, max(0.0, now - renewed), float(whole(spec.get("leaseDurationSeconds"))), version)


def lease_body(name: str, holder: str, version: str, duration_s: float, now: float) -> bytes:
    """The object that takes it; with a version it fails where somebody else took it since."""
    about: dict[str, Any] = {"name": name, **({"resourceVersion": version} if version else {})}
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec: dict[str, Any] = {"holderIdentity": holder, "leaseDurationSeconds": int(duration_s), "renewTime": stamp}
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": about, "spec": spec}
    return json.dumps(body).encode()


def reviews(wanted: Sequence[Access], namespace: str) -> bytes:
    """One question for each, for `kubectl create -f -`."""
    listed = [
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {
                "resourceAttributes": {
                    "namespace": namespace,
                    "verb": one.verb,
                    "group": one.group,
                    "resource": one.resource,
                    "subresource": one.subresource,
                }
            },
        }
        for one in wanted
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": listed}).encode()


def answered(found: Sequence[Mapping[str, Any]]) -> tuple[Access, ...]:
    """What the cluster answered."""
    granted = []
    for one in found:
        asked = at(one, "spec", "resourceAttributes") or {}
        verb, resource, group, sub = (
            str(asked.get(key) or "") for key in ("verb", "resource", "group", "subresource")
        )
        granted.append(Access(verb, resource, group, sub, allowed=at(one, "status", "allowed") is True))
    return tuple(granted)
