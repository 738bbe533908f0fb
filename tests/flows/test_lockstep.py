"""Ory's pins as `check` compares them: the release's own files against what is set here."""

import pytest

from avnwizard.flows.host import Host
from avnwizard.flows.stack import lockstep
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """The practice stack at v1.5.0."""
    return open_host(practice_host.project.directory)


def _said(host: Host, target: str = "") -> list[str]:
    found = tuple(lockstep.findings(host, host.stack.resolve(), host.stack.containers(), target=target))
    assert {(one.level, one.check) for one in found} <= {("warn", "lockstep")}
    return [one.message for one in found]


def test_a_pin_that_an_edit_outweighs(host: Host) -> None:
    """It is named with what the release pins; where it is the target's own pin, it says so."""
    assert _said(host) == []
    host.repo.fetch()
    file = host.stack.project.files[0]
    text = host.files.read(file).decode()
    assert text.count("/hydra:v2.3.0") == 2
    host.files.write(file, text.replace("/hydra:v2.3.0", "/hydra:v25.4.0").encode())
    (told,) = _said(host)
    assert told.startswith("hydra is set to ")
    assert told.endswith("/hydra:v2.3.0.")
    assert ", which is what v2.0.0 pins; v1.5.0 pins " in _said(host, "v2.0.0")[0]


def test_a_version_by_a_variable() -> None:
    """The default in the file is the release's pin; a variable of the env file that outweighs it is seen."""
    text = "services: {hydra: {image: '${REGISTRY:-docker.io}/hydra:${HYDRA:-v2.3.0}'}, web: {image: 'web:$TAG'}}"
    assert lockstep._versions_by_variable(text) == {"HYDRA"}
    assert lockstep._versions_by_variable("services: {a: {image: '${BROKEN'}}") == frozenset()
