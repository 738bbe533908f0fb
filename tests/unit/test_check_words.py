"""What `check` says where nothing runs, where one cause stops several parts, and where nothing is pinned together."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from avnwizard.domain.config import Config
from avnwizard.domain.findings import Finding
from avnwizard.domain.host import ComposeModel, ComposeProject, EngineFacts
from avnwizard.errors import HostError
from avnwizard.flows import check as checking
from avnwizard.flows.stack import drift, lockstep
from avnwizard.flows.stack.engine_fit import engine_findings

if TYPE_CHECKING:
    from avnwizard.flows.host import Host

_PROJECT = ComposeProject("shop", Path("/srv/shop"), (Path("/srv/shop/compose.yaml"),), Path("/srv/shop/.env"))


def _host(services: int, *containers: Any) -> Any:
    named: dict[str, Any] = {f"s{number}": SimpleNamespace(name=f"s{number}") for number in range(services)}
    model = ComposeModel(named, {"services": {key: {} for key in named}})
    stack = SimpleNamespace(resolve=lambda: model, containers=lambda: containers, project=_PROJECT)
    clock = SimpleNamespace(now=lambda: 0.0)
    return SimpleNamespace(stack=stack, config=Config(), clock=clock, journal=_no_journal, postgres_service="")


def _no_journal() -> None:
    raise HostError("There is no journal.", "")


def _said(host: Any) -> list[tuple[str, str]]:
    return [(one.level, one.message) for one in checking._services(host, target="")]


def test_where_nothing_runs_one_finding_says_so() -> None:
    """Not one for each of 64 services, nor that every container is as it should be."""
    (found,) = checking._services(_host(64), target="")
    assert found.level == "stop"
    assert found.message == "None of the 64 services of this stack has a container (Compose project shop)."
    assert "docker compose -f /srv/shop/compose.yaml up -d" in found.hint


@pytest.mark.parametrize(
    ("elsewhere", "rootless", "expected"),
    [(False, False, []), (True, False, ["not on this host"]), (False, True, ["rootless"])],
)
def test_an_engine_that_nobody_tried_is_named(*, elsewhere: bool, rootless: bool, expected: list[str]) -> None:
    """One line for each, with what it costs; nothing is said of this host's own engine."""
    facts = EngineFacts("29.0.1", "2.40.3", "/var/lib/docker", None, "1.44", elsewhere=elsewhere, rootless=rootless)
    edge = SimpleNamespace(facts=lambda: None)
    host = SimpleNamespace(stack=SimpleNamespace(engine=lambda: facts), edge=edge, context="")
    warned = [one.message for one in engine_findings(cast("Host", host)) if one.level == "warn"]
    assert len(warned) == len(expected)
    assert all(word in message for word, message in zip(expected, warned, strict=True))


def test_nothing_is_said_of_pins_where_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack without any of the services that are pinned together has no such pins."""
    monkeypatch.setattr(checking, "made_from", lambda *_: iter(()))
    monkeypatch.setattr(drift, "look", lambda *_: SimpleNamespace(images=()))
    monkeypatch.setattr(drift, "findings", lambda *_: iter(()))
    monkeypatch.setattr(lockstep, "findings", lambda *_, **__: iter(()))
    monkeypatch.setattr(checking, "ailing", lambda *_, **__: {})
    assert _said(_host(2, SimpleNamespace(service="s0", one_off=False))) == [("ok", "All 2 services serve.")]


def test_one_cause_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An env file that is missing stops several parts of the check."""

    def broken(*_: Any, **__: Any) -> Iterator[Finding]:
        raise HostError("Cannot read .env: No such file or directory.", "Check the path.")

    def silent(*_: Any, **__: Any) -> Iterator[Finding]:
        yield from ()

    parts = {
        "_runs",
        "memory",
        "_services",
        "placed",
        "database_findings",
        "order_findings",
        "held_back",
        "engine_findings",
        "_git",
        "_remote",
        "_env",
    }
    for name in parts | {"rotations", "_cadence", "_disk"}:
        monkeypatch.setattr(checking, name, broken if name in {"_services", "placed", "_env", "_disk"} else silent)
    (found,) = checking.check(_host(1))
    assert (found.level, found.message) == ("stop", "Cannot read .env: No such file or directory.")
