"""How each service is rolled, and why: decided from the resolved compose model alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from avnwizard.domain.config import Strategy
from avnwizard.domain.host import ComposeModel, Container, Service
from avnwizard.domain.traefik.labels import read_labels
from avnwizard.errors import RefusedError

COMPLETED, HEALTHY = "service_completed_successfully", "service_healthy"


@dataclass(frozen=True)
class Choice:
    """A strategy with the reason that the operator reads."""

    strategy: Strategy
    reason: str


def routers_of(service: Service) -> frozenset[str]:
    """The routers that send the edge's HTTP requests to a service, by name."""
    return frozenset(one.name for one in read_labels(service.labels).routers)


def is_job(service: Service, model: ComposeModel) -> bool:
    """A one-shot: somebody waits for it to complete, or it runs once and is never restarted."""
    awaited = any(other.depends_on.get(service.name) == COMPLETED for other in model.services.values())
    return awaited or (service.restart in {"", "no"} and service.name.endswith(("-migrate", "-init", "-setup")))


def is_awaited(service: Service, model: ComposeModel) -> bool:
    """Whether another service waits for it to complete."""
    return any(other.depends_on.get(service.name) == COMPLETED for other in model.services.values())


def has_ended_well(service: Service, container: Container) -> bool:
    """Whether it is a one-shot that nobody awaits and that is done: ended with 0, and not to be started again."""
    once = service.restart in {"", "no", "on-failure"} and not service.has_healthcheck and not service.published
    return once and container.state == "exited" and container.exit_code == 0


def choose(
    service: Service,
    model: ComposeModel,
    *,
    same: bool = False,
    override: Strategy | None = None,
    running: Sequence[Container] = (),
) -> Choice:
    """How a service is rolled.

    Args:
        same: its containers run what the target names already, and read nothing that changes: it is left alone.
        override: what `avnwizard.toml` orders.
        running: its containers: what they are says more of a one-shot than its name does.
    """
    if override:
        return Choice(override, "as avnwizard.toml says")
    if running and all(has_ended_well(service, one) for one in running):
        return Choice("job", "a one-shot that ran to its end")
    runs_on = any(one.is_serving for one in running) and not is_awaited(service, model)
    if is_job(service, model) and not runs_on:
        return Choice("job", "a one-shot that others wait for")
    if same:
        return Choice("skip", "image and configuration are the same")
    if alone := why_alone(service):
        return Choice("recreate", alone)
    return Choice("surge", "stateless: the new one starts alongside the old, which goes once the new one is healthy")


def keeps_running(service: Service, model: ComposeModel, *, edge: str, databases: Collection[str]) -> bool:
    """The edge, the database, and what keeps data of its own and does not wait for the database.

    They are never stopped for a restore. What waits for the database writes to it, also where it holds a host port
    or a file, such as an admin port on loopback or a log.

    Args:
        edge: the service that is the proxy, "" where none of the project's runs.
        databases: the services whose databases are restored.
    """
    if service.name == edge or service.name in databases:
        return True
    return bool(service.published or written_mounts(service)) and not any(
        _waits_for(service, one, model) for one in databases
    )


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


def lacks_a_check_alone(service: Service) -> bool:
    """Whether a second container could run alongside the first, and only nobody could tell when it is ready."""
    return not service.has_healthcheck and not why_alone(replace(service, has_healthcheck=True))


def why_alone(service: Service) -> str:
    """Why a second container cannot run alongside the first, or nobody could tell when it is ready; "" if it can."""
    if service.published:
        apart = " apart from its route" if routers_of(service) else ""
        return f"it holds the host port {', '.join(service.published)}{apart}: two containers cannot hold one"
    if written := written_mounts(service):
        return f"it keeps data in {', '.join(written)}"
    if service.single:
        return service.single
    return "" if service.has_healthcheck else "it has no health check: nobody can tell when a second one is ready"


def sharers(model: ComposeModel, *names: str) -> tuple[str, ...]:
    """The services whose containers live in those of some others (`network_mode: service:` and the like), by name.

    Whenever those are made again, these have to be: they would go on in a network that is gone. So do theirs.
    """
    found: dict[str, None] = {}
    left = list(names)
    while left:
        owner = left.pop(0)
        fresh = [name for name, one in sorted(model.services.items()) if owner in one.owners and name not in found]
        found.update(dict.fromkeys(fresh))
        left += fresh
    return tuple(name for name in found if name not in names)


def roll_order(model: ComposeModel) -> tuple[str, ...]:
    """The services, dependencies first, else by name; a one-shot right before the first that waits for it.

    What a migration breaks for the old code is away until the new code is rolled: the later the one, the sooner the
    other. `docker compose up -d` waits no less and no more. What waits for no one-shot comes last: when a migration
    fails, less has been changed. A service that lives in another's network, processes or volumes comes right after
    that one: it is cut off from them in between.

    Raises:
        RefusedError: the compose file's `depends_on` goes in a circle.
    """
    graph = {
        name: sorted(dep for dep in {*service.depends_on, *service.owners} if dep in model.services)
        for name, service in sorted(model.services.items())
    }
    order = _sorted(graph)
    awaited = {name for needed in graph.values() for name in needed if is_job(model.services[name], model)}
    late: dict[str, None] = {}

    def add(name: str) -> None:
        for needed in sorted(graph[name], key=order.index):
            if needed not in late:
                add(needed)
        late[name] = None
        for sharer in sorted({*sharers(model, name)} - awaited, key=order.index):
            if sharer not in late:
                add(sharer)

    def waits(name: str) -> bool:
        return name in awaited or any(waits(needed) for needed in graph[name])

    for name in (*filter(waits, order), *order):
        if name not in awaited and name not in late:
            add(name)
    return tuple(late)


def start_levels(model: ComposeModel, names: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """Some services in groups that may be started together, those first for whose health others wait."""
    levels: dict[str, int] = {}
    for name in roll_order(model):
        if name in names:
            needs = {dep: how for dep, how in model.services[name].depends_on.items() if dep in levels}
            levels[name] = max((levels[dep] + (how == HEALTHY) for dep, how in needs.items()), default=0)
    every = range(max(levels.values(), default=-1) + 1)
    return tuple(tuple(name for name, level in levels.items() if level == number) for number in every)


def _sorted(graph: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise RefusedError(
            f"depends_on goes in a circle: {' -> '.join(error.args[1])}.", "Fix the compose file."
        ) from error
