"""The services of a plan in the order of their waves."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.strategy import written_mounts
from avnwizard.domain.waves import Rolled, Wave, broken, in_waves, lends_itself
from avnwizard.flows.host import Host
from avnwizard.flows.roll import at_once


def waved(
    host: Host, services: Sequence[ServicePlan], model: ComposeModel, breaking: Collection[str]
) -> tuple[ServicePlan, ...]:
    """The services in the order in which they go to the target, with the numbers of their waves.

    Args:
        services: in an order in which nobody depends on a later one.
        breaking: the one-shots after which the old code of those that wait for them fails.
    """
    facts = host.edge.facts()
    apart = {*host.choice.services, *host.choice.others, facts.service if facts else ""}
    parts = {one.service: one for one in services if one.strategy != "retire"}
    rolled = [_rolled(one, model, apart) for one in parts.values()]
    found = list(_numbered(parts, in_waves(rolled, model, at_once=at_once.planned(host), breaking=breaking)))
    return (*found, *(one for one in services if one.strategy == "retire"))


def breaking_jobs(
    services: Sequence[ServicePlan], model: ComposeModel, *, breaks: bool, unjudged: Collection[str]
) -> frozenset[str]:
    """The one-shots after which old code fails, by the verdict on the release's own migrations.

    One that belongs to services with migrations of their own is not among them: nobody judged those.

    Args:
        breaks: whether the release's own migrations break the old code.
        unjudged: services that bring migrations of their own with another version.
    """
    jobs = frozenset(one.service for one in services if one.strategy == "job")
    return frozenset(job for job in jobs if broken(model, {job}).isdisjoint(unjudged)) if breaks else frozenset()


def _rolled(part: ServicePlan, model: ComposeModel, apart: Collection[str]) -> Rolled:
    service = model.services[part.service]
    keeps = part.strategy == "recreate" and (part.service in apart or bool(written_mounts(service)))
    return Rolled(
        part.service,
        job=part.strategy == "job",
        light=part.strategy == "skip",
        alone=keeps or lends_itself(model, part.service),
    )


def _numbered(parts: dict[str, ServicePlan], waves: Sequence[Wave]) -> Iterator[ServicePlan]:
    number = 0
    for wave in waves:
        yield from (parts[name] for name in wave.jobs)
        number += len(wave.services) > 1
        yield from (replace(parts[name], wave=number if len(wave.services) > 1 else 0) for name in wave.services)
