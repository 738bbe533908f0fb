"""What becomes of running services that the target would not start: retired, or left alone and named."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from avnwizard.domain.compose.document import read
from avnwizard.domain.host import ComposeModel, Container
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host


@dataclass(frozen=True)
class LeftAlone:
    """A service whose containers stay as they are; `why` is a part of a sentence, made harmless."""

    service: str
    image: str
    why: str

    @property
    def sentence(self) -> str:
        """What the operator reads."""
        return f"{printable(self.service)} is left as it is, with {printable(self.image)}: {self.why}."


@dataclass(frozen=True)
class Others:
    """The services that have containers and that the target does not start."""

    retire: tuple[str, ...]
    left_alone: tuple[LeftAlone, ...]


def sort_out(
    host: Host,
    containers: Sequence[Container],
    *,
    now: ComposeModel,
    target: ComposeModel,
    files: Iterable[bytes],
    release: str,
) -> Others:
    """Retire only what the current release starts and the target does not have, under no profile either.

    Args:
        containers: the project's, without those of `compose run`.
        now: the model of the files in the checkout.
        files: the target's compose files: they name the services of inactive profiles too, which no model does.
        release: the target's tag.
    """
    extra = sorted({one.service for one in containers} - set(target.services))
    if not extra:
        return Others((), ())
    named = declared(files)
    here = declared(host.files.read(file) for file in host.stack.project.files)
    retire, left = [], []
    for service in extra:
        ours = [one for one in containers if one.service == service]
        stranger = next((one for one in ours if not made_from_ours(host, one)), None)
        if stranger:
            why = _made_elsewhere(stranger)
        elif service in (target.raw.get("services") or {}):
            if service in now.services:
                retire.append(service)
                continue
            why = "its compose files switch it off (0 replicas), and it was started by hand"
        elif service in named:
            why = f"{printable(release)} has it in a profile that is not switched on"
        elif service in now.services:
            retire.append(service)
            continue
        elif service in here:
            why = f"{printable(release)} no longer has it, and here its profile is not switched on"
        else:
            why = "no compose file of this stack names it"
        left.append(LeftAlone(service, ours[0].image, why))
    return Others(tuple(retire), tuple(left))


def declared(files: Iterable[bytes]) -> set[str]:
    """The services that compose files name, under whatever profile: Compose's model has the active ones only."""
    found: set[str] = set()
    for content in files:
        services = read(content.decode("utf-8", "replace")).get("services")
        found |= set(map(str, services)) if isinstance(services, dict) else set()
    return found


def made_from_ours(host: Host, container: Container) -> bool:
    """Whether a container was made from this stack's compose files alone; where nothing shows it, it was not."""
    ours = {os.path.realpath(file) for file in host.stack.project.files}
    return bool(container.made_from) and {os.path.realpath(file) for file in container.made_from} <= ours


def require_no_stranger(
    host: Host, containers: Sequence[Container], *, now: ComposeModel, target: ComposeModel, release: str
) -> None:
    """Refuse a target that brings a service under whose name somebody else's container is there already.

    Raises:
        RefusedError: Compose would replace that container.
    """
    for one in containers:
        if one.service in target.services and one.service not in now.services and not made_from_ours(host, one):
            service = printable(one.service)
            raise RefusedError(
                f"{printable(release)} brings a service {service}, and there is a {service} in this project already "
                f"that {_made_elsewhere(one)}: it would be replaced. Nothing was changed.",
                f"Give yours another name, or remove it: docker rm -f {printable(one.name)}",
            )


def _made_elsewhere(container: Container) -> str:
    files = ", ".join(printable(file, limit=200) for file in container.made_from)
    return f"was started from {files or 'unknown files'}, not from this stack's compose files"
