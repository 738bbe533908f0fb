"""Which Helm release a checkout's chart is installed as, and the section that says so."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from avnwizard.domain.kubernetes.manifest import UNREADABLE
from avnwizard.domain.plain import printable

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Installed:
    """One line of `helm list`.

    Attributes:
        chart: name and version, such as "avnology-1.5.0".
    """

    name: str
    namespace: str
    chart: str
    status: str


def chart_name(chart_yaml: bytes) -> str:
    """The name that a `Chart.yaml` gives; "" where it cannot be read."""
    try:
        found = yaml.load(chart_yaml.decode("utf-8", "replace"), Loader=_LOADER)  # noqa: S506 - a safe loader
    except UNREADABLE:
        return ""
    return str(found.get("name") or "") if isinstance(found, dict) else ""


def matching(charts: Mapping[str, str], installed: Sequence[Installed]) -> Iterator[tuple[str, Installed]]:
    """(folder, release) for each release of a chart that lies in the checkout.

    Args:
        charts: folder in the checkout -> the chart's name.
    """
    for folder, name in sorted(charts.items()):
        for one in installed:
            if name and re.fullmatch(rf"{re.escape(name)}-v?\d+\..*", one.chart):
                yield folder, one


def section_of(folder: str, release: Installed) -> tuple[str, ...]:
    """The lines for `avnwizard.toml`."""
    return (
        "[kubernetes]",
        f'release = "{printable(release.name, limit=60)}"',
        f'namespace = "{printable(release.namespace, limit=70)}"',
        f'chart = "{printable(folder, limit=200)}"',
        "values = []  # your values files, in order",
    )
