"""Where data lies, who writes there, and what a container has: the pure parts."""

from dataclasses import replace
from typing import Any

import pytest

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.host import ComposeModel, Container, Mount
from avnwizard.domain.mounts import (
    Newcomer,
    database_mount,
    newcomers,
    overlap,
    place_of,
    same_place,
    told,
    wanted_mounts,
)
from avnwizard.domain.strategy import why_alone
from avnwizard.domain.taken import Taken, taken

_ANONYMOUS = "ab" * 32
_DATA = "/var/lib/postgresql/data"


def _model(**services: dict[str, Any]) -> ComposeModel:
    volumes = {"pgdata": {"name": "demo_pgdata"}, "shared": {"name": "shared", "external": True}}
    return model_from_config({"name": "demo", "services": services, "volumes": volumes})


def _volume(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"type": "volume", "source": source, "target": target, "volume": {}} | more


def _container(service: str, *mounts: Mount, **more: Any) -> Container:
    made = Container(service, f"demo-{service}-1", service, 1, "i", "sha256:i", "running", "none", 0, "h", False, 0.0)
    return replace(made, mounts=mounts, **more)


def test_what_a_model_mounts() -> None:
    """The engine's names of volumes, subpaths, single dollars, no tmpfs, and what is taken from other services."""
    bind = {"type": "bind", "source": "/srv/a$$b", "target": "/etc/x", "read_only": True}
    db = {
        "volumes": [_volume("pgdata", _DATA, volume={"subpath": "db"}), bind, {"type": "tmpfs", "target": "/run"}],
    }
    taker = {
        "volumes": [_volume("shared", "/etc/x"), {"type": "volume", "target": "/anon"}],
        "volumes_from": ["db:ro", "container:other"],
    }
    found = wanted_mounts(_model(db=db, taker=taker))
    data = Mount("volume", "demo_pgdata", _DATA, writable=True, subpath="db")
    assert found["db"] == (data, Mount("bind", "/srv/a$b", "/etc/x", writable=False))
    own = (Mount("volume", "shared", "/etc/x"), Mount("volume", "", "/anon"))
    assert found["taker"] == (*own, replace(data, writable=False))


def test_what_is_taken_from_another_service_keeps_a_second_one_away() -> None:
    """`volumes_from` a writer makes a writer; who only reads is made again with its owner. Neither runs twice."""
    writer = {"volumes": [_volume("pgdata", "/data")], "healthcheck": {"test": ["CMD", "x"]}}
    reader, other = ({"volumes_from": [how], "healthcheck": {"test": ["CMD", "x"]}} for how in ("a:ro", "a"))
    services = _model(a=writer, b=reader, c=other).services
    assert why_alone(services["b"]) == "it uses the volumes of a"
    assert why_alone(services["c"]) == "it keeps data in pgdata:/data"


def test_services_that_take_from_each_other() -> None:
    """A circle ends; the names in it are no error."""
    assert wanted_mounts(_model(a={"volumes_from": ["b"]}, b={"volumes_from": ["a", "nobody"]})) == {"a": (), "b": ()}


@pytest.mark.parametrize(
    ("path", "source", "folder"),
    [
        (_DATA, "inner", "."),
        (f"{_DATA}/pg", "inner", "pg"),
        ("/var/lib/postgresql/18/docker", "outer", "18/docker"),
        ("/var/lib/postgresqlx", "", ""),
    ],
)
def test_where_a_path_lies(path: str, source: str, folder: str) -> None:
    """On the mount nearest to it; on none it is in the container's own layer."""
    found = place_of(path, [Mount("volume", "outer", "/var/lib/postgresql"), Mount("volume", "inner", _DATA)])
    assert (found.mount.source if found else "", found.folder if found else "") == (source, folder)


@pytest.mark.parametrize(
    ("then", "same"),
    [
        (Mount("volume", "v", _DATA), True),
        (Mount("volume", "v", "/var/lib/postgresql"), False),
        (Mount("volume", "v", _DATA, subpath="pg"), False),
        (Mount("volume", "w", _DATA), False),
        (Mount("bind", "v", _DATA), False),
        (Mount("volume", "", _DATA), False),
    ],
)
def test_the_same_place(then: Mount, *, same: bool) -> None:
    """The same source and the same folder within it, wherever the container has it."""
    here = place_of(_DATA, [Mount("volume", "v", _DATA)])
    there = place_of(_DATA, [then])
    assert here
    assert there
    assert same_place(here, there) is same


def test_another_path_to_the_same_folder() -> None:
    """A volume mounted higher up, with the data in a folder of it: the same data under another path."""
    here = place_of("/data/pg", [Mount("volume", "v", "/data")])
    there = place_of(_DATA, [Mount("volume", "v", _DATA, subpath="pg")])
    assert here
    assert there
    assert same_place(here, there)


def test_an_anonymous_volume_is_handed_on() -> None:
    """Compose gives it to the next container at the same path; a named one in its place starts empty."""
    here = place_of(_DATA, [Mount("volume", _ANONYMOUS, _DATA)])
    handed, named = (place_of(_DATA, [Mount("volume", source, _DATA)]) for source in ("", "demo_pgdata"))
    assert here
    assert handed
    assert named
    assert same_place(here, handed)
    assert not same_place(here, named)
    assert told(here.mount) == "an anonymous volume"


def test_overlaps() -> None:
    """A folder and one within it overlap; folders whose names begin alike do not, nor do a folder and a volume."""
    outer = Mount("bind", "/srv/data", "/a")
    assert overlap(outer, Mount("bind", "/srv/data/db", "/b"))
    assert overlap(Mount("bind", "/srv/data/db", "/b"), outer)
    assert not overlap(outer, Mount("bind", "/srv/data2", "/b"))
    assert not overlap(Mount("volume", "", "/a"), Mount("volume", "", "/a"))
    assert not overlap(Mount("volume", "x", "/a"), Mount("bind", "x", "/a"))


def test_a_database_is_known_by_where_it_writes() -> None:
    """A mount that is only read, as a backup has it, is no server's."""
    assert database_mount([Mount("volume", "v", "/srv"), Mount("volume", "w", "/bitnami/mysql")]) is not None
    assert database_mount([Mount("volume", "v", _DATA, writable=False)]) is None


def _new(holder: str, *, stays: bool) -> Newcomer:
    mount = Mount("volume", "v", "/v")
    return Newcomer("taker", mount, holder, replace(mount, target=f"/{holder}"), stays)


def test_new_writers() -> None:
    """Those that share already, read, stand still or are the service's own are no newcomers."""
    mount = Mount("volume", "v", "/v")
    running = [
        _container("gone", replace(mount, target="/gone")),
        _container("stays", replace(mount, target="/stays")),
        _container("alone", replace(mount, target="/alone")),
        _container("reads", replace(mount, writable=False)),
        _container("stopped", mount, state="exited"),
        _container("shares", mount),
    ]
    wanted = {"taker": (mount,), "stays": (mount,), "shares": (mount,), "reader": (replace(mount, writable=False),)}
    found = newcomers(wanted, {"taker", "shares", "reader"}, running, left_alone={"alone"})
    expected = [_new("alone", stays=True), _new("gone", stays=False), _new("stays", stays=True)]
    assert [one for one in found if one.holder != "shares"] == expected
    assert {one.service for one in found} == {"taker"}
    assert newcomers(wanted, {"taker"}, [*running, _container("taker", mount)]) == ()


@pytest.mark.parametrize(
    ("published", "held", "clash"),
    [
        ("80", "80", True),
        ("127.0.0.1:80", "80", True),
        ("0.0.0.0:80", "127.0.0.1:80", True),
        ("127.0.0.1:80", "127.0.0.2:80", False),
        ("80", "80/udp", False),
        ("[::1]:80", "::1:80", True),
        ("8080", "80", False),
    ],
)
def test_host_ports(published: str, held: str, *, clash: bool) -> None:
    """The same port on addresses that meet, by the same protocol; a stopped container holds none."""
    model = _model(web={})
    model = replace(model, services={"web": replace(model.services["web"], published=(published,))})
    proxy = _container("proxy", published=(held,))
    assert taken(model, ["web"], [proxy]) == ((Taken("web", f"the host port {published}", "proxy"),) if clash else ())
    assert taken(model, ["web"], [replace(proxy, state="exited")]) == ()
    assert taken(model, ["web"], [replace(proxy, service="web")]) == ()


def test_container_names() -> None:
    """A stopped container has its name too."""
    model = _model(api={"container_name": "server"})
    old = _container("monolith", name="server", state="exited")
    assert taken(model, ["api"], [old]) == (Taken("api", "the container name server", "monolith"),)
    assert taken(model, [], [old]) == ()
