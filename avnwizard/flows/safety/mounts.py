"""Refuse what would start a database on other data, part a service from its files, or set two writers on one volume.

The containers say what is mounted now, the resolved model what would be. Each trouble is a `Finding` that stops: a
plan turns the first into a refusal, the run does so again after the pull, before anything that serves is touched.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from avnwizard.domain.findings import Finding
from avnwizard.domain.host import ComposeModel, Container, Mount
from avnwizard.domain.mounts import (
    Newcomer,
    Place,
    database_mount,
    is_anonymous,
    newcomers,
    place_of,
    same_place,
    same_source,
    told,
    wanted_mounts,
)
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError
from avnwizard.flows.host import Host

_SYSTEM = tuple(map(PurePosixPath, ("/dev", "/proc", "/sys", "/run", "/var/run", "/etc", "/usr", "/lib")))
_KEEPERS = frozenset({".gitkeep", ".keep", ".gitignore"})
"""Files by which a repository ships a folder that is to be filled."""
CHECK = "mounts"


@dataclass(frozen=True)
class Target:
    """What is to be started.

    Attributes:
        release: its tag, or words for the release in the checkout.
        starting: the services that get new containers.
        surging: those of them whose new container starts alongside the old one.
        left_alone: running services that stay as they are.
    """

    model: ComposeModel
    release: str
    starting: frozenset[str]
    surging: frozenset[str] = frozenset()
    left_alone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Scene:
    """Containers and target side by side, with links in the host's paths followed."""

    host: Host
    target: Target
    running: tuple[Container, ...]
    wanted: Mapping[str, tuple[Mount, ...]]
    databases: Mapping[str, str] = field(default_factory=dict)

    @property
    def release(self) -> str:
        return printable(self.target.release)


def troubles(host: Host, target: Target, containers: Sequence[Container]) -> Iterator[Finding]:
    """Everything about mounts that forbids the target, the gravest first."""
    scene = _scene(host, target, containers)
    yield from _two_writers(scene)
    yield from _database_troubles(scene)
    yield from _parted(scene)


def database_troubles(host: Host, target: Target, containers: Sequence[Container]) -> Iterator[Finding]:
    """Databases that a plain `docker compose up` would start on other data: for the release in the checkout."""
    yield from _database_troubles(_scene(host, target, containers))


def database_writers(host: Host, target: Target, containers: Sequence[Container]) -> Iterator[Finding]:
    """Services that would write into the data of a database that runs."""
    scene = _scene(host, target, containers)
    for one in newcomers(scene.wanted, target.starting, scene.running, left_alone=target.left_alone):
        if _is_database(scene, one):
            yield _newcomer(scene, one, vouchable=False)


def databases(host: Host, containers: Iterable[Container]) -> dict[str, str]:
    """Running service -> where its server keeps its data in its container: as Postgres says, else by its mount.

    An anonymous volume proves nothing: a container that only runs `psql` or `pg_dump` of such an image has one too.
    """
    running = [one for one in containers if one.state == "running" and not one.one_off]
    mounts = {one.service: database_mount(one.mounts) for one in running}
    found = {name: mount.target for name, mount in mounts.items() if mount and not is_anonymous(mount)}
    for service in {one.service for one in running}.intersection(host.choice.services):
        with suppress(HostError):  # where it does not answer, its mount shows it
            found[service] = host.platform.database(service).server().data_directory
    return found


def _scene(host: Host, target: Target, containers: Sequence[Container]) -> _Scene:
    running = tuple(
        replace(one, mounts=_real(one.mounts))
        for one in containers
        if one.state in {"running", "paused", "restarting"} and not one.one_off
    )
    wanted = {name: _real(mounts) for name, mounts in wanted_mounts(target.model).items()}
    return _Scene(host, target, running, wanted, databases(host, running))


def _real(mounts: Iterable[Mount]) -> tuple[Mount, ...]:
    """With the links in folders of this host followed: a checkout may be reached by several paths."""
    return tuple(replace(one, source=os.path.realpath(one.source)) if one.kind == "bind" else one for one in mounts)


def _two_writers(scene: _Scene) -> Iterator[Finding]:
    for name in sorted(scene.target.surging & scene.databases.keys()):
        yield Finding(
            CHECK, "stop",
            f"A second {printable(name)} would start alongside the first: two servers on one data folder destroy it.",
            f"Take {printable(name)} out of [roll.strategy] in avnwizard.toml.",
        )  # fmt: skip
    target = scene.target
    for one in newcomers(scene.wanted, target.starting, scene.running, left_alone=target.left_alone):
        is_data, server = _is_database(scene, one), bool(database_mount([one.mount]))
        if not is_data and (one.stays or not _holds_data(scene.host, one.held)):
            continue  # what the release wants two services to share, or nothing that a writer could spoil
        vouchable = not is_data or (one.stays and not server)
        if not (vouchable and _vouched(scene.host, one.service, one.mount)):
            yield _newcomer(scene, one, vouchable=vouchable)


def _is_database(scene: _Scene, one: Newcomer) -> bool:
    """Whether a database server's data lies where the newcomer writes."""
    path = scene.databases.get(one.holder)
    held = place_of(path, [one.held]) if path else None
    return held is not None or bool(database_mount([one.mount]))


def _newcomer(scene: _Scene, one: Newcomer, *, vouchable: bool) -> Finding:
    service, holder, where = printable(one.service), printable(one.holder), printable(told(one.mount))
    if one.stays:
        how = f"{holder} writes there, and {service} does not yet"
    elif one.holder in scene.wanted:
        how = f"{holder} still writes there, and gives it up in {scene.release}"
    else:
        how = f"{holder}, which {scene.release} does not have, still writes there"
    hint = (
        f"Do this release by hand: avnwizard snapshot create; docker compose stop {holder}; "
        f"git checkout {scene.release}; docker compose up -d"
    )
    if vouchable:
        hint = (
            f"If both may write at the same time: {_vouch(one.service, one.mount)}. Else: {hint[0].lower()}{hint[1:]}"
        )
    return Finding(
        CHECK, "stop", f"{scene.release} starts {service} on {where} while {how}: two writers destroy data.", hint
    )


def _database_troubles(scene: _Scene) -> Iterator[Finding]:
    for name, path in sorted(scene.databases.items()):
        container = next(one for one in scene.running if one.service == name)
        here = place_of(path, container.mounts)
        where = f"{printable(name)} keeps its databases in {_place(here) if here else 'its container, on no volume'}"
        if name not in scene.wanted:
            if name in scene.host.choice.services and name not in scene.target.left_alone:
                yield Finding(
                    CHECK, "stop", f"{where}, and {scene.release} has no service {printable(name)}.",
                    "Its databases would stay behind. Move them by hand, or keep the service in an override file.",
                )  # fmt: skip
            continue
        if here is None:
            yield Finding(
                CHECK, "stop", f"{where}: the next container would start without them.",
                "Give it a volume first: dump the databases, mount a volume there, restore them.",
            )  # fmt: skip
            continue
        there = place_of(_pgdata(scene, name, container, path), scene.wanted[name])
        if (there is None and _inherits(scene, name, here)) or (there and same_place(here, there)):
            continue
        then = f"looks for them in {_place(there)}" if there else "mounts nothing there"
        yield Finding(
            CHECK, "stop", f"{where}; {scene.release} {then}, and would start it empty or on other data.",
            _keep_place(here, there),
        )  # fmt: skip


def _place(place: Place) -> str:
    folder = "" if place.folder == "." else f", folder {place.folder}"
    return printable(told(replace(place.mount, subpath="")) + folder)


def _keep_place(here: Place, there: Place | None) -> str:
    if there and here.mount.kind == there.mount.kind == "volume" and here.mount.source != there.mount.source:
        old = printable(here.mount.source)
        return f"Let the new volume be the old one, in the compose file or an override: its `name: {old}`."
    return "Mount the old place at the old path, in the compose file or an override; or move the data by hand first."


def _pgdata(scene: _Scene, name: str, container: Container, path: str) -> str:
    """Where the server's next container looks for its data: PGDATA, unless the server of now does not follow it."""
    if name not in scene.host.choice.services or container.pgdata not in {"", path}:
        return path
    model = scene.target.model
    image = scene.host.stack.image(model.services[name].image)
    given = str(_environment(model, name).get("PGDATA") or "")
    return given or (image.environment.get("PGDATA", "") if image else "") or path


def _environment(model: ComposeModel, service: str) -> Mapping[str, object]:
    found = ((model.raw.get("services") or {}).get(service) or {}).get("environment")
    return found if isinstance(found, Mapping) else {}


def _inherits(scene: _Scene, name: str, here: Place) -> bool:
    """Whether Compose hands an anonymous volume on: it does where the new image wants one at the same path."""
    image = scene.host.stack.image(scene.target.model.services[name].image)
    return is_anonymous(here.mount) and (image is None or here.mount.target in image.volumes)


def _parted(scene: _Scene) -> Iterator[Finding]:
    """Services that would find another source at a path where they have data of their own."""
    first = {one.service: one for one in reversed(scene.running)}
    for name in sorted(first.keys() & scene.target.starting & scene.wanted.keys()):
        container = first[name]
        data = scene.databases.get(name)
        for held in container.mounts:
            if not held.writable or (data and place_of(data, [held])) or not _holds_data(scene.host, held):
                continue
            then = next((one for one in scene.wanted[name] if one.target == held.target), None)
            if then is None or not then.source or same_source(held, then) or _vouched(scene.host, name, then):
                continue
            yield Finding(
                CHECK, "stop",
                f"{printable(name)} has {printable(told(held))} at {printable(held.target)}; {scene.release} mounts "
                f"{printable(told(then))} there, so its files would be missing.",
                "Give the new one the old one's name, or copy the files. If they may stay behind: "
                f"{_vouch(name, then)}",
            )  # fmt: skip


def _holds_data(host: Host, mount: Mount) -> bool:
    """Whether what a service writes there is its own: not a socket, a device, or a folder of the release's files."""
    if mount.kind == "volume":
        return True
    place = Path(mount.source)
    if any(PurePosixPath(place).is_relative_to(folder) for folder in _SYSTEM) or not place.is_dir():
        return False
    top = host.repo.directory.resolve()
    if not place.is_relative_to(top):
        return True
    tracked = host.repo.list("HEAD", str(place.relative_to(top)))
    return all(PurePosixPath(file).name in _KEEPERS for file in tracked)


def _vouch(service: str, mount: Mount) -> str:
    key, value = printable(f"{service}:{mount.target}"), printable(mount.source)
    return f'write "{key}" = "{value}" below [roll.mounts] in avnwizard.toml'


def _vouched(host: Host, service: str, mount: Mount) -> bool:
    """Whether the operator said in `avnwizard.toml` that this is meant so."""
    given = host.config.roll.mounts.get(f"{service}:{mount.target}", "")
    if mount.kind == "bind" and given:
        return os.path.realpath(host.repo.directory / given) == mount.source
    return bool(given) and given == mount.source
