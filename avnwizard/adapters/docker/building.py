"""Building an image by Compose, its lines reported as they come."""

from collections.abc import Callable, Mapping, Sequence

from avnwizard.adapters.process import stream

_HINT = (
    "Look at what the build says: its sources, and the images that it begins from. Nothing that serves was changed."
)


def build(argv: Sequence[str], progress: Callable[[str], None], *, timeout_s: float, env: Mapping[str, str]) -> None:
    """Run a build.

    Raises:
        HostError: it failed; its last lines are in the message.
    """
    stream(argv, progress, timeout_s=timeout_s, env=dict(env), hint=_HINT)
