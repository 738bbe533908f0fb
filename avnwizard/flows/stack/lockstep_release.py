"""Whether a release only moves the lockstep's pins, read from its tag without checking it out."""

from avnwizard.domain.lockstep_release import moved_services, moves_images_alone
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.models import compose_paths

_WORDS = (".md", ".txt", ".rst")
"""Files that nothing runs: the changelog, the documentation."""


def moved_alone(host: Host, current: str, target: str, *, is_security: bool = False) -> frozenset[str]:
    """The services of the lockstep that a release moves, where only their images, and words, change.

    Args:
        is_security: whether the release's notes speak of security: then files that the stack does not start from,
            such as scripts, may change too; compose files, migrations and the example env file may not.

    Returns:
        Nothing where more changes, or nobody can see.
    """
    services, section = host.config.lockstep.services, host.config.stack
    if not services:
        return frozenset()

    def matters(path: str) -> bool:
        runs = path == section.example or path.startswith(f"{section.migrations}/")
        return not path.lower().endswith(_WORDS) and (runs or not is_security)

    try:
        compose = compose_paths(host)
        changed = {one.path for one in host.repo.changed(current, target)}
        files = [path for path in compose if path in changed]
        if not files or any(path not in compose and matters(path) for path in changed):
            return frozenset()
        pairs = [(_text(host, current, path), _text(host, target, path)) for path in files]
        if not all(moves_images_alone(before, after, services) for before, after in pairs):
            return frozenset()
        return frozenset().union(*(moved_services(before, after, services) for before, after in pairs))
    except WizardError:
        return frozenset()  # another finding says why that cannot be read


def _text(host: Host, commit: str, path: str) -> str:
    return (host.repo.read(commit, path) or b"").decode("utf-8", "replace")
