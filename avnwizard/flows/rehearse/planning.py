"""What a rehearsal takes, found out before anything is started."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.mounts import place_of
from avnwizard.domain.plain import printable
from avnwizard.domain.rehearsal.isolation import Isolated
from avnwizard.domain.rehearsal.order import DataPlace, Isolation, LeftOut, Limits, Mark
from avnwizard.domain.strategy import is_job, roll_order
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.rehearse.materials import Materials, bind_sources, release_files
from avnwizard.flows.rehearse.plan import Actor, RehearsalPlan
from avnwizard.flows.stack.drawing import self_contained
from avnwizard.flows.stack.models import resolve_contents
from avnwizard.flows.upgrade.inputs import UpgradeInputs
from avnwizard.flows.upgrade.planning import Prepared

_MIB = 1 << 20
_WAL_BYTES, _MORE_DATA = 256 * _MIB, 1.2
_FOR_EACH, _FOR_ALL = 64 * _MIB, 256 * _MIB
"""Memory: 13 services of the product took 180 MB, so a cautious guess."""


@dataclass(frozen=True)
class PreparedRehearsal:
    """A plan, with what it needs that must not be in it."""

    plan: RehearsalPlan
    materials: Materials


def plan_rehearsal(host: Host, draft: UpgradeInputs, prepared: Prepared) -> PreparedRehearsal:
    """Generate the models, prove them isolated, and look at what they take.

    Args:
        prepared: the upgrade that is rehearsed.

    Raises:
        RefusedError: the stack's copy cannot be isolated.
        HostError: the engine or Postgres does not answer.
    """
    if len(host.choice.servers) > 1:
        host.with_one_server("A rehearsal")
    release, env = draft.release, prepared.env_after
    compose = self_contained(host, draft.compose, env, release)
    target = resolve_contents(host, compose, env, what=draft.target.name)
    old = host.stack.resolve()
    data = _data(host, target, old)
    materials = _materials(host, draft, target, old, data)
    new, former = materials.isolated("target"), materials.isolated("old")
    left = {one.service: one for one in (*former.left_out, *new.left_out)}
    if data and data.service in left:
        raise RefusedError(
            f"The database {printable(data.service, limit=63)} cannot be isolated: {left[data.service].why}. "
            "Nothing was started, nothing was changed.",
            "Upgrade without a rehearsal.",
        )
    jobs = {one.service for one in prepared.plan.services if one.strategy == "job"}
    migrating = {one.service: one.migrate for one in prepared.plan.services}
    actors = tuple(replace(one, migrate=migrating.get(one.service, ())) for one in _actors(host, new, target, jobs))
    before = tuple(one for one in _actors(host, former, old, jobs) if not one.job)
    databases = tuple((one.name, one.size_bytes) for one in host.database().databases()) if data else ()
    section = host.config.rehearse
    return PreparedRehearsal(
        RehearsalPlan(
            live=host.stack.project.name,
            tag=draft.target.name,
            commit=draft.target.commit,
            old_tag=draft.current.name,
            limits=materials.order.limits,
            data=data,
            database=data.service if data else "",
            database_limit_s=section.healthy_s + (target.services[data.service].start_period_s if data else 0.0),
            databases=databases,
            target=actors,
            old=before,
            pull=_missing(host, new, former),
            left_out=tuple(_left_out(left)),
            notes=(*new.notes, *_emptied(host)),
            unsafe=tuple(sorted(materials.order.unsafe.items())),
            old_at_once=section.old_at_once,
            check=section.check,
            check_s=section.check_s,
            empty_tables=section.empty_tables if data else (),
            needed_bytes=int(sum(size for _, size in databases) * _MORE_DATA) + _WAL_BYTES,
            free_bytes=host.stack.engine().free_bytes,
            needed_memory=_FOR_ALL + _FOR_EACH * len(actors),
            max_load=section.max_load,
            why_no_data="" if data else _why_no_data(host),
        ),
        materials,
    )


def _materials(
    host: Host, draft: UpgradeInputs, target: ComposeModel, old: ComposeModel, data: DataPlace | None
) -> Materials:
    section = host.config.rehearse
    sources = bind_sources(target.raw)
    mounted, files = release_files(host, draft.release, sources)
    unsafe: dict[str, str] = {}
    for source in sorted((sources | bind_sources(old.raw)) - mounted.keys()):
        if said := host.files.unsafe_below(Path(source.replace("$$", "$"))):
            unsafe[source] = said
    order = Isolation(
        Mark(host.stack.project.name),
        Limits(section.cpus, section.memory_mb * _MIB),
        data,
        unsafe=unsafe,
        empty=section.empty,
        replace=section.replace,
    )
    return Materials(target.raw, old.raw, order, mounted, files)


def _data(host: Host, target: ComposeModel, old: ComposeModel) -> DataPlace | None:
    """Where the running server has its data; None where the stack has no database of its own."""
    service = host.postgres_service
    if not service or service not in target.services or service not in old.services:
        return None
    folder = host.database().server().data_directory
    live = [one for one in host.stack.containers(service) if one.state == "running" and not one.one_off]
    place = place_of(folder, live[0].mounts) if live else None
    return DataPlace(service, place.mount.target, place.folder) if place else DataPlace(service, folder)


def _why_no_data(host: Host) -> str:
    if host.choice.outside:
        return f"the database is outside the stack, at {host.choice.outside}, and is not copied"
    return host.choice.why_no_snapshot or "the release has no such database service"


def _actors(host: Host, made: Isolated, model: ComposeModel, jobs: set[str]) -> Iterator[Actor]:
    section = host.config.rehearse
    there = model_from_config(made.model)
    for name in roll_order(there):
        if name == host.postgres_service:
            continue
        service = model.services[name]
        job = name in jobs or is_job(service, model)
        limit_s = section.job_s if job else section.healthy_s + service.start_period_s
        yield Actor(name, there.services[name].image, job, limit_s)


def _missing(host: Host, *made: Isolated) -> tuple[str, ...]:
    wanted = {service.image for one in made for service in model_from_config(one.model).services.values()}
    here = host.stack.images(sorted(wanted))
    return tuple(sorted(wanted - here.keys()))


def _left_out(left: Mapping[str, LeftOut]) -> Iterator[LeftOut]:
    yield from (left[name] for name in sorted(left))


def _emptied(host: Host) -> Iterator[str]:
    for name in host.choice.others:
        yield f"{printable(name, limit=63)} is another Postgres: its data is not copied, and it starts empty."
    if replaced := sorted(host.config.rehearse.replace):
        yield f"These variables have other values in the rehearsal: {', '.join(map(printable, replaced))}."
    if patterns := host.config.rehearse.empty:
        yield f"Variables by these patterns are empty in the rehearsal: {', '.join(map(printable, patterns))}."


def shown_model(materials: Materials) -> dict[str, Any]:
    """The release's generated model without the values of variables."""
    return materials.isolated("target").model
