"""Stopping what writes to the databases: all side by side, and PgBouncer last."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from avnwizard.domain.host import Container
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.step import StepContext
from avnwizard.flows.steps.writers import StopWriters


@dataclass
class _Stack:
    """Containers that end when they are told to."""

    there: list[Container]
    told: list[tuple[tuple[str, ...], float]] = field(default_factory=list)

    def containers(self) -> list[Container]:
        """As they are now."""
        return self.there

    def stop(self, *ids: str, grace_s: float) -> None:
        """Note who was given how long."""
        self.told.append((ids, grace_s))
        self.there = [replace(one, state="exited") if one.id in ids else one for one in self.there]


def _container(service: str, image: str) -> Container:
    return Container(service, f"id-{service}-1", service, 1, image, "sha256:1", "running", "none", 0, "", False, 0.0)


def test_pgbouncer_is_stopped_last_and_not_waited_for_long(tmp_path: Path) -> None:
    """It waits for its last client to leave, and one from outside the stack stays: all are away meanwhile."""
    images = {"pool": "registry.example:5000/edoburu/pgbouncer:1.24", "gateway": "pgbouncer.example/gateway:v1"}
    stack = _Stack([_container(name, image) for name, image in images.items()])
    host: Any = SimpleNamespace(stack=stack)
    step, journal = StopWriters(host, ["pool", "gateway"]), Journal(tmp_path / "journal.db")
    journal.create_run("run", kind="postgres", title="t", plan="{}", steps=[step])
    step.do(StepContext(journal, FeedWriter(tmp_path / "feed"), "run", step.name))
    assert [ids for ids, _ in stack.told] == [("gateway",), ("pool",)]
    assert stack.told[0][1] > stack.told[1][1]
