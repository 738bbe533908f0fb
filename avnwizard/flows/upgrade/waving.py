"""The services of a plan in the order of their waves."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.jobs_together import databases_of, jobs_together
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.rotation.logins import names_of
from avnwizard.domain.strategy import written_mounts
from avnwizard.domain.waves import Rolled, broken, in_waves, lends_itself
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
    width = at_once.planned(host)
    waves = in_waves(rolled, model, at_once=width, breaking=breaking)
    own = {one.service: _own(host, model, one.service) for one in rolled if one.job}
    groups = [
        group
        for wave in waves
        for group in (*jobs_together(wave.jobs, model, own, at_once=width, breaking=breaking), wave.services)
    ]
    found = list(_numbered(parts, groups, own))
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


def _own(host: Host, model: ComposeModel, job: str) -> frozenset[str]:
    """The databases that a one-shot works on, as far as its settings say so; none where nobody knows."""
    choice = host.choice
    if len(choice.servers) != 1 or choice.outside or choice.service not in model.services:
        return frozenset()
    return databases_of(model.raw["services"][job], names_of(model.raw, choice.service))


def _numbered(
    parts: Mapping[str, ServicePlan], groups: Iterable[Sequence[str]], own: Mapping[str, Collection[str]]
) -> Iterator[ServicePlan]:
    number = 0
    for group in groups:
        if len(group) == 1:
            yield parts[group[0]]
            continue
        number += bool(group)
        yield from (replace(parts[name], wave=number, databases=tuple(sorted(own.get(name, ())))) for name in group)
