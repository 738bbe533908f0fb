"""A secret in a file of its own: Compose does not see it change, so its service is replaced all the same."""

import pytest

from avnwizard.errors import ExitCode
from tests.flows.cli import avnwizard
from tests.zoo.parts import compose, worker
from tests.zoo.stack import COMPOSE_FILE, ENV, ZooStack, bring_up

pytestmark = pytest.mark.engine
OLD = "the-first-cookie-secret-0123456789"


def _seen(zoo: ZooStack) -> str:
    return zoo.lab.docker("exec", zoo.containers("kratos")[-1].id, "cat", "/run/secrets/cookie").stdout.strip()


def test_a_secret_file_is_rotated_and_taken_back(zoo: ZooStack) -> None:
    """Its content changes and nothing else; what reads it is replaced, and back again; the other service stays."""
    environment = {"SECRETS_COOKIE_FILE": "/run/secrets/cookie"}
    kratos = worker("v1.5.0", environment=environment, secrets=["cookie"])
    release = {
        COMPOSE_FILE: compose({"kratos": kratos, "web": worker("v1.5.0")}, secrets={"cookie": {"file": "./cookie"}})
    }
    bring_up(zoo, {"v1.5.0": release}, operator={"cookie": f"{OLD}\n", ".env": ENV})
    assert _seen(zoo) == OLD
    before = {one.service: one.id for one in zoo.containers()}
    done = avnwizard("rotate", "kratos", "--stack", zoo.clone, "--yes")
    assert done.code == ExitCode.DONE, done.err
    assert "Kratos' database is not this stack's" in done.err
    new = (zoo.clone / "cookie").read_text("utf-8")
    assert new.endswith("\n")
    assert (len(new.strip()), _seen(zoo)) == (64, new.strip())
    after = {one.service: one.id for one in zoo.containers()}
    assert (after["web"], after["kratos"] != before["kratos"]) == (before["web"], True)
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert (_seen(zoo), (zoo.clone / "cookie").read_text("utf-8")) == (OLD, f"{OLD}\n")
    assert len(zoo.containers("kratos")) == 1
