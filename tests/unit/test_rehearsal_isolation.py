"""The copy of a stack reaches nothing of the live one and cannot be reached, whatever its compose file says."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from avnwizard.domain.rehearsal.isolation import isolate
from avnwizard.domain.rehearsal.order import DataPlace, Isolation, Limits, Mark
from avnwizard.domain.rehearsal.outside import inward
from avnwizard.domain.rehearsal.proof import faults, require_isolated

MARK = Mark("id-polis")
ORDER = Isolation(
    MARK,
    Limits(0.5, 512 << 20),
    DataPlace("postgres", "/var/lib/postgresql/data"),
    sources={"/srv/id/migrations": "/state/runs/1/release/migrations"},
    unsafe={"/srv/id/shared": "has a socket of the host"},
    empty=("*SLACK*",),
    replace={"MAIL_FROM": "nobody@example.test"},
)


def model() -> dict[str, Any]:
    """A small stack as `docker compose config --format json` prints it."""
    return {
        "name": "id-polis",
        "services": {
            "postgres": {
                "image": "postgres:17",
                "environment": {"POSTGRES_PASSWORD": "pa$$word 'quoted'", "POSTGRES_USER": "id"},
                "networks": {"data": {"ipv4_address": "10.5.0.2", "aliases": ["db"]}},
                "volumes": [
                    {"type": "volume", "source": "pgdata", "target": "/var/lib/postgresql/data", "volume": {}},
                    {"type": "bind", "source": "/srv/id/initdb", "target": "/docker-entrypoint-initdb.d"},
                ],
                "restart": "always",
            },
            "migrate": {
                "image": "example.test/migrate:v2",
                "command": ["migrate", "up"],
                "depends_on": {"postgres": {"condition": "service_healthy", "required": True}},
                "environment": {"DSN": "postgres://id:secret@db:5432/id"},
                "networks": {"data": None},
                "volumes": [
                    {"type": "bind", "source": "/srv/id/migrations", "target": "/migrations", "read_only": True}
                ],
            },
            "web": {
                "image": "example.test/web:v2",
                "container_name": "id-web",
                "depends_on": {
                    "migrate": {"condition": "service_completed_successfully"},
                    "edge": {"condition": "service_started"},
                },
                "environment": {
                    "SMTP": "smtps://robot:secret@mail.example.com:465/?skip=1",
                    "SLACK_HOOK": "https://hooks.example.com/secret",
                    "MAIL_FROM": "id@example.com",
                    "VIRTUAL_HOST": "id.example.com",
                    "ISSUER": "https://id.example.com/",
                },
                "labels": {"traefik.enable": "true", "traefik.http.routers.web.rule": "Host(`id.example.com`)"},
                "networks": {"front": None, "data": None},
                "ports": [{"mode": "ingress", "target": 80, "published": "8080", "protocol": "tcp"}],
                "restart": "unless-stopped",
                "deploy": {"replicas": 3},
                "healthcheck": {"test": ["CMD", "true"]},
            },
            "edge": {
                "image": "traefik:v3",
                "networks": {"front": None},
                "volumes": [{"type": "bind", "source": "/var/run/docker.sock", "target": "/s", "read_only": True}],
            },
        },
        "networks": {"front": {"name": "edge", "external": True}, "data": {"name": "id-polis_data", "ipam": {}}},
        "volumes": {"pgdata": {"name": "pgdata", "external": True}},
    }


def test_an_ordinary_stack() -> None:
    """Own networks without a way out, own volumes, no ports, no routes, no secrets in the file; the edge left out."""
    made = isolate(model(), ORDER)
    services = made.model["services"]
    assert made.model["name"] == "id-polis-rehearsal"
    assert set(services) == {"postgres", "migrate", "web"}
    assert {one["internal"] for one in made.model["networks"].values()} == {True}
    assert set(made.model["volumes"]) == {DataPlace.KEY}
    assert services["postgres"]["volumes"] == [
        {"type": "volume", "source": DataPlace.KEY, "target": "/var/lib/postgresql/data"}
    ], "the copy, and no script that would fill an empty server"
    assert services["postgres"]["networks"] == {"data": {"aliases": ["db"]}}
    assert services["migrate"]["volumes"][0]["source"] == "/state/runs/1/release/migrations"
    assert services["web"]["labels"] == {"traefik.enable": "false", "avnwizard.rehearsal": "id-polis"}
    assert set(services["web"]["depends_on"]) == {"migrate"}
    assert not {"ports", "container_name", "deploy"} & services["web"].keys()
    assert [(one.service, one.why) for one in made.left_out] == [("edge", "it has a socket of the host")]
    assert "web" in made.left_out[0].means
    require_isolated(made.model, ORDER)


def test_its_variables() -> None:
    """Secrets are in the env file alone; what leads outside leads nowhere; what routes is gone."""
    made = isolate(model(), ORDER)
    assert "secret" not in json.dumps(made.model)
    values = dict(line.partition("=")[::2] for line in made.env.splitlines())

    def value(service: str, name: str) -> str:
        return values[made.model["services"][service]["environment"][name].strip("${}")]

    assert value("migrate", "DSN") == "'postgres://id:secret@db:5432/id'"
    assert value("web", "SMTP") == "'smtps://rehearsal:rehearsal@127.0.0.1:9/'"
    assert value("web", "ISSUER") == "'https://id.example.com/'"
    assert (value("web", "SLACK_HOOK"), value("web", "MAIL_FROM")) == ("''", "'nobody@example.test'")
    assert value("postgres", "POSTGRES_PASSWORD") == "\"pa\\$word 'quoted'\""
    assert "VIRTUAL_HOST" not in made.model["services"]["web"]["environment"]


@pytest.mark.parametrize(
    ("given", "known", "left"),
    [
        ("postgres://a:b@db:5432/x", {"db"}, True),
        ("redis://:pw@cache/0", {"db"}, False),
        ("nats://a:b@[fe80::1]:4222", set(), False),
        ("https://id.example.com", set(), True),
        ("just a text with an @ in it", set(), True),
        ("postgres://a:b@localhost/x", set(), True),
    ],
)
def test_addresses_with_a_password(given: str, known: set[str], left: bool) -> None:
    """Only one that leads to a host of the copy stays."""
    assert (inward(given, known) == given) is left


def _set(service: str, key: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(raw: dict[str, Any]) -> None:
        raw["services"][service][key] = value

    return change


def _mount(**mount: object) -> Callable[[dict[str, Any]], None]:
    def change(raw: dict[str, Any]) -> None:
        raw["services"]["web"].setdefault("volumes", []).append(mount)

    return change


LEFT_OUT: dict[str, Callable[[dict[str, Any]], None]] = {
    "privileged": _set("web", "privileged", True),
    "host network": _set("web", "network_mode", "host"),
    "another container's network": _set("web", "network_mode", "container:live"),
    "a left-out service's network": _set("web", "network_mode", "service:edge"),
    "host processes": _set("web", "pid", "host"),
    "host memory": _set("web", "ipc", "host"),
    "host names": _set("web", "uts", "host"),
    "a device": _set("web", "devices", [{"source": "/dev/kmsg", "target": "/dev/kmsg", "permissions": "rwm"}]),
    "a graphics card": _set("web", "gpus", [{"count": -1}]),
    "rights": _set("web", "cap_add", ["NET_ADMIN"]),
    "rights, spelled otherwise": _set("web", "cap_add", ["cap_sys_admin"]),
    "no seccomp": _set("web", "security_opt", ["seccomp:unconfined"]),
    "another runtime": _set("web", "runtime", "sysbox"),
    "the host's cgroups": _set("web", "cgroup", "host"),
    "the engine's socket": _set("web", "use_api_socket", True),
    "a key of next year": _set("web", "host_bridge", {"to": "host"}),
    "another project's volumes": _set("web", "volumes_from", ["container:live"]),
    "the root of the host": _mount(type="bind", source="/", target="/host", read_only=True),
    "the folder of the socket": _mount(type="bind", source="/run", target="/host", read_only=True),
    "containerd's socket": _mount(type="bind", source="/run/containerd/containerd.sock", target="/s"),
    "a socket elsewhere": _mount(type="bind", source="/srv/id/app.sock", target="/s", read_only=True),
    "a folder with a socket": _mount(type="bind", source="/srv/id/shared", target="/s", read_only=True),
    "the engine's data": _mount(type="bind", source="/var/lib/docker/volumes/x", target="/s", read_only=True),
    "a path with dots": _mount(type="bind", source="/srv/../run", target="/s", read_only=True),
    "an image as a mount": _mount(type="image", source="x", target="/s"),
    "a cluster's volume": _mount(type="cluster", source="x", target="/s"),
    "a secret of the engine": lambda raw: (
        raw.update(secrets={"key": {"external": True, "name": "key"}}),
        raw["services"]["web"].update(secrets=[{"source": "key", "target": "/run/secrets/key"}]),
    )[0],
}  # fmt: skip
TAKEN_OFF: dict[str, Callable[[dict[str, Any]], None]] = {
    "labels of other proxies": _set("web", "labels", {"caddy": "id.example.com", "ofelia.enabled": "true"}),
    "a log that leaves": _set("web", "logging", {"driver": "syslog", "options": {"syslog-address": "tcp://x:514"}}),
    "the host's name": _set("web", "extra_hosts", ["host.docker.internal=host-gateway"]),
    "links outside": _set("web", "external_links", ["live_web:web"]),
    "a fixed address": _set("web", "networks", {"data": {"ipv4_address": "10.5.0.9", "mac_address": "02:42:0a"}}),
    "the default network": _set("web", "networks", {}),
    "the engine's network": _set("web", "network_mode", "bridge"),
    "a volume that is a folder": lambda raw: (
        raw["volumes"].update(data={"driver": "local", "driver_opts": {"o": "bind", "device": "/srv"}}),
        raw["services"]["web"].update(volumes=[{"type": "volume", "source": "data", "target": "/d"}]),
    )[1],
    "a network of the host's": lambda raw: raw["networks"].update(
        data={"driver": "macvlan", "driver_opts": {"parent": "eth0"}, "ipam": {"config": [{"subnet": "10.5.0.0/24"}]}}
    ),
    "a writable folder": _mount(type="bind", source="/srv/id/uploads", target="/u", bind={"propagation": "rshared"}),
    "a start at boot": _set("web", "restart", "always"),
    "a build": _set("web", "build", {"context": "/srv/id", "network": "host"}),
    "names": _set("web", "dns", ["10.0.0.1"]),
    "no image": lambda raw: raw["services"]["web"].pop("image"),
    "a part of a volume": _mount(type="volume", source="pgdata", target="/d", volume={"subpath": "other"}),
    "harmless rights": _set("web", "cap_add", ["NET_BIND_SERVICE"]),
}  # fmt: skip


@pytest.mark.parametrize("what", LEFT_OUT)
def test_what_cannot_be_isolated_is_left_out(what: str) -> None:
    """The service is not in the copy, the reason is given, and the rest is isolated."""
    raw = model()
    LEFT_OUT[what](raw)
    made = isolate(raw, ORDER)
    assert "web" not in made.model["services"]
    assert next(one.why for one in made.left_out if one.service == "web").startswith(
        "it "
    ) or "comes from outside" in str(made.left_out)
    assert list(faults(made.model, ORDER)) == []


@pytest.mark.parametrize("what", TAKEN_OFF)
def test_what_can_be_taken_off(what: str) -> None:
    """The service is in the copy without it."""
    raw = model()
    TAKEN_OFF[what](raw)
    made = isolate(raw, ORDER)
    assert "web" in made.model["services"]
    assert list(faults(made.model, ORDER)) == []


def test_any_mixture_is_isolated() -> None:
    """Whatever is put together at random, into whichever service, the proof finds no fault with what is generated."""
    chance = random.Random(22)  # noqa: S311 - the same mixtures each time
    changes = [*LEFT_OUT.values(), *TAKEN_OFF.values()]
    for _ in range(300):
        raw = model()
        for change in chance.sample(changes, chance.randint(1, 6)):
            change(raw)
        other = chance.choice(["postgres", "migrate", "edge"])
        raw["services"][other], raw["services"]["web"] = raw["services"]["web"], raw["services"][other]
        made = isolate(raw, ORDER)
        found = list(faults(made.model, ORDER))
        assert found == [] or not made.model["services"], (found, raw)
