"""A Helm release in a Kubernetes cluster, asked and changed by the operator's own `helm` and `kubectl`."""

import re
import time
from collections.abc import Callable, Mapping, Sequence

import yaml

from avnwizard.adapters.kubernetes import reading
from avnwizard.adapters.kubernetes.tools import KubeTools, helm_at_work
from avnwizard.adapters.process import lines_in
from avnwizard.domain.kubernetes.crds import CRD
from avnwizard.domain.kubernetes.manifest import KubeObject, parse
from avnwizard.domain.kubernetes.orders import ChartOrder, DryRun, ReleasePlace, rollback_words, upgrade_words
from avnwizard.domain.kubernetes.release import Revision
from avnwizard.domain.kubernetes.rolls import ROLLED
from avnwizard.domain.kubernetes.states import Access, Lease, PodState, WorkloadState
from avnwizard.domain.kubernetes.versions import Tools
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError

_NOT_FOUND = "release: not found"
_DIFFERS = 1
_DIFFERENT = re.compile(r"^Files \S*/([^/\s]+) and \S+ differ$", re.MULTILINE)
_NO_LOG = b"unable to retrieve container logs for "
"""What the kubelet writes as a log, with success, where the container is gone (pkg/kubelet/kuberuntime, 1.33)."""
_RENDER_S = 120.0
_MARGIN_S = 120.0
"""On top of Helm's own time-out, for its answer."""


class KubeCluster:
    """The port `Cluster`.

    Args:
        place: an empty context is the kubeconfig's current one; it is looked up once.
        environ: the environment in which the tools run; None is this process's.
    """

    def __init__(self, place: ReleasePlace, environ: Mapping[str, str] | None = None) -> None:
        self._tools = KubeTools(place, environ)
        self._versions: Tools | None = None
        if not place.context:
            found = self._tools.kubectl("config", "current-context", check=False)
            if found.code or not found.text.strip():
                raise HostError(
                    "kubectl has no current context.", "Set context in avnwizard.toml ([kubernetes]), or KUBECONFIG."
                )
            place = ReleasePlace(found.text.strip(), place.namespace, place.release)
            self._tools = KubeTools(place, environ)
        self._lease = f"avnwizard-{place.release}"

    @property
    def place(self) -> ReleasePlace:
        """Which release, where."""
        return self._tools.place

    @property
    def calls(self) -> KubeTools:
        """The tools, for what else speaks to this cluster."""
        return self._tools

    def tools(self) -> Tools:
        """The versions of `helm`, `kubectl` and the cluster; asked once."""
        if self._versions is None:
            helm = self._tools.helm("version", "--template", "{{.Version}}").text.strip()
            found = reading.loaded(self._tools.kubectl("version", "-o", "json").text, "kubectl version")
            kubectl = str(reading.at(found, "clientVersion", "gitVersion") or "")
            server = str(reading.at(found, "serverVersion", "gitVersion") or "")
            path = "jsonpath={.clusters[0].cluster.server}"
            address = self._tools.kubectl("config", "view", "--minify", "-o", path).text.strip()
            said = (printable(each, limit=100) for each in (helm, kubectl, server, self.place.context, address))
            self._versions = Tools(*said)
        return self._versions

    def history(self) -> tuple[Revision, ...]:
        """Every revision that Helm keeps, oldest first."""
        done = self._tools.helm("history", self.place.release, "-o", "json", "--max", "256", check=False)
        if done.code and _NOT_FOUND in done.complaint:
            return ()
        if done.code:
            raise HostError(f"`helm history` failed: {done.complaint}", "Look at it with: kubectl cluster-info")
        return reading.revisions(done.text)

    def manifest(self, revision: int) -> tuple[KubeObject, ...]:
        """A revision's objects and hooks."""
        number = ("--revision", str(revision))
        texts = [self._tools.helm("get", part, self.place.release, *number).text for part in ("manifest", "hooks")]
        return tuple(one for text in texts for one in parse(text, source=f"Revision {revision}"))

    def render(self, order: ChartOrder, dry_run: DryRun) -> tuple[KubeObject, ...]:
        """What an upgrade would bring, and its hooks."""
        files = [word for file in order.values for word in ("--values", file)]
        where = (self.place.release, order.chart, *files)
        if dry_run == "client":
            text = self._tools.helm("template", *where, "--is-upgrade", timeout_s=_RENDER_S).text
            return parse(text, source="The chart")
        words = ("upgrade", *where, "--reset-values", "--dry-run=server", "-o", "json")
        found = reading.loaded(self._tools.helm(*words, timeout_s=_RENDER_S).text, "helm upgrade --dry-run")
        texts = [str(found.get("manifest") or "")]
        texts += [str(one.get("manifest") or "") for one in found.get("hooks") or () if isinstance(one, dict)]
        return tuple(one for text in texts for one in parse(text, source="The chart"))

    def chart(self, order: ChartOrder) -> tuple[str, str]:
        """(version, app version)."""
        try:
            found = yaml.safe_load(self._tools.helm("show", "chart", order.chart).text)
        except (yaml.YAMLError, RecursionError) as error:
            raise HostError("The chart's Chart.yaml is not YAML.", "Look at it with: helm show chart") from error
        found = found if isinstance(found, dict) else {}
        version, app = (printable(str(found.get(key) or ""), limit=100) for key in ("version", "appVersion"))
        return version, app

    def crds(self, order: ChartOrder) -> tuple[KubeObject, ...]:
        """By `helm show crds`, which also looks into the charts that it depends on."""
        text = self._tools.helm("show", "crds", order.chart, timeout_s=_RENDER_S).text
        return tuple(one for one in parse(text, source="The chart's crds folder") if one.kind == CRD)

    def defined(self, names: Sequence[str]) -> tuple[KubeObject, ...]:
        """By `kubectl get`."""
        if not names:
            return ()
        words = ("get", "customresourcedefinitions", *dict.fromkeys(names), "--ignore-not-found", "-o", "json")
        text = self._tools.kubectl(*words).text
        return parse(text, source="`kubectl get`") if text.strip() else ()

    def may(self, wanted: Sequence[Access]) -> tuple[Access, ...]:
        """One review each, all in one call."""
        words = ("create", "-f", "-", "-o", "json")
        done = self._tools.kubectl(*words, input=reading.reviews(wanted, self.place.namespace))
        return reading.answered(_many(done.text))

    def drifted(self, objects: Sequence[KubeObject]) -> tuple[str, ...]:
        """By `kubectl diff`, which has the cluster itself say what would change."""
        bodies = [one.body for one in objects if not one.hooks]
        text = yaml.safe_dump_all(bodies, sort_keys=False).encode()
        words = self._tools.kubectl_words("diff", "-f", "-")
        from avnwizard.adapters.process import run

        env = self._tools.environ({"KUBECTL_EXTERNAL_DIFF": "diff -rqN"})
        done = run(words, timeout_s=_RENDER_S, env=env, input=text, check=False)
        if done.code > _DIFFERS or (done.code and not done.text.strip()):
            raise HostError(f"`kubectl diff` failed: {done.complaint}", "It needs the right to patch the objects.")
        by_file = {_file_of(one): one.shown for one in objects}
        return tuple(by_file.get(_short(name), printable(name, limit=200)) for name in _DIFFERENT.findall(done.text))

    def workloads(self, objects: Sequence[KubeObject]) -> tuple[WorkloadState, ...]:
        """By the objects' own status."""
        kinds = ",".join(sorted(f"{one.lower()}s" for one in ROLLED))
        done = self._tools.kubectl("get", kinds, "-o", "json")
        return reading.workload_states(reading.items(done.text, "kubectl get"), objects)

    def pods(self) -> tuple[PodState, ...]:
        """The namespace's pods."""
        return reading.pod_states(reading.items(self._tools.kubectl("get", "pods", "-o", "json").text, "kubectl get"))

    def events(self, since: float) -> tuple[str, ...]:
        """Warnings since then."""
        done = self._tools.kubectl("get", "events", "--field-selector", "type=Warning", "-o", "json")
        return reading.warnings(reading.items(done.text, "kubectl get events"), since)

    def log(self, pod: str, container: str, *, lines: int) -> tuple[str, ...]:
        """Of the instance before, where there was one: that is the one that failed."""
        words = ("logs", pod, *(("--container", container) if container else ()), f"--tail={lines}")
        for more in (("--previous",), ()):
            done = self._tools.kubectl(*words, *more, check=False)
            if done.code == 0 and done.stdout.strip() and not done.stdout.startswith(_NO_LOG):
                return tuple(lines_in(done.stdout))
        return ()

    def upgrade(self, order: ChartOrder, *, timeout_s: float, mark: str, say: Callable[[str], None]) -> None:
        """Helm may take its time-out twice: once for the upgrade, once to put the old revision back."""
        argv = upgrade_words(self.place, order, self.tools(), timeout_s=timeout_s, mark=mark)
        self._tools.follow(argv, say, timeout_s=2 * timeout_s + _MARGIN_S)

    def rollback(self, revision: int, *, timeout_s: float, say: Callable[[str], None]) -> None:
        """To a revision by number."""
        argv = rollback_words(self.place, revision, self.tools(), timeout_s=timeout_s)
        self._tools.follow(argv, say, timeout_s=timeout_s + _MARGIN_S)

    def helm_runs(self) -> bool:
        """Whether one is at work on this host."""
        return helm_at_work(self.place)

    def scale(self, kind: str, name: str, replicas: int) -> None:
        """No error when it is gone."""
        done = self._tools.kubectl("scale", f"{kind.lower()}/{name}", f"--replicas={replicas}", check=False)
        if done.code and "not found" not in done.complaint.lower():
            raise HostError(
                f"`kubectl scale {kind}/{name}` failed: {done.complaint}", "Resume once it works by hand."
            )

    def lease(self) -> Lease:
        """Who holds it."""
        text = self._tools.kubectl("get", "lease", self._lease, "-o", "json", "--ignore-not-found").text
        found = reading.loaded(text, "kubectl get lease") if text.strip() else None
        return reading.lease_of(found, time.time())

    def take_lease(self, holder: str, *, after: Lease, duration_s: float) -> bool:
        """`create` where there is none, else `replace` of the version that was seen."""
        body = reading.lease_body(self._lease, holder, after.version, duration_s, time.time())
        done = self._tools.kubectl("replace" if after.version else "create", "-f", "-", input=body, check=False)
        lost = any(word in done.complaint for word in ("AlreadyExists", "Conflict", "NotFound", "has been modified"))
        if done.code and not lost:
            raise HostError(
                f"The Lease {self._lease} cannot be taken: {done.complaint}", "avnwizard kubernetes check"
            )
        return done.code == 0

    def drop_lease(self, holder: str) -> None:
        """Only one's own."""
        if self.lease().holder == holder:
            self._tools.kubectl("delete", "lease", self._lease, "--ignore-not-found")


def _many(text: str) -> list[Mapping[str, object]]:
    """`kubectl create` prints one JSON object after another, or a list."""
    import json

    decoder, found, place = json.JSONDecoder(), [], 0
    while (place := len(text) - len(text[place:].lstrip())) < len(text):
        try:
            one, place = decoder.raw_decode(text, place)
        except ValueError as error:
            raise HostError("`kubectl create` did not print JSON.", "Run: kubectl version") from error
        found += one.get("items", [one])
    return found


def _file_of(one: KubeObject) -> str:
    """As `kubectl diff` names the file of an object, without the namespace (group.version.Kind.namespace.name)."""
    group, _, version = str(one.body.get("apiVersion", "")).rpartition("/")
    return ".".join(filter(None, (group, version, one.kind, one.name)))


def _short(name: str) -> str:
    """The same without the namespace, which is the part after the kind."""
    parts = name.split(".")
    kind = next((number for number, part in enumerate(parts) if part[:1].isupper()), -1)
    return ".".join((*parts[: kind + 1], *parts[kind + 2 :])) if kind >= 0 else name
