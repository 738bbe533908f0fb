"""`helm` and `kubectl` as the operator has them: each call is bounded in time and names cluster and namespace."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from avnwizard.adapters.process import Completed, run, stream
from avnwizard.domain.kubernetes.orders import ReleasePlace, helm_words

_ASK_S = 60.0
_HINT = "Look at it with: kubectl cluster-info"


class KubeTools:
    """Calls of the two tools for one release.

    Args:
        environ: the environment in which they run; None is this process's.
    """

    def __init__(self, place: ReleasePlace, environ: Mapping[str, str] | None = None) -> None:
        self.place = place
        self._environ = dict(environ) if environ is not None else None

    def kubectl_words(self, *words: str) -> tuple[str, ...]:
        """A call of kubectl."""
        context = ("--context", self.place.context) if self.place.context else ()
        return "kubectl", *context, "--namespace", self.place.namespace, *words

    def kubectl(
        self,
        *words: str,
        input: bytes | None = None,  # noqa: A002 - as `process.run` calls it
        check: bool = True,
        timeout_s: float = _ASK_S,
    ) -> Completed:
        """Run kubectl to its end."""
        argv = self.kubectl_words("--request-timeout", f"{int(timeout_s)}s", *words)
        return run(argv, timeout_s=timeout_s + 5, env=self.environ(), input=input, check=check, hint=_HINT)

    def helm(self, *words: str, check: bool = True, timeout_s: float = _ASK_S) -> Completed:
        """Run helm to its end; the release's place is added."""
        argv = ("helm", *words, *helm_words(self.place))
        return run(argv, timeout_s=timeout_s, env=self.environ(), check=check, hint=_HINT)

    def follow(self, argv: Sequence[str], say: Callable[[str], None], *, timeout_s: float) -> None:
        """Run a command that changes something, and hand on its lines."""
        stream(
            argv, say, timeout_s=timeout_s, env=self.environ(), hint="Look at it with: helm history, kubectl get pods"
        )

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str] | None:
        """The environment for a child, with more variables."""
        if self._environ is None and not more:
            return None
        return {**(self._environ if self._environ is not None else os.environ), **(more or {})}


def helm_at_work(place: ReleasePlace) -> bool:
    """Whether a `helm upgrade` or `helm rollback` of a release runs on this host (Linux's /proc).

    A run that was killed leaves Helm running: to cure the release meanwhile would have two of them at it.
    """
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if Path(words[0]).name != "helm" or not {"upgrade", "rollback"} & set(words[:2]):
            continue
        wanted = (place.release, *helm_words(place))
        if all(word in words for word in wanted):
            return True
    return False
