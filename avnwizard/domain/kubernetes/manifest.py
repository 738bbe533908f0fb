"""Rendered manifests: read with care, since a chart is somebody else's text, and compared object by object."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from avnwizard.domain.secret import masked
from avnwizard.errors import RefusedError

_LIMIT_BYTES = 16 << 20
_LIMIT_NODES = 400_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
UNREADABLE = (yaml.YAMLError, ValueError, RecursionError, AttributeError, TypeError, KeyError, IndexError)
"""What PyYAML raises for a text that it cannot read: for a tag whose value is none, such as `!!timestamp x`, not its
own error (PyYAML 6.0.3)."""
HOOK = "helm.sh/hook"
_NOISE = (".helm.sh/chart", ".app.kubernetes.io/version")
"""Labels that change with every version of a chart and mean nothing by themselves."""

_UPGRADING = frozenset({"pre-upgrade", "post-upgrade"})

Place = tuple[str, str, str]
"""(kind, namespace, name): what an object is known by in one release."""


@dataclass(frozen=True)
class KubeObject:
    """One object of a manifest. `body` may hold secrets: never put it in a plan or a message."""

    kind: str
    namespace: str
    name: str
    body: dict[str, Any] = field(repr=False)

    @property
    def place(self) -> Place:
        """What it is known by."""
        return self.kind, self.namespace, self.name

    @property
    def shown(self) -> str:
        """Such as "Deployment/gateway"."""
        return f"{self.kind}/{self.name}"

    @property
    def group(self) -> str:
        """Its API group, "" for the core."""
        return str(self.body.get("apiVersion", "")).rpartition("/")[0]

    @property
    def hooks(self) -> frozenset[str]:
        """The Helm events that it is a hook of."""
        found = _annotations(self.body).get(HOOK, "")
        return frozenset(each.strip() for each in str(found).split(",") if each.strip())

    @cached_property
    def digest(self) -> str:
        """The same for the same body."""
        return hashlib.sha256(json.dumps(_by_text(self.body), sort_keys=True, default=str).encode()).hexdigest()


def _by_text(value: Any) -> Any:
    """A value whose keys are texts, as they are once they are JSON; YAML's may be anything."""
    if isinstance(value, dict):
        return {str(key): _by_text(one) for key, one in value.items()}
    return [_by_text(one) for one in value] if isinstance(value, list) else value


def parse(text: str, *, source: str) -> tuple[KubeObject, ...]:
    """The objects of a rendered manifest, in order.

    Args:
        source: what is read, for the error.

    Raises:
        RefusedError: it is not what Kubernetes takes, or built to exhaust who reads it.
    """
    if len(text) > _LIMIT_BYTES:
        raise RefusedError(f"{source} is larger than {_LIMIT_BYTES >> 20} MB. It was not read.", "Look at the chart.")
    try:
        documents = list(yaml.load_all(text, Loader=_LOADER))
    except UNREADABLE as error:
        raise RefusedError(f"{source} is not valid YAML.", "Look at it with: helm template") from error
    found: list[KubeObject] = []
    for document in documents:
        if document is not None:
            found += _objects(document, source)
    return tuple(found)


def _objects(document: Any, source: str) -> Iterator[KubeObject]:
    """The objects of one document; a `List` holds several."""
    _require_small(document, source)
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
        raise RefusedError(f"{source} holds a document without a kind.", "Look at it with: helm template")
    if document["kind"] == "List" and isinstance(document.get("items"), list):
        for one in document["items"]:
            yield from _objects(one, source)
        return
    about = document.get("metadata")
    about = about if isinstance(about, dict) else {}
    name = about.get("name") or about.get("generateName")
    if not isinstance(name, str) or not name:
        raise RefusedError(f"{source} holds a {document['kind'][:63]} without a name.", "Look at the chart.")
    yield KubeObject(document["kind"], str(about.get("namespace") or ""), name, document)


def _require_small(document: Any, source: str) -> None:
    """Aliases in YAML make a small text an endless tree: count what a walk would meet."""
    left, waiting = _LIMIT_NODES, [document]
    while waiting:
        one = waiting.pop()
        left -= 1
        if left < 0:
            raise RefusedError(f"{source} holds more than {_LIMIT_NODES:,} values.", "Look at the chart.")
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _annotations(body: Mapping[str, Any]) -> Mapping[str, Any]:
    about = body.get("metadata")
    found = about.get("annotations") if isinstance(about, dict) else None
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class FieldChange:
    """One field that differs; values are as they may be seen, "" where there is none."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class ObjectChange:
    """One object that a release adds, removes or changes.

    Attributes:
        what: "added", "removed" or "changed".
        replaces_pods: whether its pods are replaced: the pod template differs.
    """

    kind: str
    namespace: str
    name: str
    what: str
    fields: tuple[FieldChange, ...] = ()
    replaces_pods: bool = False

    @property
    def shown(self) -> str:
        """Such as "Deployment/gateway"."""
        return f"{self.kind}/{self.name}"


def compare(old: Sequence[KubeObject], new: Sequence[KubeObject]) -> tuple[ObjectChange, ...]:
    """What differs between two manifests, by kind and name; secrets are masked, the chart's version is left out."""
    before, after = {one.place: one for one in old}, {one.place: one for one in new}
    found: list[ObjectChange] = []
    for place in sorted(before.keys() | after.keys()):
        kind, namespace, name = place
        was, now = before.get(place), after.get(place)
        if was is None or now is None:
            found.append(ObjectChange(kind, namespace, name, "added" if was is None else "removed"))
            continue
        if was.digest == now.digest:
            continue
        fields = tuple(_fields(was, now))
        template = any(one.path.startswith("spec.template.") for one in fields)
        silent = _template(was.body) != _template(now.body)
        if fields or silent:
            found.append(ObjectChange(kind, namespace, name, "changed", fields, template or silent))
    return tuple(found)


def _template(body: Mapping[str, Any]) -> Any:
    spec = body.get("spec")
    return spec.get("template") if isinstance(spec, dict) else None


def _fields(was: KubeObject, now: KubeObject) -> Iterator[FieldChange]:
    old, new = dict(_flat(was.body)), dict(_flat(now.body))
    hidden = was.kind == "Secret"
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) == new.get(path) or path.endswith(_NOISE):
            continue
        yield FieldChange(path, _seen(path, old.get(path), hidden), _seen(path, new.get(path), hidden))


def _seen(path: str, value: Any, hidden: bool) -> str:
    if value is None:
        return ""
    if hidden and not path.startswith(("metadata.", "kind", "apiVersion", "type")):
        return "***"
    return masked(_key(path), str(value))[:200]


def _key(path: str) -> str:
    """The name by which a value is taken for a secret: a variable's own, else the last part of the path."""
    parts = path.split(".")
    named = [part for part in parts if part.startswith("[") and part.endswith("]")]
    last = parts[-1]
    return named[-1][1:-1] if last == "value" and named else last


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf with its path; members of lists go by their `name` where each has one."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(one, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        names = [one.get("name") for one in value if isinstance(one, dict)]
        named = len(names) == len(value) == len(set(map(str, names))) and all(isinstance(one, str) for one in names)
        for number, one in enumerate(value):
            yield from _flat(one, f"{path}.[{names[number] if named else number}]")
    else:
        yield path, value


def images(objects: Sequence[KubeObject]) -> dict[str, tuple[str, ...]]:
    """The images that pods run, by "Kind/name", for every object that has a pod template."""
    found: dict[str, tuple[str, ...]] = {}
    for one in objects:
        spec = pod_spec(one.body)
        listed = [*_list(spec.get("initContainers")), *_list(spec.get("containers"))]
        names = tuple(str(each["image"]) for each in listed if isinstance(each, dict) and each.get("image"))
        if names:
            found[one.shown] = names
    return found


def pod_spec(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The spec of an object's pods, or of a pod; {} for what has none."""
    spec = body.get("spec")
    if not isinstance(spec, dict):
        return {}
    if body.get("kind") == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    template = spec.get("template") if body.get("kind") != "Pod" else {"spec": spec}
    found = template.get("spec") if isinstance(template, dict) else None
    return found if isinstance(found, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def has_secrets(objects: Sequence[KubeObject]) -> bool:
    """Whether there is a secret, which rendering the chart again could make different."""
    return any(one.kind == "Secret" for one in objects)


def made_again(first: Sequence[KubeObject], second: Sequence[KubeObject]) -> tuple[str, ...]:
    """Secrets that the same chart with the same values renders differently each time, as "Secret/NAME: key".

    Every upgrade would make a new one, and no rollback brings the old one back (as the chart ory/hydra 0.62.1 does
    with a system secret that no values file gives).
    """
    again = {one.place: one for one in second if one.kind == "Secret"}
    found = []
    for one in first:
        other = again.get(one.place)
        if one.kind != "Secret" or other is None or other.digest == one.digest:
            continue
        if one.hooks and not one.hooks & _UPGRADING:
            continue
        then, now = dict(_flat(one.body)), dict(_flat(other.body))
        keys = sorted(path for path in then.keys() | now.keys() if then.get(path) != now.get(path))
        found.append(f"{one.shown}: {', '.join(path.rpartition('.')[2] for path in keys)}")
    return tuple(found)
