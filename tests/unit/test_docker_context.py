"""A stack on another engine, by its Docker context: what docker gets, what is shown, what is reached from here."""

from dataclasses import replace
from typing import Any

import pytest

from avnwizard.adapters.docker.reach import HERE, Reach, elsewhere, environment_of
from avnwizard.adapters.docker.reached import _published
from avnwizard.adapters.postgres.container_access import addresses
from avnwizard.domain.config import parse_config
from avnwizard.domain.docker_context import on_context
from avnwizard.domain.shared_servers import Reached, apart, buckets_in
from avnwizard.errors import UsageError


def test_what_docker_is_given() -> None:
    """The context wins over a DOCKER_HOST of the shell; without one nothing is changed."""
    shell = {"DOCKER_HOST": "tcp://other:2375", "DOCKER_TLS_VERIFY": "1", "DOCKER_CONFIG": "/etc/d", "PATH": "/bin"}
    assert environment_of("", shell) is None
    assert environment_of("green", shell) == {"DOCKER_CONTEXT": "green", "DOCKER_CONFIG": "/etc/d", "PATH": "/bin"}


def test_what_is_shown() -> None:
    """Docker's own commands name the context; git's do not."""
    assert on_context(("docker", "compose", "up"), "green") == ("docker", "--context", "green", "compose", "up")
    assert on_context(("docker", "compose", "up"), "") == ("docker", "compose", "up")
    assert on_context(("git", "checkout"), "green") == ("git", "checkout")


@pytest.mark.parametrize(
    ("reach", "own", "anywhere", "loopback", "one"),
    [
        (HERE, ["172.18.0.3"], "127.0.0.1", "127.0.0.1", "10.0.0.5"),
        (elsewhere("ssh://ops@db2.example.com:2222"), [], "db2.example.com", "", "10.0.0.5"),
        (elsewhere("ssh://[bad"), [], "", "", "10.0.0.5"),
    ],
)
def test_what_is_reached(reach: Reach, own: list[str], anywhere: str, loopback: str, one: str) -> None:
    """A container's address on another machine may be another container's here, so it is never asked."""
    assert reach.own(["", "172.18.0.3"]) == own
    assert [reach.published(each) for each in ("0.0.0.0", "127.0.0.1", "10.0.0.5")] == [anywhere, loopback, one]


def test_a_database_on_another_machine() -> None:
    """It is reached by the port that it publishes there, and not at all where that is on loopback."""
    ports = {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5432"}, {"HostIp": "0.0.0.0", "HostPort": "15432"}]}
    raw: dict[str, Any] = {"NetworkSettings": {"Networks": {"a": {"IPAddress": "172.18.0.3"}}, "Ports": ports}}
    assert addresses(raw, Reach("db2")) == [("db2", "15432")]
    assert addresses(raw) == [("172.18.0.3", "5432"), ("127.0.0.1", "5432"), ("127.0.0.1", "15432")]
    assert addresses(raw, replace(HERE, host="")) == []


def test_a_context_is_a_name() -> None:
    """Nothing that docker would take for an option."""
    assert parse_config('[stack]\ncontext = "green-host"\n', source="x").stack.context == "green-host"
    with pytest.raises(UsageError, match="docker context ls"):
        parse_config('[stack]\ncontext = "--tlsverify"\n', source="x")


def test_a_server_that_is_named_by_this_hosts_address() -> None:
    """It is the container that publishes the port here; another host's address, or another port, is none of ours."""
    ports = {"5432/tcp": [{"HostIp": "127.0.0.2", "HostPort": "15432"}]}
    raw = {"Id": "pg", "NetworkSettings": {"Ports": ports}}
    assert _published("127.0.0.2", 15432, [raw]) is raw
    assert _published("127.0.0.3", 15432, [raw]) is None
    assert _published("127.0.0.2", 5432, [raw]) is None
    assert _published("192.0.2.1", 15432, [raw]) is None
    assert _published("no-such-host.invalid", 15432, [raw]) is None


def test_one_store_two_buckets() -> None:
    """Stacks that keep their objects in two buckets of one server do not share them."""
    assert buckets_in({"S3_BUCKET": "b", "AWS_S3_BUCKET_NAME": "a", "MINIO_ROOT_USER": "x"}) == "a,b"
    assert buckets_in({"S3_BUCKET": "${BAD} value"}) == ""
    one = Reached("s3", "s3:9000/a", "c/a", "container")
    other = replace(one, place="s3:9000/b", identity="c/b")
    ((what, _),) = apart({"blue": [one], "green": [other]})
    assert what == "blue and green do not reach the same S3 (blue: s3:9000/a; green: s3:9000/b)."
