"""A fleet behind Traefik takes a release in two parts, on the engine: two minutes, so it is run by its path alone.

`AVNWIZARD_LAB=1 pytest -n0 tests/zoo/fleet_behind_traefik.py`
"""

from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from tests.bench.load import load
from tests.flows.cli import avnwizard
from tests.lab.engine import Lab
from tests.zoo.fleet import pair
from tests.zoo.stack import ZooStack
from tests.zoo.test_fleet import ROUTES, columns_of, runs_of

pytestmark = pytest.mark.engine


def test_a_release_that_drops_a_column(lab: Lab, zoo: ZooStack, tmp_path: Path) -> None:
    """Behind Traefik, v2.0.0 is taken in two parts: nobody loses a request, and the column goes in the end."""
    del zoo
    with pair(lab, "fleet", tmp_path, driver="traefik") as two:
        early = avnwizard("contract", "--yes", "--stack", two.blue.clone)
        assert early.code == ExitCode.REFUSED
        with load(two.port, 100.0, ROUTES) as asked:
            held = two.fleet("upgrade", "--to", "v2.0.0", "--hold-back", "--yes")
        assert held.code == ExitCode.DONE, held.err
        assert asked["sent"] > 100
        assert asked["lost"] == 0, asked
        assert runs_of(two) == ["v2.0.0", "v2.0.0"]
        assert columns_of(two) == {"id", "old", "name"}
        rest = avnwizard("contract", "--yes", "--stack", two.blue.clone)
        assert rest.code == ExitCode.DONE, rest.err
        assert columns_of(two) == {"id", "name"}
        for stack in (two.blue, two.green):
            stack.nothing_to_do()
