"""Whether a release only moves the lockstep's pins, read from its tag without checking it out."""

from avnwizard.domain.lockstep_release import moves_images_alone
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.models import compose_paths

_WORDS = (".md", ".txt", ".rst")
"""Files that nothing runs: the changelog, the documentation."""


def moves_lockstep_alone(host: Host, current: str, target: str) -> bool:
    """Whether only the lockstep's images, and words, change between two commits; False where nobody can see."""
    services = host.config.lockstep.services
    if not services:
        return False
    try:
        compose = compose_paths(host)
        changed = {one.path for one in host.repo.changed(current, target)}
        moved = [path for path in compose if path in changed]
        if not moved or any(path not in compose and not path.lower().endswith(_WORDS) for path in changed):
            return False
        pairs = ((_text(host, current, path), _text(host, target, path)) for path in moved)
        return all(moves_images_alone(before, after, services) for before, after in pairs)
    except WizardError:
        return False  # another finding says why that cannot be read


def _text(host: Host, commit: str, path: str) -> str:
    return (host.repo.read(commit, path) or b"").decode("utf-8", "replace")
