"""How each service is rolled, and why: decided from the resolved compose model alone."""

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from avnwizard.domain.config import Strategy
from avnwizard.domain.host import ComposeModel, Container, Image, Service
from avnwizard.errors import RefusedError

COMPLETED = "service_completed_successfully"


@dataclass(frozen=True)
class Choice:
    """A strategy with the reason that the operator reads."""

    strategy: Strategy
    reason: str


def is_job(service: Service, model: ComposeModel) -> bool:
    """A one-shot: somebody waits for it to complete, or it runs once and is never restarted."""
    awaited = any(other.depends_on.get(service.name) == COMPLETED for other in model.services.values())
    return awaited or (service.restart in {"", "no"} and service.name.endswith(("-migrate", "-init", "-setup")))


def choose(
    service: Service,
    model: ComposeModel,
    *,
    running: tuple[Container, ...] = (),
    image: Image | None = None,
    override: Strategy | None = None,
) -> Choice:
    """How a service is rolled.

    Args:
        running: its containers now.
        image: the target image where it is already known; with an equal config hash it means `skip`.
        override: what `avnwizard.toml` orders.
    """
    if override:
        return Choice(override, "as avnwizard.toml says")
    if is_job(service, model):
        return Choice("job", "a one-shot that others wait for")
    if image and running and service.config_hash and _unchanged(service, running, image):
        return Choice("skip", "image and configuration are the same")
    if alone := why_alone(service):
        return Choice("recreate", alone)
    return Choice("surge", "stateless: the new one starts beside the old, the old goes when the new is healthy")


def keeps_running(service: Service, model: ComposeModel, *, edge: str, database: str) -> bool:
    """The edge, the database, and what keeps data of its own and does not wait for the database.

    They are never stopped for a restore. What waits for the database writes to it, also where it holds a host port
    or a file, such as an admin port on loopback or a log.

    Args:
        edge: the service that is the proxy, "" where none of the project's runs.
        database: the service whose databases are restored.
    """
    if service.name in {edge, database}:
        return True
    return bool(service.published or written_mounts(service)) and not _waits_for(service, database, model)


def _waits_for(service: Service, other: str, model: ComposeModel) -> bool:
    """Whether it depends on another, directly or by those between."""
    seen, left = set[str](), [*service.depends_on]
    while left:
        name = left.pop()
        if name == other:
            return True
        if name not in seen and name in model.services:
            seen.add(name)
            left += model.services[name].depends_on
    return False


def written_mounts(service: Service) -> list[str]:
    """The mounts that the service writes to."""
    return [mount for mount in service.volumes if not mount.endswith(":ro")]


def why_alone(service: Service) -> str:
    """Why a second container cannot run beside the first, or nobody could tell when it is ready; "" when it can."""
    if service.container_name:
        return f"its container_name {service.container_name} allows one container only"
    if service.published:
        return f"it holds the host port {', '.join(service.published)}"
    if written := written_mounts(service):
        return f"it keeps data in {', '.join(written)}"
    return "" if service.has_healthcheck else "it has no health check: nobody can tell when a second one is ready"


def _unchanged(service: Service, running: tuple[Container, ...], image: Image) -> bool:
    return all(
        container.is_serving and container.image_id == image.id and container.config_hash == service.config_hash
        for container in running
    )


def roll_order(model: ComposeModel) -> tuple[str, ...]:
    """The services, dependencies first, else by name; a one-shot right before the first that waits for it.

    What a migration breaks for the old code is away until the new code is rolled: the later the one, the sooner the
    other. `docker compose up -d` waits no less and no more. What waits for no one-shot comes last: when a migration
    fails, less has been changed.

    Raises:
        RefusedError: the compose file's `depends_on` goes in a circle.
    """
    graph = {
        name: sorted(dep for dep in service.depends_on if dep in model.services)
        for name, service in sorted(model.services.items())
    }
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise RefusedError(
            f"depends_on goes in a circle: {' -> '.join(error.args[1])}.", "Mend the compose file."
        ) from error
    awaited = {name for needed in graph.values() for name in needed if is_job(model.services[name], model)}
    late: dict[str, None] = {}

    def add(name: str) -> None:
        if name not in late:
            for needed in sorted(graph[name], key=order.index):
                add(needed)
            late[name] = None

    def waits(name: str) -> bool:
        return name in awaited or any(waits(needed) for needed in graph[name])

    for name in (*filter(waits, order), *order):
        if name not in awaited:
            add(name)
    return tuple(late)
