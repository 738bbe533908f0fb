"""`[kubernetes]` of `avnwizard.toml`: the Helm release that this checkout's chart is installed as."""

import re
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from avnwizard.domain.secret import redact_urls

_HOUR_S = 3600
_DNS_NAME = re.compile(r"|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""An RFC 1123 label, as Kubernetes wants namespaces named; Helm allows 53 characters for a release."""
_RELEASE_LENGTH = 53
_PLAIN = re.compile(r"[!-~ ]*")


@dataclass(frozen=True)
class KubernetesSection:
    """`[kubernetes]`: a stack that is a Helm release in Kubernetes. Without `release` it is a Compose stack.

    Attributes:
        release: the name of the Helm release.
        context: the kubeconfig's context; "" is the current one, which `check` names.
        namespace: the release's namespace.
        chart: the chart: a folder of the checkout, or an OCI or repository reference.
        values: values files, from the top of the checkout, in Helm's order.
        postgres: the label selector of the Postgres pod, such as "app=postgres"; "" where the databases lie outside
            the cluster or there are none: then no snapshot is taken, and going back restores none.
        container: the container of that pod in which Postgres runs; "" is its first.
        timeout_s: seconds that Helm may take for an upgrade or a rollback. 0: worked out from the pods' own numbers.
        settle_s: seconds for which the new pods are watched for restarts before they are called good.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic wants it

    release: str = ""
    context: str = ""
    namespace: str = "default"
    chart: str = "chart"
    values: tuple[str, ...] = ()
    postgres: str = ""
    container: str = ""
    timeout_s: Annotated[float, Interval(ge=0, le=4 * _HOUR_S)] = 0.0
    settle_s: Annotated[float, Interval(ge=0, le=_HOUR_S)] = 5.0

    def __post_init__(self) -> None:
        """Refuse what Kubernetes would refuse, and what reads as an option; `ValueError` names the key first."""
        for key, name in {"release": self.release, "namespace": self.namespace}.items():
            if not _DNS_NAME.fullmatch(name):
                raise ValueError(f"{key}: Must be lower-case letters, digits and hyphens")
        if len(self.release) > _RELEASE_LENGTH:
            raise ValueError(f"release: Must have at most {_RELEASE_LENGTH} characters")
        if not self.namespace:
            raise ValueError("namespace: Must not be empty")
        if not self.chart:
            raise ValueError("chart: Must not be empty")
        texts = {"context": self.context, "chart": self.chart, "postgres": self.postgres, "container": self.container}
        texts |= {f"values.{number}": name for number, name in enumerate(self.values)}
        for key, text in texts.items():
            if text.startswith("-") or not _PLAIN.fullmatch(text):
                raise ValueError(f"{key}: Must not begin with a hyphen, and must be printable ASCII")
            if redact_urls(text) != text:
                raise ValueError(f"{key}: Must hold no password and no token, since plan and journal keep it")
