"""The services that are pinned together, compared at four places: containers, files, current release, target."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from avnwizard.domain.compose.document import read
from avnwizard.domain.drift import images_pinned
from avnwizard.domain.findings import Finding
from avnwizard.domain.host import ComposeModel, Container
from avnwizard.domain.interpolation import InterpolationError, references
from avnwizard.domain.lockstep import Together, out_of_step, set_apart
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.models import compose_at
from avnwizard.flows.stack.survey import read_env

Coming = tuple[Iterable[bytes], Mapping[str, str]]
_DEFAULTING = frozenset({":-", "-"})


def findings(
    host: Host, model: ComposeModel, containers: Sequence[Container], *, target: str = ""
) -> Iterator[Finding]:
    """What is out of step, a finding each.

    Args:
        target: the release to upgrade to, "" for none.
    """
    services = tuple(name for name in host.config.lockstep.services if name in model.services)
    running = {one.service: one.image for one in containers if not one.one_off}
    named = {name: model.services[name].image for name in services}
    head = host.repo.head()
    commits = {one.name: one.commit for one in host.repo.tags()}
    pinned, coming = (_pins(host, commits.get(tag, "")) for tag in (head.tag, target))
    found = Together(running, named, pinned, coming)
    for one in out_of_step(found, services, tag=head.tag, target=target):
        yield Finding("lockstep", "warn", one.message, one.hint)


def apart(
    host: Host, model: ComposeModel, commits: tuple[str, str], tags: tuple[str, str], coming: Coming
) -> tuple[tuple[str, str, str], ...]:
    """What `Drifted.apart` holds for an upgrade.

    Args:
        model: of the files in the checkout.
        commits, tags: of the current release and of the target.
        coming: the target's compose files with the local edits carried over, in Compose's order, and the env file.
    """
    texts, env = coming
    named: dict[str, str] = {}
    for content in texts:
        with contextlib.suppress(WizardError):  # the plan says why it cannot be read
            named |= _named(content.decode("utf-8", "replace"), env)
    now = {name: one.image for name, one in model.services.items()}
    pinned, wanted = (_pins(host, commit) for commit in commits)
    services = [name for name in host.config.lockstep.services if name in model.services]
    return tuple(set_apart((now, pinned), (named, wanted), services, tags=tags))


def _named(text: str, env: Mapping[str, str]) -> dict[str, str]:
    """Service -> image; a version that a variable brings is left to the decisions about variables."""
    left_out = _versions_by_variable(text)
    return images_pinned(text, {name: value for name, value in env.items() if name not in left_out})


def _pins(host: Host, commit: str) -> dict[str, str]:
    """Service -> the image that a release's own files name; a variable does not outweigh a version they bring."""
    if not commit:
        return {}
    found: dict[str, str] = {}
    try:
        env = read_env(host).as_dict()
        for path in compose_at(host, commit):
            if content := host.repo.read(commit, path):
                found |= _named(content.decode("utf-8", "replace"), env)
    except WizardError:
        return {}  # another finding says why they cannot be read
    return found


def _versions_by_variable(text: str) -> frozenset[str]:
    """The variables that stand for an image's tag and have a default there: the default is the release's pin."""
    services: Any = read(text).get("services")
    found: set[str] = set()
    for body in services.values() if isinstance(services, Mapping) else ():
        image = str(body.get("image") or "") if isinstance(body, Mapping) else ""
        try:
            uses = list(references(image, nested=False))
        except InterpolationError:
            continue
        last = uses[-1] if uses else None
        if last and last.end == len(image) and last.operator in _DEFAULTING and image[: last.start].endswith(":"):
            found.add(last.name)
    return frozenset(found)
