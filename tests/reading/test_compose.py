"""Compose files: who uses what, what they resolve to, what changed."""

import pytest

from avnwizard.domain.compose import ComposeError, InterpolationError, compose_diff, variables_used
from avnwizard.practice.compose.model import load

_FILE = """
x-common: &common {restart: "${RESTART:-always}"}
services:
  web:
    <<: *common
    image: "thing:${TAG:?choose one}"
    environment: [A=1, PASSED, "INNER=${OUTER:-x}"]
    labels: ["a=b", "rule=Host(`${DOMAIN}`)"]
    ports: ["8080:80", "127.0.0.1:53:53/udp", "3000", "7000-7001:8000-8001"]
    volumes: ["data:/d", "./conf:/conf:ro", "/scratch"]
    depends_on: [db]
    healthcheck: {test: "curl -f x", interval: 90s}
    command: run --now "two words"
  db:
    image: postgres:17-alpine
    environment: {POSTGRES_PASSWORD: "${PW:?}", EMPTY: }
    volumes: [{type: volume, source: data, target: /var/lib/postgresql/data}]
    network_mode: host
volumes: {data: , outside: {external: true}}
"""
_ENV = {"TAG": "2", "PW": "p$q", "DOMAIN": "example.org"}


def test_who_uses_which_variable() -> None:
    """Services, defaults and demands are told for each variable, a bare name in `environment` included."""
    uses = variables_used(_FILE)
    assert (uses["TAG"].required, uses["TAG"].message, uses["TAG"].services) == (True, "choose one", ("web",))
    assert (uses["OUTER"].required, uses["OUTER"].default) == (False, "x")
    assert uses["OUTER"].feeds == (("web", "INNER"),)
    assert uses["PASSED"].services == ("web",)
    assert uses["EMPTY"].services == ("db",)
    assert uses["PW"].feeds == (("db", "POSTGRES_PASSWORD"),)
    assert uses["RESTART"].default == "always"


def test_load_writes_everything_out() -> None:
    """Short forms become the long ones of `docker compose config --format json`."""
    web = (model := load(_FILE, _ENV, project="p", folder="/srv/p"))["services"]["web"]
    assert model["name"] == "p"
    assert web["image"] == "thing:2"
    assert web["environment"] == {"A": "1", "PASSED": None, "INNER": "x"}
    assert web["labels"] == {"a": "b", "rule": "Host(`example.org`)"}
    assert web["ports"][1] == {
        "mode": "ingress",
        "host_ip": "127.0.0.1",
        "target": 53,
        "published": "53",
        "protocol": "udp",
    }
    assert [(p.get("published"), p["target"]) for p in web["ports"][2:]] == [
        (None, 3000),
        ("7000", 8000),
        ("7001", 8001),
    ]
    assert web["volumes"][1] == {
        "type": "bind",
        "source": "/srv/p/conf",
        "target": "/conf",
        "read_only": True,
        "bind": {"create_host_path": True},
    }
    assert web["depends_on"] == {"db": {"condition": "service_started", "required": True}}
    assert web["healthcheck"] == {"test": ["CMD-SHELL", "curl -f x"], "interval": "1m30s"}
    assert web["command"] == ["run", "--now", "two words"]
    assert model["volumes"] == {"data": {"name": "p_data"}, "outside": {"external": True, "name": "outside"}}
    assert model["networks"] == {"default": {"name": "p_default", "ipam": {}}}


def test_dollars_are_doubled_as_compose_does() -> None:
    """A resolved value can be read again as a compose file."""
    assert load(_FILE, _ENV)["services"]["db"]["environment"]["POSTGRES_PASSWORD"] == "p$$q"


def test_a_missing_requirement_names_its_place() -> None:
    """The error says which key of which service demands the variable."""
    with pytest.raises(InterpolationError, match=r"services\.web\.image.*TAG.*choose one"):
        load(_FILE, {"PW": "x"})


_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- a",
        "services: [x]",
        "!!python/object/apply:os.system [ls]",
        "a: *b",
        _BOMB,
        "a: " + "[" * 900 + "]" * 900,
        "services: {a: {ports: ['1-999999999']}}",
        "networks: [a]\nservices: {}",
        "services: {a: {depends_on: {b: 3}}}",
    ],
)
def test_no_compose_file(text: str) -> None:
    """What is no compose file is bad usage, and hostile YAML builds nothing."""
    with pytest.raises(ComposeError):
        load(text, {})


def test_yaml_as_compose_reads_it() -> None:
    """Ports are not sexagesimal, `on` is a word, and Compose's own tags are known."""
    model = load("services: {a: {image: on, ports: [22:22], command: !reset null, user: 0770}}", {})
    assert model["services"]["a"]["image"] == "on"
    assert model["services"]["a"]["ports"][0]["target"] == 22


def test_difference_of_two_models() -> None:
    """Services, images, environment names, ports, labels, volumes, mounts and a Postgres major stand out."""
    new_file = (
        _FILE.replace("postgres:17-alpine", "postgres:18-alpine")
        .replace("/var/lib/postgresql/data", "/var/lib/postgresql")
        .replace("thing:", "thing2:")
        .replace("8080:80", "8081:80")
        .replace("volumes: {data: ,", "volumes: {data: , cache: ,")
        + "\n"
    ).replace("  db:\n", "  jobs: {image: jobs}\n  db:\n")
    diff = compose_diff(load(_FILE, _ENV), load(new_file, _ENV))
    assert diff.services_added == ("jobs",)
    assert diff.services_removed == ()
    assert {c.name: c.image.new for c in diff.services_changed if c.image} == {
        "web": "thing2:2",
        "db": "postgres:18-alpine",
    }
    assert diff.volumes_added == ("cache",)
    assert [(m.target, m.old is None, m.new is None) for m in diff.mounts] == [
        ("/var/lib/postgresql", True, False),
        ("/var/lib/postgresql/data", False, True),
    ]
    assert [(p.service, p.old, p.new) for p in diff.postgres_majors] == [("db", 17, 18)]
    (web,) = [c for c in diff.services_changed if c.name == "web"]
    assert {p.name for p in web.ports} == {"8080:80/tcp", "8081:80/tcp"}
    assert not diff.empty


def test_equal_models_differ_in_nothing() -> None:
    """The same file twice gives an empty difference."""
    assert compose_diff(load(_FILE, _ENV), load(_FILE, _ENV)).empty


@pytest.mark.parametrize(
    ("image", "major"),
    [
        ("postgres:17-alpine", 17),
        ("registry.local:5000/library/postgres:18.1", 18),
        ("pgvector/pgvector:pg17", 17),
        ("postgis/postgis:16-3.4@sha256:00", 16),
        ("timescale/timescaledb:2.17.2-pg17", 17),
        ("postgres:latest", None),
        ("prom/postgres-exporter:17", None),
        ("valkey:8", None),
    ],
)
def test_postgres_is_known_by_its_image(image: str, major: int | None) -> None:
    """Only a server's image counts, and only a tag with a number tells."""
    diff = compose_diff({"services": {"db": {"image": image}}}, {"services": {"db": {"image": "postgres:99"}}})
    assert [p.old for p in diff.postgres_majors] == ([major] if major else [])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("!!int abc", "the value cannot be read as int"),
        ("!!int ''", "the value cannot be read as int"),
        ("!!int 1:90", "the value cannot be read as int"),
        ("!!float x", "the value cannot be read as float"),
        ("!!float ''", "the value cannot be read as float"),
        ("!!bool foo", "the value cannot be read as bool"),
        ("!!timestamp 2020-99-99", "the value cannot be read as timestamp"),
        ("!!timestamp x", "the value cannot be read as timestamp"),
        ("9" * 10_000, "the value cannot be read as int"),
        ("0" + "7" * 10_000, "the value cannot be read as int"),
        ("[" * 100_000, "maximum nesting depth"),
        ("!!python/object:os.system x", "could not determine a constructor"),
    ],
    ids=lambda value: value[:30],
)
def test_a_malformed_value_is_named_with_its_place(value: str, said: str) -> None:
    """Whatever PyYAML makes of it: one error that names the file and the line."""
    with pytest.raises(ComposeError, match=said) as caught:
        variables_used(f"services:\n  web:\n    cpus: {value}\n", source="compose.yml of v2")
    assert caught.value.message.startswith("compose.yml of v2, line 3: ")
    assert caught.value.hint
