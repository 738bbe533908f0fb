"""Which services go back at the same time."""

from collections.abc import Collection, Sequence

from avnwizard.domain.config import Strategy
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.strategy import written_mounts
from avnwizard.domain.waves import Rolled, in_waves, lends_itself, needed_by
from avnwizard.flows.host import Host
from avnwizard.flows.roll import at_once

Back = tuple[tuple[str, Strategy], ...]


def back_in_waves(
    host: Host, model: ComposeModel, services: Sequence[tuple[str, Strategy]], borrowed: Collection[str] = ()
) -> tuple[Back, tuple[tuple[str, ...], ...]]:
    """The services in the order in which they go back, and those that do so at the same time.

    Args:
        model: of the release that they go back to.
        services: (service, strategy), without one-shots, in an order in which nobody depends on a later one.
        borrowed: image names that are lent to the image of one service after another, so that these go alone.
    """
    facts, strategies = host.edge.facts(), dict(services)
    apart = {*host.choice.services, *host.choice.others, facts.service if facts else ""}
    parts = [
        Rolled(
            name,
            light=strategy == "skip",
            alone=(strategy == "recreate" and (name in apart or bool(written_mounts(model.services[name]))))
            or lends_itself(model, name)
            or model.services[name].image in borrowed,
        )
        for name, strategy in services
    ]
    waves = [wave.services for wave in in_waves(parts, model, at_once=at_once.planned(host))]
    order = tuple((name, strategies[name]) for wave in waves for name in wave)
    return order, tuple(wave for wave in waves if len(wave) > 1)


def jobs_at_once(
    model: ComposeModel, jobs: Sequence[str], borrowed: Collection[str] = ()
) -> tuple[tuple[str, ...], ...]:
    """The one-shots of the release that the stack goes back to, as one wave; () where one of them needs another.

    They find nothing to do there, and users wait for them where databases were put back.
    """
    apart = all(needed_by(model, job).isdisjoint(jobs) and model.services[job].image not in borrowed for job in jobs)
    return (tuple(jobs),) if len(jobs) > 1 and apart else ()
