"""A plain stack with nothing odd about it: what every other case differs from."""

import pytest

from avnwizard.errors import ExitCode
from tests.zoo.parts import app, compose, migrate, postgres, traefik
from tests.zoo.stack import COMPOSE_FILE, NAMES_POSTGRES, ZooStack, bring_up

pytestmark = pytest.mark.engine


def _release(tag: str, sql: str) -> dict[str, str]:
    unchecked = app("docs", tag)
    del unchecked["healthcheck"]
    services = {
        "traefik": traefik(),
        "postgres": postgres(),
        "migrate": migrate(sql),
        "web": app("web", tag, depends_on={"migrate": {"condition": "service_completed_successfully"}}),
        "docs": unchecked,
    }
    return {COMPOSE_FILE: compose(services)}


def test_there_and_back(zoo: ZooStack) -> None:
    """v1.5.0 to v1.6.0 and back with a load on both routes: nothing is lost, no row either.

    `docs` has no health check: avnwizard asks it itself, and Traefik sends it nothing before it answers.
    """
    releases = {
        "v1.5.0": _release("v1.5.0", "CREATE TABLE IF NOT EXISTS t (id int)"),
        "v1.6.0": _release("v1.6.0", "ALTER TABLE t ADD COLUMN IF NOT EXISTS name text"),
    }
    bring_up(zoo, releases, operator={"avnwizard.toml": NAMES_POSTGRES})
    zoo.sql("INSERT INTO t SELECT generate_series(1, 100)")
    assert zoo.version("web") == "v1.5.0"
    with zoo.load("web") as load, zoo.load("docs") as unchecked:
        there = zoo.upgrade()
        assert there.code == ExitCode.DONE, there.err
    assert load.report
    assert unchecked.report
    assert (load.report.lost_total, zoo.version("web")) == (0, "v1.6.0")
    assert (unchecked.report.lost_total, zoo.version("docs")) == (0, "v1.6.0")
    assert "answering on port 8080 for 3 s or longer" in there.err
    zoo.nothing_to_do()
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert "started 2 services together" in back.err
    assert zoo.version("docs") == "v1.5.0"
    assert (zoo.version("web"), zoo.sql("SELECT count(*) FROM t")) == ("v1.5.0", "100")
    zoo.nothing_to_do()
