"""Constructs of Compose that need nothing from the operator, in one stack: rolled and rolled back under load."""

from pathlib import Path

import pytest
import yaml

from avnwizard.errors import ExitCode
from tests.zoo.parts import app, compose, traefik, worker
from tests.zoo.stack import COMPOSE_FILE, ENV, TOML, ZooStack, bring_up

pytestmark = pytest.mark.engine
TAGS = ("v1.5.0", "v1.6.0")
OVERRIDE = "docker-compose.override.yml"
MORE = "more.yml"
MINE = """\
services:
  web:
    environment: !override
      SHUTDOWN_MODE: abrupt
      MINE: "yes"
  worker:
    healthcheck: !reset null
"""
"""The operator's own override, which git does not track."""


def _release(tag: str) -> dict[str, str]:
    plain = app("web", tag)
    labels = {key.replace(".web.", ".${ROUTER:-web}."): value for key, value in plain["labels"].items()}
    web = plain | {
        "labels": [f"{key}={value}" for key, value in labels.items()],
        "environment": {"SHUTDOWN_MODE": "abrupt", "VENDOR": "yes"},
        "depends_on": {"debug": {"condition": "service_started", "required": False}},
    }
    services = {
        "traefik": traefik(),
        "web": web,
        "worker": worker(tag),
        "debug": worker(tag, profiles=["debug"]),
        "extra": worker(tag, profiles=["extra"]),
    }
    return {
        COMPOSE_FILE: compose(services),
        MORE: yaml.safe_dump({"services": {"worker": {"environment": {"MORE": "yes"}}}}),
    }


def _env_of(zoo: ZooStack, service: str) -> list[str]:
    return list(zoo.inspect(zoo.containers(service)[-1].id)["Config"]["Env"])


def test_constructs_that_just_work(zoo: ZooStack) -> None:
    """`!override` and `!reset`, files and a profile by `.env`, a link, `required: false`, labels as a list."""
    named = f"COMPOSE_FILE={COMPOSE_FILE}:{MORE}:{OVERRIDE}\nCOMPOSE_PROFILES=extra\n"
    operator = {OVERRIDE: MINE, "local.env": f"{ENV}{named}export ROUTER='the-web'  # mine\n"}
    operator["avnwizard.toml"] = TOML.replace(f'files = ["{COMPOSE_FILE}"]\n', "")
    gitignore = {".gitignore": f".env\navnwizard.toml\nlocal.env\n{OVERRIDE}\n"}
    link = ("sh", "-c", "rm -f .env && ln -s local.env .env")
    up = ("docker", "compose", "up", "-d", "--quiet-pull", "--wait")
    bring_up(zoo, {tag: _release(tag) | gitignore for tag in TAGS}, operator=operator, up=(link, up))
    assert zoo.avnwizard("check").code == ExitCode.DONE
    before = (zoo.clone / "local.env").read_bytes()
    with zoo.load("web") as load:
        there = zoo.upgrade()
        assert there.code == ExitCode.DONE, there.err
        assert {zoo.image_of(name)[-6:] for name in ("web", "worker", "extra")} == {"v1.6.0"}
        assert zoo.containers("debug") == []
        assert "MINE=yes" in _env_of(zoo, "web")
        assert "MORE=yes" in _env_of(zoo, "worker")
        assert "VENDOR=yes" not in _env_of(zoo, "web")
        zoo.nothing_to_do()
        back = zoo.rollback()
        assert back.code == ExitCode.DONE, back.err
    assert load.report
    assert load.report.lost_total == 0
    assert {zoo.image_of(name)[-6:] for name in ("web", "worker", "extra")} == {"v1.5.0"}
    assert (Path(zoo.clone / ".env").is_symlink(), (zoo.clone / "local.env").read_bytes()) == (True, before)
    zoo.nothing_to_do()
