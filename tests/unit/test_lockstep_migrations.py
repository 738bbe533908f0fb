"""Ory's services that nothing would migrate are named, with the command of their own version."""

from typing import Any

import pytest

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.lockstep_migrations import command_of, unmigrated, with_migrations
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.strategy import COMPLETED


@pytest.mark.parametrize(
    ("reference", "command"),
    [
        ("oryd/hydra:v2.2.0", "migrate sql -e --yes"),
        ("oryd/hydra:v2.3.0", "migrate sql up -e --yes"),
        ("oryd/kratos:v1.3.1", "migrate sql -e --yes"),
        ("registry.test:5000/ory/kratos:v25.4.0@sha256:abc", "migrate sql up -e --yes"),
        ("oryd/hydra:latest", "migrate sql up -e --yes"),
        ("oryd/keto:v0.14.0", "migrate up -y"),
        ("oryd/oathkeeper:v25.4.0", ""),
        ("boxyhq/jackson:1.52.2", ""),
        ("example/hydra-proxy:v1", ""),
    ],
)
def test_the_command_of_a_version(reference: str, command: str) -> None:
    """By product and number; none where nothing is to be run."""
    assert command_of(reference) == command


IMAGE = "oryd/hydra:v25.4.0"
ALONE = {"image": IMAGE, "command": ["serve", "all"]}
ADDRESS = {"DSN": "postgres://hydra:x@postgres/hydra"}


def _said(**services: dict[str, Any]) -> list[str]:
    return list(unmigrated(model_from_config({"name": "x", "services": services}), {"hydra"}))


def _run(hydra: dict[str, Any], *, strategy: str = "surge", **services: dict[str, Any]) -> tuple[str, ...]:
    """The command that an upgrade runs for Hydra."""
    model = model_from_config({"name": "x", "services": {"hydra": hydra, **services}})
    part = ServicePlan("hydra", strategy, "", "oryd/hydra:v2.3.0", IMAGE, "")  # type: ignore[arg-type]  # of a test
    (found,) = with_migrations([part], model, {"hydra"})
    return found.migrate


def test_who_migrates_it() -> None:
    """A one-shot that it waits for, or one of the same image that migrates; else it is named with the command."""
    job = {"image": IMAGE, "command": ["migrate", "sql", "up", "-e", "--yes"]}
    waits = {**ALONE, "depends_on": {"other": {"condition": COMPLETED}}}
    assert _said(hydra=waits, other={"image": "postgres:17"}) == []
    assert _said(hydra=ALONE, job=job) == []
    for services in ({"hydra": ALONE}, {"hydra": ALONE, "job": {**job, "command": None}}):
        (found,) = _said(**services)
        assert "no one-shot of the compose file migrates its database" in found
        assert "`command: migrate sql up -e --yes`" in found
    itself = {**ALONE, "entrypoint": ["sh", "-c"], "command": ["hydra migrate sql up -e --yes && hydra serve all"]}
    assert _said(hydra=itself) == []


def test_what_avnwizard_runs() -> None:
    """The image's own command, where its container finds the program and the database; nothing for what stays."""
    given = {**ALONE, "environment": ADDRESS}
    assert _run(given) == ("migrate", "sql", "up", "-e", "--yes")
    assert _run(given, job={"image": IMAGE, "command": "migrate sql up -e --yes"}) == ()
    assert _run(given, strategy="skip") == ()
    assert _run(ALONE) == ()
    assert _run({**ALONE, "environment": {"DSN": "memory"}}) == ()
    assert _run({**given, "entrypoint": ["/wrapper.sh"]}) == ()
