"""A release through two real stacks that share a Postgres and a Valkey, behind HAProxy, while clients ask."""

from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from tests.bench.load import load
from tests.lab.engine import Lab
from tests.zoo.balancers import WHY_NOT
from tests.zoo.fleet import Pair, pair
from tests.zoo.stack import ZooStack
from tests.zoo.visiting import stored, visiting

pytestmark = pytest.mark.engine
ROUTES = [("localhost", "/web", "docs")]


def test_a_fleet_loses_nothing(lab: Lab, zoo: ZooStack, tmp_path: Path) -> None:
    """v1.5.0 to v1.6.0 while keep-alive clients GET and POST: none is lost; v2.0.0 is refused, a flip moves all."""
    assert not WHY_NOT
    del zoo  # for its environment alone
    with pair(lab, "fleet", tmp_path) as two:
        _shares(two)
        refused = two.fleet("upgrade", "--to", "v2.0.0", "--yes")
        assert refused.code == ExitCode.REFUSED, refused.err
        assert "may not work on the schema of v2.0.0" in refused.err
        assert "1 statement can wait until you are sure of v2.0.0" in refused.err
        assert stored(two.port, "PUT", "a.png", "of v1.5.0") == (200, "of v1.5.0")
        with load(two.port, 100.0, ROUTES) as asked, visiting(two.port, "someone") as visits:
            done = two.fleet("upgrade", "--to", "v1.6.0", "--yes")
            flipped = two.fleet("flip", "--to", "green", "--json")
        assert done.code == ExitCode.DONE, done.err
        assert flipped.code == ExitCode.DONE, flipped.err
        assert two.served() == {"blue": 0, "green": 100}
        assert asked["sent"] > 100
        assert asked["lost"] == 0, asked
        assert visits.made > 10
        assert visits.lost == [], "a session that Valkey keeps goes on in the other stack"
        assert stored(two.port, "GET", "a.png") == (200, "of v1.5.0")
        assert runs_of(two) == ["v1.6.0", "v1.6.0"]
        assert columns_of(two) == {"id", "old", "name"}
        for stack in (two.blue, two.green):
            stack.nothing_to_do()


def runs_of(two: Pair) -> list[str]:
    """The release that each stack runs."""
    return [stack.image_of("web").rpartition(":")[2] for stack in (two.blue, two.green)]


def columns_of(two: Pair) -> set[str]:
    """The columns of the table that v2.0.0 changes."""
    query = "SELECT string_agg(attname, ' ') FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0"
    return set(two.blue.sql(f"{query} AND NOT attisdropped").split())


def _shares(two: Pair) -> None:
    status = two.fleet("status", "--json").data
    assert [one.partition(" (")[0] for one in status["shared"]] == [
        "All stacks reach one Postgres",
        "All stacks reach one Valkey",
        "All stacks reach one S3",
    ]
    assert ("system identifier" in status["shared"][0], "run id" in status["shared"][1]) == (True, True)
