"""A fleet's parts without a balancer: what HAProxy says, what Traefik's file holds, and what stands in the way."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.domain.answers import GENERATE, Answers, Decision
from avnwizard.domain.balancer import command, haproxy, traefik_file
from avnwizard.domain.balancer.server import Served, others_serve
from avnwizard.domain.config import parse_config
from avnwizard.domain.edge import Connections
from avnwizard.domain.secret import Secret
from avnwizard.domain.shared_servers import Reached, apart, named_in
from avnwizard.errors import HostError, RefusedError, UsageError
from avnwizard.flows.fleet.flipping import whither
from avnwizard.flows.fleet.looking import Member, troubles
from avnwizard.flows.fleet.planning import same_secrets
from avnwizard.flows.fleet.world import FleetWorld

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
        ('driver = "command"\nstacks = {a = "/a", b = "/b"}', "set_weight: Must be a command"),
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


@pytest.mark.parametrize(
    ("blue", "green", "said"),
    [
        (True, False, []),
        (True, True, ["courier may run in one stack alone, and green runs it besides blue."]),
        (False, False, ["courier is to run in blue, which does not have it."]),
    ],
)
def test_what_may_run_once(blue: bool, green: bool, said: list[str]) -> None:
    """In the leader and nowhere else."""
    members = (replace(_member("blue"), once={"courier": blue}), replace(_member("green"), once={"courier": green}))
    assert [what for what, _ in troubles(members, (), first="blue")] == said


_ROW = '{"server": "a", "weight": 100}'


def test_what_a_status_command_says() -> None:
    """Each stack once, with what it leaves out not known."""
    said = f'[{_ROW}, {{"server": "b", "mode": "drain", "up": false, "weight": 0, "connections": 3, "failed": 1}}]'
    blue, green = command.served(said, _SERVERS)
    assert blue == Served("blue", "a", "ready", None, 100)
    assert green == Served("green", "b", "drain", False, 0, 3, 1)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "prints no JSON"),
        ("[" * 5000, "prints no JSON"),
        ('{"server": "a"}', "prints no list"),
        ("[1]", "prints no list"),
        (f"[{_ROW}]", "names no server b; it names: a"),
        (f'[{_ROW}, {{"server": "b", "weight": 101}}]', "what cannot be"),
        (f'[{_ROW}, {{"server": "b", "weight": true}}]', "what cannot be"),
        (f'[{_ROW}, {{"server": "b", "weight": 1, "mode": "x"}}]', "what cannot be"),
        (f'[{_ROW}, {{"server": "b", "weight": 1, "up": "yes"}}]', "what cannot be"),
    ],
)
def test_a_status_command_that_says_something_else(said: str, why: str) -> None:
    """It is one error, and never taken for a state."""
    with pytest.raises(HostError, match=why):
        command.served(said, _SERVERS)


def test_servers_in_an_environment() -> None:
    """Addresses in URLs and in the usual variables; what is no host name is none."""
    found = named_in(
        {
            "DSN": "postgres://app:s3cret@db:6432/app?sslmode=disable",
            "PGHOST": "db2",
            "REDIS_URL": "rediss://:pw@cache/0",
            "VALKEY_HOST": "kv:6380",
            "S3_ENDPOINT": "http://minio:9000",
            "MINIO_ROOT_USER": "x",
            "POSTGRES_HOST": "a b",
            "BAD": "postgres://[::1/x",
            "PUBLIC_URL": "https://id.example.test",
        }
    )
    assert sorted(found) == [
        ("postgres", "db", 6432),
        ("postgres", "db2", 5432),
        ("s3", "minio", 9000),
        ("valkey", "cache", 6379),
        ("valkey", "kv", 6380),
    ]


def test_servers_that_are_not_the_same() -> None:
    """Another identity, or one that nobody knows, is a trouble; a server that one stack alone uses is none."""
    one, other = Reached("postgres", "db:5432", "7"), Reached("postgres", "pg:5432", "8")
    assert list(apart({"blue": [one], "green": [one, Reached("s3", "minio:9000", "c")]})) == []
    (found,) = apart({"blue": [one], "green": [other]})
    assert found[0] == "blue and green do not reach the same Postgres (blue: db:5432; green: pg:5432)."
    (found,) = apart({"blue": [one], "green": [Reached("postgres", "pg:5432", "")]})
    assert "is not known: green reaches pg:5432" in found[0]


def test_a_new_secret_is_the_same_in_all_stacks() -> None:
    """What is generated for the first stack is given to the second; answers to what it does not ask are left out."""
    asked = Decision("value", "SIGNING_SECRET", "?", proposal=GENERATE, secret=True)
    given = Answers({asked.id: Secret(GENERATE), "acknowledge:drift": Secret("true")})
    found = same_secrets([asked], given, {"SIGNING_SECRET": "made-for-blue"})
    assert {key: value.reveal() for key, value in found.given.items()} == {asked.id: "made-for-blue"}


def test_where_a_flip_goes() -> None:
    """To the stack that waits; to a named one; and nowhere where that is unclear, unknown or down."""
    blue = Served("blue", "a", "ready", True, 100)
    green = Served("green", "b", "drain", True, 0)
    assert whither((blue, green)) == "green"
    assert whither((blue, green), "blue") == "blue"
    for served, wanted, why in (
        ((blue, replace(green, mode="ready", weight=100)), "", "not clear"),
        ((blue, green), "red", "has no stack red"),
        ((blue, replace(green, up=False)), "", "down"),
    ):
        with pytest.raises(RefusedError, match=why):
            whither(served, wanted)


class _Slow:
    """A stack whose proxy still owes answers for two looks; a clock that a wait moves on."""

    def __init__(self, seen_by: str) -> None:
        self.owed = [2, 1, 0] if seen_by == "netns" else [0]
        self.seen_by, self.passed, self.said = seen_by, 0.0, list[str]()

    def connections(self, container: str, *, quiet_s: float) -> Connections:
        """Idle ones stay open all the while."""
        del container, quiet_s
        busy = self.owed.pop(0) if len(self.owed) > 1 else self.owed[0]
        return Connections(9, busy, cast("Any", self.seen_by))

    def sleep(self, seconds: float) -> None:
        """No time passes but this."""
        self.passed += seconds


@pytest.mark.parametrize(("seen_by", "left", "at_least"), [("netns", 0, 1.0), ("exec", None, 5.0)])
def test_what_a_drained_stack_still_owes(seen_by: str, left: int | None, at_least: float) -> None:
    """Where the balancer does not count, the stack's own proxy tells; where nobody sees it, a while is waited."""
    slow = _Slow(seen_by)
    blue = Served("blue", "a", "ready", True, 100)
    out = Served("green", "b", "drain", True, 0)
    edge = SimpleNamespace(facts=lambda: SimpleNamespace(container="c"), connections=slow.connections)
    clock = SimpleNamespace(now=lambda: slow.passed, sleep=slow.sleep)
    host = SimpleNamespace(edge=edge, clock=clock, balancer=lambda: SimpleNamespace(look=lambda: (blue, out)))
    order = SimpleNamespace(
        first=SimpleNamespace(name="green"), stacks=(SimpleNamespace(name="green"),), drain_s=60.0
    )
    ctx = SimpleNamespace(say=slow.said.append, progress=lambda *_, **__: None, checkpoint=lambda: None)
    world = FleetWorld(cast("Any", order), cast("Any", host), "run")
    assert world.drain(cast("Any", ctx), "green") == left
    assert slow.passed == at_least
    assert ("green has no requests left" in slow.said) == (left == 0)
