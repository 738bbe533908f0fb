"""What a new Postgres major takes, found out before anything is changed; the new image is pulled to be asked."""

import time
from collections.abc import Callable, Sequence

from avnwizard.domain.compose.errors import ComposeError
from avnwizard.domain.host import ComposeModel, Container, Image
from avnwizard.domain.mounts import Place, is_anonymous, place_of
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres import major
from avnwizard.domain.postgres.compose_edit import ServerMove, key_of, moved, names_image
from avnwizard.domain.postgres.major import ServerLook, Way
from avnwizard.domain.postgres.pooler import LONGEST_PAUSE_S, LONGEST_S, Pooled, pooled
from avnwizard.domain.strategy import is_job, roll_order
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.domain.words import size
from avnwizard.errors import RefusedError
from avnwizard.flows.edge.foresight import foreseen
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.notes import by_what, notes, reverse, whose_file
from avnwizard.flows.postgres.plan import MajorPlan, WayOffer
from avnwizard.flows.postgres.rates import measured
from avnwizard.flows.postgres.ways import offers, recommended
from avnwizard.flows.safety.image_signatures import image_rule, require_signed
from avnwizard.flows.snapshot.planning import plan_snapshot
from avnwizard.flows.stack.former_release import stays_running
from avnwizard.flows.stack.models import compose_paths

_NOTHING = "Nothing was changed."


def plan_major(
    host: Host, to: int, *, image: str = "", way: Way | None = None, tell: Callable[[str], None] = lambda _: None
) -> MajorPlan:
    """Look at the server, the compose files, the target image and the disk.

    Args:
        to: the major version to go to.
        image: the target image; "" is the running one's with another tag.
        way: None takes the recommended one.
        tell: hears the lines of a pull.

    Raises:
        RefusedError: it cannot be planned at all. What stands in the way of a plan otherwise is in its `stops`.
        HostError: the engine or Postgres does not answer.
    """
    _require_inside(host)
    host = host.with_one_server("A new major version")
    server = host.database().server()
    service = host.postgres_service
    _require_newer(server.major, to)
    model, old = host.stack.resolve(), _the_container(host)
    _require_as_named(model, old)
    look = host.clusters().look(old.id)
    found = _target(host, old, to, image, tell)
    volume = _volume(server.data_directory, old)
    forced = str((model.raw["services"][service].get("environment") or {}).get(major.PGDATA_VARIABLE) or "")
    target, pgdata, wrong = major.mount_for(found, volume.mount, forced)
    if wrong:
        raise RefusedError(f"{printable(found.reference)}: {wrong}. {_NOTHING}", "Give another image with --image.")
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(host.clock.now()))
    move = ServerMove(
        service, found.reference, volume.mount.target, target, major.new_volume(volume.mount.source, to, stamp)
    )
    file, key = _compose_file(host, move)
    free = host.database().free_bytes()
    rates = measured(host, look.total_bytes)
    offered = host.clusters().offers(found.id)
    keep_s, about_back = reverse(look, host.config.postgres.keep_reverse_s)
    holds = host.config.postgres.hold_clients
    ways = offers(look, mount=target, pgdata=pgdata, rates=rates, keep_reverse_s=keep_s, pauses=holds)
    chosen = way or recommended(ways)
    users = _users(host, model)
    offer = next(one for one in ways if one.way == chosen)
    waiting = _waiting(model, service, users, offer, wanted=holds)
    return MajorPlan(
        project=host.stack.project.name,
        service=service,
        version_old=look.version,
        major_old=look.major,
        major_new=to,
        image_old=old.image,
        image_old_id=old.image_id,
        image_new=found.reference,
        image_new_id=found.id,
        volume_old=volume.mount.source,
        volume_new=move.volume,
        key=key,
        mount_old=move.mount_old,
        mount_new=move.mount_new,
        pgdata=pgdata,
        compose_file=file,
        way=chosen,
        ways=ways,
        databases=tuple((one.name, one.size_bytes) for one in look.databases),
        stop=tuple(name for name in users if name not in {*waiting.poolers, *waiting.held}),
        poolers=waiting.poolers,
        held=waiting.held,
        pauses=holds and offer.interruption_s <= LONGEST_PAUSE_S,
        snapshot=plan_snapshot(host, host.repo.head().tag, model=model),
        probe=foreseen(host, plan_probe(model, model, host.config.probe)),
        stops=(*_stops(look, chosen, ways, free), *major.missing(look, offered)),
        notes=(
            *notes(look, chosen),
            *about_back,
            *major.left_out(look, offered),
            whose_file(host, file),
            by_what(rates),
        ),
        initdb=(*look.locale, f"--wal-segsize={look.wal_segment_bytes >> 20}"),
        superuser=look.superuser,
        checksums=look.checksums,
        data_old=volume.folder,
        free_bytes=free,
        healthy_s=host.config.roll.healthy_s,
        keep_reverse_s=keep_s,
        restarts=chosen == "logical" and look.wal_level != "logical",
    )


def with_database(host: Host, service: str) -> Host:
    """The host with another of its Postgres services as the database.

    Raises:
        RefusedError: no Postgres server runs in that service.
    """
    servers = sorted({host.postgres_service, *host.choice.others} - {""})
    if service not in servers:
        known = f" PostgreSQL runs in: {', '.join(map(printable, servers))}." if servers else ""
        raise RefusedError(
            f"No PostgreSQL server of this stack runs in {printable(service, limit=63)!r}.{known} {_NOTHING}",
            "Name one that does, or leave --service out.",
        )
    return host.of_run(service)


def require_possible(plan: MajorPlan) -> None:
    """Refuse to start what cannot end well.

    Raises:
        RefusedError: the first thing that stands in the way.
    """
    for what, remedy in plan.stops:
        raise RefusedError(f"{what} {_NOTHING}", remedy)


def _require_inside(host: Host) -> None:
    """Refuse a server outside the stack, with what is left to whoever runs it."""
    if (place := host.choice.outside) and not host.postgres_service:
        raise RefusedError(
            f"The Postgres server of this stack is outside it, at {printable(place)}: its major version is upgraded "
            f"by whoever runs it. {_NOTHING}",
            "Yours is the rest: avnwizard snapshot create before; docker compose stop while it is away; the new "
            "address in avnwizard.toml ([postgres] dsn) and the env file; avnwizard check afterwards, and a "
            "client_image of the new major.",
        )


def _require_newer(now: int, to: int) -> None:
    if to == now:
        raise RefusedError(
            f"The server is PostgreSQL {now} already. {_NOTHING}",
            "A minor version comes with an image of the same major: avnwizard upgrade, or docker compose up -d.",
        )
    if to < now:
        raise RefusedError(
            f"The server is PostgreSQL {now}, and no way leads down to {to}. {_NOTHING}",
            "After an upgrade by avnwizard: avnwizard rollback.",
        )


def _the_container(host: Host) -> Container:
    found = [
        one for one in host.stack.containers(host.postgres_service) if one.state == "running" and not one.one_off
    ]
    if len(found) != 1:
        raise RefusedError(
            f"{printable(host.postgres_service, limit=63)} runs in {len(found)} containers, not one. {_NOTHING}",
            "Look at: docker compose ps",
        )
    return found[0]


def _require_as_named(model: ComposeModel, old: Container) -> None:
    named = model.services[old.service].image if old.service in model.services else ""
    if named != old.image:
        raise RefusedError(
            f"{printable(old.service, limit=63)} runs {printable(old.image)}, and the compose files name "
            f"{printable(named) or 'no image'}. {_NOTHING}",
            "Bring the two together first. If the release moved Postgres on already, keep its old image in the "
            "compose file: this flow writes the new one itself.",
        )


def _target(host: Host, old: Container, to: int, image: str, tell: Callable[[str], None]) -> Image:
    reference = image or major.target_image(old.image, to)
    if not reference:
        raise RefusedError(
            f"The tag of {printable(old.image)} does not say which image PostgreSQL {to} is. {_NOTHING}",
            "Name it: --image NAME:TAG",
        )
    found = host.stack.image(reference) or host.stack.pull(reference, tell)
    require_signed(host, image_rule(host), {reference: found.digest})
    says = found.environment.get(major.MAJOR_VARIABLE, "")
    if says.partition(".")[0] != str(to):
        what = f"PostgreSQL {printable(says, limit=9)}" if says else "an image that does not say its major (PG_MAJOR)"
        raise RefusedError(
            f"{printable(reference)} is {what}, not PostgreSQL {to}. {_NOTHING}", "Give another with --image."
        )
    return found


def _volume(data_directory: str, old: Container) -> Place:
    place = place_of(data_directory, old.mounts)
    if place is None or place.mount.kind != "volume" or is_anonymous(place.mount) or place.mount.subpath:
        where = "the container itself" if place is None else place.mount.source or "an anonymous volume"
        raise RefusedError(
            f"The data of {printable(old.service, limit=63)} lies in {printable(where)}, not in a named volume. "
            f"{_NOTHING}",
            "Move it into a named volume first: avnwizard keeps the old volume whole as the way back.",
        )
    return place


def _compose_file(host: Host, move: ServerMove) -> tuple[str, str]:
    """The file to edit, and the volume's name in it: the last file that names the image counts."""
    for path in reversed(compose_paths(host)):
        text = host.files.read(host.repo.directory / path).decode("utf-8", "surrogateescape")
        try:
            if names_image(text, move.service):
                moved(text, move)
                return path, key_of(text, move)
        except ComposeError as error:
            raise RefusedError(f"{path}: {error.message} {_NOTHING}", error.hint) from error
    raise RefusedError(
        f"No compose file of this project names the image of {printable(move.service, limit=63)}. {_NOTHING}",
        "Write it into one of them, then plan again.",
    )


def _users(host: Host, model: ComposeModel) -> tuple[str, ...]:
    """All that does not stay running, dependencies first."""
    staying = stays_running(host, model)
    services = (model.services[name] for name in roll_order(model))
    return tuple(one.name for one in services if not is_job(one, model) and one.name not in staying)


def _waiting(model: ComposeModel, service: str, users: Sequence[str], offer: WayOffer, *, wanted: bool) -> Pooled:
    """What PgBouncer can hold for as long as this way takes, where the operator wants that."""
    if not wanted or offer.interruption_s > LONGEST_S:
        return Pooled()
    return pooled(model.raw.get("services", {}), service, users)


def _stops(look: ServerLook, way: Way, ways: Sequence[WayOffer], free: int | None) -> tuple[tuple[str, str], ...]:
    offer = next(one for one in ways if one.way == way)
    found = list(major.stops(look))
    if offer.why_not:
        found.append((f"The way {way} cannot be gone: {offer.why_not}.", "Leave --way out, or give another."))
    if free is not None and free < offer.needed_bytes:
        found.append((
            f"The new server needs {size(offer.needed_bytes)} alongside the old one; {size(free)} is free.",
            "Make room on Docker's disk, then plan again.",
        ))  # fmt: skip
    return tuple(found)
