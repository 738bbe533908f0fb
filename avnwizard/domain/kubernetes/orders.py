"""The commands of `helm` that change a release, as values: what the plan shows is what runs."""

from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.kubernetes.versions import Tools

DryRun = Literal["", "client", "server"]
_HELM_4 = 4


@dataclass(frozen=True)
class ReleasePlace:
    """Where a release is.

    Attributes:
        context: the kubeconfig's context; never "" once it was looked up, so that a switch of context in another
            terminal changes nothing.
    """

    context: str
    namespace: str
    release: str


@dataclass(frozen=True)
class ChartOrder:
    """What is installed.

    Attributes:
        chart: a folder (absolute), or an OCI or repository reference.
        values: files, absolute, in order.
    """

    chart: str
    values: tuple[str, ...] = ()


def helm_words(place: ReleasePlace) -> tuple[str, ...]:
    """What every call is given, so that it speaks of this release in this cluster."""
    return "--namespace", place.namespace, *(("--kube-context", place.context) if place.context else ())


def upgrade_words(
    place: ReleasePlace, order: ChartOrder, tools: Tools, *, timeout_s: float, mark: str
) -> tuple[str, ...]:
    """`helm upgrade` that waits for the pods, and puts the old revision back where they do not come up.

    Values come from the files alone (`--reset-values`): what an earlier `--set` gave would otherwise stay unseen.
    """
    back = "--rollback-on-failure" if tools.helm_major >= _HELM_4 else "--atomic"
    files = tuple(word for file in order.values for word in ("--values", file))
    return (
        "helm", "upgrade", place.release, order.chart, *files, "--reset-values", "--wait", back,
        "--timeout", f"{int(timeout_s)}s", "--description", mark, *helm_words(place),
    )  # fmt: skip


def rollback_words(place: ReleasePlace, revision: int, tools: Tools, *, timeout_s: float) -> tuple[str, ...]:
    """`helm rollback` to a revision by number: without one it goes to the newest but one, whatever that was."""
    forced = ("--force-conflicts",) if tools.helm_major >= _HELM_4 else ()
    return (
        "helm", "rollback", place.release, str(revision), "--wait", "--timeout", f"{int(timeout_s)}s",
        *forced, *helm_words(place),
    )  # fmt: skip
