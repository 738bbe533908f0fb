"""The port `Platform` over a Helm release: what every flow may ask, and what only a Compose project has."""

from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.errors import RefusedError
from avnwizard.flows.edge.baseline import learn
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.stack.survey import survey
from avnwizard.ports import Compose, Platform
from avnwizard.practice.edge_probe import PracticeEdge
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.kubernetes_world import make_world


def test_what_only_compose_has_is_refused_by_name(tmp_path: Path) -> None:
    """The containers, the edge and a verb for Compose stacks: one error names the release and the verbs for it."""
    host = make_world(tmp_path / "checkout").host(tmp_path / "home")
    for ask in (lambda: host.stack, lambda: host.edge, lambda: survey(host)):
        with pytest.raises(RefusedError, match=r"id is a Helm release .* this command is for Compose stacks") as told:
            ask()
        assert "kubernetes check, plan or upgrade" in told.value.hint


def test_a_release_says_what_runs_and_what_serves(tmp_path: Path) -> None:
    """By the revision that serves and the pods that are ready; a workload without a ready pod does not serve."""
    world = make_world(tmp_path / "checkout")
    platform: Platform = world.host(tmp_path / "home").platform
    assert [(one.service, one.reference) for one in platform.running()] == [("Deployment/gateway", "gateway:1.5.0")]
    assert platform.serving() == {"Deployment/gateway"}
    assert [(one.service, one.image, one.is_serving) for one in platform.instances()] == [
        ("Deployment/gateway", "gateway:1.5.0", True)
    ] * 2
    world.release.scaled["Deployment", "gateway"] = 0
    assert platform.serving() == frozenset()
    assert env_bytes(world.host(tmp_path / "home")) == b""


def test_the_edge_of_a_release_is_probed(tmp_path: Path, practice_host: PracticeHost) -> None:
    """Who answers at an operator's URL is learned on a release too: asking which services serve is no refusal."""
    probe = PracticeEdge(practice_host.state, practice_host.stack.observer)
    host = make_world(tmp_path / "checkout").host(tmp_path / "home")
    routes = plan_probe(host.platform.model(), host.platform.model(), ProbeSection(urls=("http://a.test/",))).routes
    assert set(learn(replace(host, probe=lambda: probe), routes)) == {"http://a.test/"}


def test_compose_is_the_platform_of_a_compose_stack(practice_host: PracticeHost) -> None:
    """Name, env file, images and services are those of the project, and the commands are Docker's."""
    host = open_host(practice_host.project.directory)
    assert isinstance(host.compose, Compose)
    platform = host.platform
    assert (platform.name, platform.env_file) == (host.stack.project.name, host.stack.project.env_file)
    services = {one.service for one in host.stack.containers()}
    assert {one.service for one in platform.running()} == services
    assert "gateway" in platform.serving() <= services
    assert platform.database_command("postgres", ("pg_dump",)) == ("docker", "exec", "-i", "postgres", "pg_dump")
    assert platform.by_hand("show the log of", "gateway")[-2:] == ("--timestamps", "gateway")
    assert {one.service for one in platform.instances() if one.is_serving} >= platform.serving()
