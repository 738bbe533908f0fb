"""Where the stack stands: read everything, change nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from avnwizard.domain.checkout import Head
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel, Container, Image, Service
from avnwizard.domain.references import is_tag
from avnwizard.domain.settling import is_restless
from avnwizard.domain.strategy import has_ended_well, is_awaited, is_job
from avnwizard.errors import RefusedError, UsageError
from avnwizard.flows.env_on_disk import env_bytes, require_dispensable
from avnwizard.flows.host import Host


def read_env(host: Host) -> EnvFile:
    """The operator's env file; an empty one where the stack does without.

    Raises:
        HostError: it is missing, and was given by its name.
        RefusedError: the compose files need it; or Compose would not read it: names the line, never a value.
    """
    require_dispensable(host)
    path = host.stack.project.env_file
    try:
        return EnvFile.parse(env_bytes(host))
    except UsageError as error:
        raise RefusedError(f"{path}: {error.message}.", error.hint) from error


@dataclass(frozen=True)
class ServiceStatus:
    """One service: what should run, what runs, and whether it serves ("" in `ailment`)."""

    service: str
    image: str
    containers: tuple[Container, ...]
    ailment: str
    job: bool


@dataclass(frozen=True)
class Survey:
    """The stack as a whole."""

    head: Head
    model: ComposeModel
    services: tuple[ServiceStatus, ...]
    drifted: Mapping[str, str]


def ailing(model: ComposeModel, containers: Sequence[Container], *, now: float) -> dict[str, str]:
    """Service -> what is wrong with it, for those that do not serve as the model wants.

    Args:
        now: seconds since the epoch: a container that was restarted a moment ago does not count as one that runs.
    """
    found = {name: ailment(service, model, containers, now=now) for name, service in model.services.items()}
    return {name: why for name, why in found.items() if why}


def ailment(service: Service, model: ComposeModel, containers: Sequence[Container], *, now: float) -> str:
    """What is wrong with a service, in one or two words; "" when nothing is."""
    ours = [one for one in containers if one.service == service.name and not one.one_off]
    if not ours:
        return "missing"
    for one in ours:
        if has_ended_well(service, one):
            continue
        if is_job(service, model) and (is_awaited(service, model) or not one.is_serving):
            if one.state == "exited" and one.exit_code:
                return f"failed with exit code {one.exit_code}"
            if one.state != "exited":
                return one.state
        elif not one.is_serving:
            return one.health if one.state == "running" else one.state
        elif is_restless(one, now):
            return f"restarting ({one.restarts} times so far, the last time {now - one.started_at:.0f} s ago)"
    return ""


def drifted(host: Host, model: ComposeModel, containers: Sequence[Container]) -> dict[str, str]:
    """Services whose running image is not the one that the files name: service -> the image that runs."""
    here = images_named(host, model, containers)
    return {
        one.service: one.image
        for one in containers
        if one.service in model.services and not one.one_off and runs_another_image(one, model, here)
    }


def images_named(host: Host, model: ComposeModel, containers: Sequence[Container]) -> Mapping[str, Image]:
    """What the references of the files and of the containers name on this host, by reference."""
    return host.stack.images([*(one.image for one in model.services.values()), *(one.image for one in containers)])


def runs_another_image(one: Container, model: ComposeModel, here: Mapping[str, Image]) -> bool:
    """Whether it runs another image than its service's reference names here. A digest names one for good.

    Args:
        here: from `images_named`.
    """
    pinned = model.services[one.service].image
    if pinned in here:
        return here[pinned].id != one.image_id
    return one.image != pinned or is_tag(pinned)


def survey(host: Host) -> Survey:
    """Look at checkout and containers.

    Raises:
        HostError: git or the engine does not answer, or the compose files do not resolve.
    """
    model, containers = host.stack.resolve(), host.stack.containers()
    ill = ailing(model, containers, now=host.clock.now())
    services = tuple(
        ServiceStatus(
            name,
            service.image,
            tuple(one for one in containers if one.service == name),
            ill.get(name, ""),
            is_job(service, model),
        )
        for name, service in sorted(model.services.items())
    )
    return Survey(host.repo.head(), model, services, drifted(host, model, containers))
