"""Ory's services that nothing would migrate are named, with the command of their own version."""

from typing import Any

import pytest

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.lockstep_migrations import command_of, unmigrated


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


def _said(**services: dict[str, Any]) -> list[str]:
    return list(unmigrated(model_from_config({"name": "x", "services": services}), {"hydra"}))


def test_who_migrates_it() -> None:
    """A one-shot that it waits for, or one of the same image that migrates; else it is named with the command."""
    image, alone = "oryd/hydra:v25.4.0", {"image": "oryd/hydra:v25.4.0", "command": ["serve", "all"]}
    job = {"image": image, "command": ["migrate", "sql", "up", "-e", "--yes"]}
    waits = {**alone, "depends_on": {"other": {"condition": "service_completed_successfully"}}}
    assert _said(hydra=waits, other={"image": "postgres:17"}) == []
    assert _said(hydra=alone, job=job) == []
    for services in ({"hydra": alone}, {"hydra": alone, "job": {**job, "command": None}}):
        (found,) = _said(**services)
        assert "no one-shot of the compose file migrates its database" in found
        assert "`command: migrate sql up -e --yes`" in found
