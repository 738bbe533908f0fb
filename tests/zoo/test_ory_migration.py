"""A real Hydra whose release has no one-shot: the new image's own command migrates an empty database first."""

import os

import pytest

from avnwizard.errors import ExitCode
from tests.lab.hydra import REPOSITORY, VERSION, has_go, push
from tests.lab.probe import Probe
from tests.waiting import until
from tests.zoo.ory_services import hydra_services
from tests.zoo.parts import compose, postgres, traefik
from tests.zoo.stack import COMPOSE_FILE, ENV, NAMES_POSTGRES, ZooStack, bring_up, push_as
from tests.zoo.test_real_hydra import OLD

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("AVNWIZARD_LAB") != "1", reason="the lab starts only when AVNWIZARD_LAB=1 asks"
    ),
    pytest.mark.skipif(not has_go(), reason="this machine has no Go to build Hydra with"),
]
_KEYS = "/.well-known/jwks.json"


def test_hydra_migrates_before_it_is_rolled(zoo: ZooStack) -> None:
    """The database of the new release is empty, so Hydra would never be ready; no request meets the migration."""
    push(zoo.lab)
    push_as(zoo.lab, f"{REPOSITORY}:{VERSION}", f"{REPOSITORY}:v2.3.1")
    servers = {"traefik": traefik(), "postgres": postgres()}
    servers["postgres"]["volumes"].append("./init:/docker-entrypoint-initdb.d:ro")
    fresh = hydra_services("v2.3.1", "postgres://app:${POSTGRES_PASSWORD}@postgres:5432/fresh?sslmode=disable")
    del fresh["hydra-migrate"]
    fresh["hydra"]["depends_on"] = {"postgres": {"condition": "service_healthy"}}
    init = {"init/10.sql": "CREATE DATABASE fresh;\n"}
    first = {COMPOSE_FILE: compose({**servers, **hydra_services()}), **init}
    second = {COMPOSE_FILE: compose({**servers, **fresh}), **init}
    operator = {".env": f"{ENV}HYDRA_SYSTEM_SECRET={OLD}\n", "avnwizard.toml": NAMES_POSTGRES}
    bring_up(zoo, {"v1.0.0": first, "v1.1.0": second}, operator=operator)
    until(lambda: zoo.ask(_KEYS)[0] == 200, limit_s=180)
    with Probe(zoo.port, "127.0.0.1", _KEYS, 20.0) as asked:
        done = zoo.upgrade("v1.1.0")
    assert done.code == ExitCode.DONE, done.err
    assert "the database of hydra is migrated" in done.err + done.out
    assert asked.report is not None
    print(asked.report)
    assert "502" not in asked.report.lost, "Traefik sent a request to the migration, where nothing listens"
    tables = zoo.lab.docker(
        "exec", zoo.containers("postgres")[-1].id, "psql", "-U", "app", "-d", "fresh", "-qAtc",
        "SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'hydra_%'",
    ).stdout.strip()  # fmt: skip
    assert int(tables) > 10
    assert len(zoo.containers("hydra")) == 1
    zoo.nothing_to_do()
