"""The readers of what a chart says: its values, its schema, and what it renders."""

import contextlib

from avnwizard.domain.kubernetes import values_edit
from avnwizard.domain.kubernetes.autoscaling import autoscaled
from avnwizard.domain.kubernetes.crds import compare_crds, deleted_with_objects
from avnwizard.domain.kubernetes.manifest import compare, images, made_again, parse
from avnwizard.domain.kubernetes.rolls import budgets, may_lose, workload_of
from avnwizard.domain.kubernetes.values import as_settings, demanded, leaves
from avnwizard.domain.kubernetes.values_diff import ChartSide, diff_values
from avnwizard.errors import WizardError
from tests.fuzz.reader import Reader

_VALUES = "# mine\na:\n  # about b\n  b: 1 # one\n  c: {d: x}\ne: [1, 2]\nf: |\n  g\n"
_SCHEMA = '{"required": ["a"], "properties": {"a": {"properties": {"b": {}}, "required": ["b"]}}}'
_MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, annotations: {helm.sh/hook: pre-upgrade}}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxUnavailable: 25%, maxSurge: 1}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: a, image: a:1, ports: [{containerPort: 1}], readinessProbe: {periodSeconds: 1}}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: a}
spec: {minAvailable: 50%, selector: {matchLabels: {app: a}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec: {scaleTargetRef: {kind: Deployment, name: a}, minReplicas: 2}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: a, annotations: {helm.sh/resource-policy: keep}}
spec: {group: a.test, names: {kind: A}, versions: [{name: v1, served: true}]}
status: {storedVersions: [v1]}
"""


def _values(text: str) -> None:
    """Read, compared with the sample, and edited where that can be done."""
    content = text.encode("utf-8", "replace")
    found = leaves(content, source="values")
    as_settings(found)
    diff_values(
        ChartSide(leaves(_VALUES.encode(), source="values")), ChartSide(found), found, notes="`a.b` is now `b`"
    )
    for path, _, _ in found[:3]:
        with contextlib.suppress(WizardError):
            values_edit.renamed(content, path, f"new.{path}", source="values")
        with contextlib.suppress(WizardError):
            values_edit.with_value(content, path, "x", source="values")
        with contextlib.suppress(WizardError):
            values_edit.commented_out(content, path, source="values")


def _manifest(text: str) -> None:
    """Read, compared with the sample, judged."""
    found = parse(text, source="the chart")
    known = parse(_MANIFEST, source="the chart")
    compare(known, found)
    images(found)
    made_again(found, known)
    workloads = [one for each in autoscaled(found)[0] if (one := workload_of(each)) is not None]
    for one in workloads:
        may_lose(one)
    budgets(found, workloads)
    compare_crds(found, known, [one.shown for one in found], found)
    compare_crds(known, found, [one.shown for one in found], found)
    deleted_with_objects(compare(known, found), [*known, *found])


CHART_READERS: dict[str, Reader] = {
    "values of a chart": Reader(lambda: _VALUES, _values, share=4),
    "schema of a chart's values": Reader(lambda: _SCHEMA, lambda text: demanded(text.encode("utf-8", "replace"))),
    "what a chart renders": Reader(lambda: _MANIFEST, _manifest, share=4),
}
