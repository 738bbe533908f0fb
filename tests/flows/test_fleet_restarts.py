"""A service that migrates when it starts, in a stack that waits at the old release of a fleet."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.domain.lockstep_migrations import migrates_at_start
from avnwizard.flows.fleet import planning
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host


def _plan(service: str, old: str, new: str) -> Any:
    part = SimpleNamespace(service=service, strategy="surge", image_old=old, image_new=new)
    current, target = SimpleNamespace(tag="v1.5.0"), SimpleNamespace(tag="v2.0.0", commit="c")
    return SimpleNamespace(services=(part,), current=current, target=target)


def test_an_old_start_on_the_new_schema(practice_host: PracticeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused where its image moves, until a rehearsal showed that it works; others are no matter."""
    host = open_host(practice_host.project.directory)
    model = host.stack.resolve()
    assert [name for name in model.services if migrates_at_start(model, name) and "migrate" not in name] == ["polis"]
    (trouble,) = planning.restarted(host, _plan("polis", "a/polis:1", "a/polis:2"))
    assert trouble[0].startswith("polis migrates when it starts. The engine may start it again")
    assert "avnwizard rehearse --to v2.0.0" in trouble[1]
    assert not list(planning.restarted(host, _plan("polis", "a/polis:1", "a/polis:1")))
    assert not list(planning.restarted(host, _plan("docs", "a/docs:1", "a/docs:2")))
    host.journal()
    for said, refused in (("breaks", True), ("unknown", True), ("works", False)):
        monkeypatch.setattr(
            planning, "last_rehearsal", lambda *_, said=said: cast("Any", SimpleNamespace(old_code=said))
        )
        assert bool(list(planning.restarted(host, _plan("polis", "a/polis:1", "a/polis:2")))) is refused, said
