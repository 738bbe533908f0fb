"""A fleet's parts without a balancer: what HAProxy says, what Traefik's file holds, and what stands in the way."""

from dataclasses import replace

import pytest

from avnwizard.domain.balancer import haproxy, traefik_file
from avnwizard.domain.balancer.server import Served, others_serve
from avnwizard.domain.config import parse_config
from avnwizard.errors import HostError, UsageError
from avnwizard.flows.fleet.looking import Member, troubles

_STAT = """# pxname,svname,qcur,scur,status,weight,check_status,hrsp_5xx,
in,FRONTEND,,7,OPEN,,,,
id,a,0,4,UP,100,L4OK,2,
id,b,0,0,{b}
id,BACKEND,0,4,UP,100,,2,
other,a,0,9,DOWN,100,L4CON,0,

"""
_SERVERS = {"blue": "a", "green": "b"}


@pytest.mark.parametrize(
    ("row", "mode", "up", "weight", "takes"),
    [
        ("UP,10,L4OK,0,", "ready", True, 10, True),
        ("UP 1/2,100,L4OK,0,", "ready", True, 100, True),
        ("DOWN,100,L4CON,0,", "ready", False, 100, False),
        ("DRAIN,0,L4OK,0,", "drain", True, 0, False),
        ("MAINT,100,,0,", "maint", None, 100, False),
        ("no check,100,,0,", "ready", None, 100, True),
        ("NOLB,100,L4OK,0,", "ready", True, 100, True),
    ],
)
def test_what_haproxy_says(row: str, mode: str, up: bool | None, weight: int, takes: bool) -> None:
    """Every state of a server in `show stat`, of the named backend alone."""
    blue, green = haproxy.served(_STAT.format(b=row), "id", _SERVERS)
    assert blue == Served("blue", "a", "ready", True, 100, 4, 2)
    assert (green.mode, green.up, green.weight, green.takes_requests) == (mode, up, weight, takes)
    assert green.is_idle is not takes


@pytest.mark.parametrize("said", ["", "Permission denied\n", "\x1b[31mno\x1b[0m"])
def test_what_is_no_answer(said: str) -> None:
    """It is an error, whose text is harmless."""
    with pytest.raises(HostError, match="does not tell its state") as caught:
        haproxy.served(said, "id", _SERVERS)
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize("name", ["a;shutdown sessions", "a\nshow env", "a b", "", "a/b"])
def test_a_name_that_would_be_a_command(name: str) -> None:
    """It never reaches the socket."""
    with pytest.raises(UsageError):
        haproxy.set_state("id", name, "drain")


def test_the_last_one_serving() -> None:
    """Whether anybody serves once a stack is drained."""
    blue = Served("blue", "a", "ready", True, 100)
    assert others_serve((blue, replace(blue, stack="green")), "blue")
    assert not others_serve((blue, replace(blue, stack="green", up=False)), "blue")


def test_traefiks_file() -> None:
    """What is written is read back; a sticky cookie, by which a flip would move nobody, is refused."""
    text = traefik_file.content("id", {"a": 100, "b": 0}).decode()
    assert traefik_file.weights(text, "id", source="id.yml") == {"a": 100, "b": 0}
    sticky = text.replace('"services": [', '"sticky": {"cookie": {}}, "services": [')
    with pytest.raises(HostError, match="sticky"):
        traefik_file.weights(sticky, "id", source="id.yml")
    with pytest.raises(HostError, match="no weighted service"):
        traefik_file.weights(text, "other", source="id.yml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('driver = "haproxy"\nbackend = "id"\nstacks = {a = "/a"}', "stacks: Must name two"),
        ('driver = "haproxy"\nbackend = "id"\nstacks = {a = "/a", b = "b"}', "stacks.b: Must be an absolute path"),
        ('driver = "haproxy"\nbackend = "id"\nstacks = {a = "/a", b = "/a"}', "stacks: Must not name one checkout"),
        ('driver = "haproxy"\nstacks = {a = "/a", b = "/b"}', "backend: Must name"),
        ('driver = "haproxy"\nbackend = "i"\nsocket = "x"\nstacks = {a = "/a", b = "/b"}', "socket: Must be"),
        ('driver = "traefik"\nservice = "i"\nfile = "x"\nstacks = {a = "/a", b = "/b"}', "service: Must be set"),
        ('driver = "haproxy"\nbackend = "i"\nleader = "c"\nstacks = {a = "/a", b = "/b"}', "leader: Must be"),
        (
            'driver = "haproxy"\nbackend = "i"\nservers = {c = "x"}\nstacks = {a = "/a", b = "/b"}',
            "servers.c: Must be",
        ),
        ('driver = "nginx"', "driver: "),
    ],
)
def test_settings_that_cannot_be(text: str, said: str) -> None:
    """One error, which names the key."""
    with pytest.raises(UsageError, match=f"fleet.{said}"):
        parse_config(f"[fleet]\n{text}\n", source="f")


def _member(stack: str) -> Member:
    return Member(stack, f"/srv/{stack}", f"id-{stack}", "v1.5.0", "c0ffee", "", (), "", {"SECRETS_SYSTEM": "hash"})


def test_what_stands_in_the_way() -> None:
    """Nothing where all is alike; else each thing once, and never a secret."""
    blue, green = replace(_member("blue"), database="postgres"), _member("green")
    served = (Served("blue", "a", "ready", True, 100), Served("green", "b", "ready", True, 100))
    assert list(troubles((blue, green), served)) == []
    bad = Member("green", "/srv/green", "id-blue", "v1.4.0", "0ff", "db", ("web",), "run-1", {"SECRETS_SYSTEM": "x"})
    found = [what for what, _ in troubles((blue, bad), (served[0], replace(served[1], mode="drain", weight=0)))]
    for part in (
        "same release",
        "project name",
        "Postgres of their own",
        "SECRETS_SYSTEM",
        "run-1",
        "web",
        "sends nothing",
    ):
        assert len([one for one in found if part in one]) == 1, (part, found)
    assert len(found) == 7
