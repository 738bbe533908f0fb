"""The new server at the old one's address: PgBouncer may ask for it there for minutes (`domain.postgres.places`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError
from avnwizard.flows.postgres.world import World
from avnwizard.flows.steps.writers import StopWriters

ADDRESS = "address"


def where(world: World) -> dict[str, str]:
    """Network -> address of the server, on the networks that PgBouncer is on; {} where it does not run."""
    places = world.host.clusters().places
    if not world.plan.poolers or (there := world.container()) is None:
        return {}
    poolers = [one for service in world.plan.poolers for one in world.host.stack.containers(service)]
    shared = {name for one in poolers for name in places.networks(one.id)}
    return {name: address for name, address in places.addresses(there.id).items() if name in shared}


def noted(ctx: StepContext) -> Mapping[str, str]:
    """The addresses that the server had when its clients were held."""
    return dict(ctx.recall(StopWriters.name).get(ADDRESS, {}))


@contextmanager
def kept(ctx: StepContext, world: World, wanted: Mapping[str, str]) -> Iterator[None]:
    """Have the server that starts meanwhile get these addresses, as far as that can be had.

    The service's server must be stopped. Without it PgBouncer is started again afterwards, which ends its clients'
    connections.
    """
    places, plan = world.host.clusters().places, world.plan
    if not wanted:
        yield
        return
    places.let_go(plan.project)
    with ctx.effect("places"):
        for network, address in wanted.items():
            try:
                places.hold_below(network, address, project=plan.project, image=plan.image_old_id)
            except HostError as error:  # the switch matters more
                ctx.say(f"the server's address cannot be kept: {error.message}")
    try:
        yield
    finally:
        places.let_go(plan.project)
