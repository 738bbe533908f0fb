"""A release through two real stacks that share a Postgres and a Valkey, behind HAProxy, while clients ask."""

from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from tests.bench.load import load
from tests.lab.engine import Lab
from tests.zoo.fleet import WHY_NOT, pair
from tests.zoo.stack import ZooStack

pytestmark = pytest.mark.engine


def test_a_fleet_loses_nothing(lab: Lab, zoo: ZooStack, tmp_path: Path) -> None:
    """v1.5.0 to v1.6.0 with GET and POST of keep-alive clients: none is lost; v2.0.0 is refused, a flip moves all."""
    assert not WHY_NOT
    del zoo  # for its environment alone
    with pair(lab, "fleet", tmp_path) as two:
        status = two.fleet("status", "--json").data
        assert [one.partition(" (")[0] for one in status["shared"]] == [
            "All stacks reach one Postgres",
            "All stacks reach one Valkey",
        ]
        assert ("system identifier" in status["shared"][0], "run id" in status["shared"][1]) == (True, True)
        refused = two.fleet("upgrade", "--to", "v2.0.0", "--yes")
        assert refused.code == ExitCode.REFUSED, refused.err
        assert "may not work on the schema of v2.0.0" in refused.err
        with load(two.port, 60.0, [("localhost", "/web", "docs")]) as asked:
            done = two.fleet("upgrade", "--to", "v1.6.0", "--yes")
            flipped = two.fleet("flip", "--to", "green", "--json")
        assert done.code == ExitCode.DONE, done.err
        assert flipped.code == ExitCode.DONE, flipped.err
        assert two.served() == {"blue": 0, "green": 100}
        assert asked["sent"] > 100
        assert asked["lost"] == 0, asked
        assert [stack.image_of("web").rpartition(":")[2] for stack in (two.blue, two.green)] == ["v1.6.0", "v1.6.0"]
        assert (
            two.blue.sql("SELECT count(*) FROM pg_attribute WHERE attname = 'name' AND attrelid = 't'::regclass")
            == "1"
        )
        for stack in (two.blue, two.green):
            stack.nothing_to_do()
