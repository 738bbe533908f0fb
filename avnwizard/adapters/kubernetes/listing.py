"""Every Helm release that this login sees."""

from avnwizard.adapters.kubernetes import reading
from avnwizard.adapters.process import run
from avnwizard.domain.kubernetes.finding import Installed

_LIST_S = 60.0


def releases_here() -> tuple[Installed, ...]:
    """Of the kubeconfig's current context, in every namespace.

    Raises:
        HostError: helm is missing, or the cluster does not answer.
    """
    argv = ("helm", "list", "--all-namespaces", "--max", "1000", "-o", "json")
    done = run(argv, timeout_s=_LIST_S, hint="Look at it with: kubectl config get-contexts")
    return tuple(
        Installed(*(str(one.get(key) or "") for key in ("name", "namespace", "chart", "status")))
        for one in reading.items(done.text, "helm list")
    )
