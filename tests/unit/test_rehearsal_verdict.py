"""What a rehearsal's parts come to: whether the release comes up, and whether the old code works on its schema."""

from dataclasses import replace

import pytest

from avnwizard.domain.rehearsal.result import RESULT, Part, Rehearsed
from avnwizard.flows.rehearse.plan import Actor
from avnwizard.flows.rehearse.running import startable


def _part(service: str, outcome: str = "healthy", *, job: bool = False) -> Part:
    assert outcome in {"healthy", "running", "finished", "failed", "not started"}
    return Part(service, job, outcome, 2.0, "unhealthy" if outcome == "failed" else "")  # type: ignore[arg-type]  # above


WELL = Rehearsed(
    "run", "v2", "c0ffee", "v1", 0.0, 1_000_000, 3.0,
    (_part("migrate", "finished", job=True), _part("web"), _part("api")), None, (_part("web"), _part("api")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "comes_up", "old"),
    [
        (WELL, True, "works"),
        (replace(WELL, old=(_part("web", "failed"), _part("api"))), True, "breaks"),
        (replace(WELL, old=(_part("gone", "failed"),)), True, "breaks"),
        (replace(WELL, target=(_part("web", "failed"),), old=(_part("web", "failed"),)), False, "unknown"),
        (replace(WELL, target=(_part("migrate", "failed", job=True), _part("web"))), False, "unknown"),
        (replace(WELL, target=(_part("web", "not started"), _part("api")), old=(_part("api"),)), False, "works"),
        (replace(WELL, check="exit code 1"), False, "works"),
        (replace(WELL, check=""), True, "works"),
        (replace(WELL, old=()), True, "unknown"),
        (replace(WELL, copied_bytes=0), True, "unknown"),
    ],
)
def test_the_verdict(found: Rehearsed, comes_up: bool, old: str) -> None:
    """A service that fails with the release too proves nothing against the old code; without data nothing is said."""
    assert (found.comes_up, found.old_code) == (comes_up, old)
    said = " ".join(found.sentences())
    assert ("needs no restore" in said) is (old == "works")
    assert ("needs a restore" in said) is (old == "breaks")
    assert RESULT.adapter.validate_python(RESULT.adapter.dump_python(found, mode="json")) == found


def test_hostile_names_are_shown_harmlessly() -> None:
    """A tag or service with escape characters does not reach the terminal as they are."""
    found = replace(WELL, tag="v2\x1b[31m", old=(_part("we\x1bb", "failed"),))
    assert "\x1b" not in " ".join(found.sentences())


def test_what_may_start_together() -> None:
    """Nothing starts before what it waits for; a circle does not stop everything."""
    actors = [Actor(name, "", job=False, limit_s=1.0) for name in ("db", "api", "docs", "web")]
    waits = {"api": {"db": "service_healthy"}, "web": {"api": "service_started", "elsewhere": "service_started"}}
    assert [one.service for one in startable(actors, waits)] == ["db", "docs"]
    assert [one.service for one in startable(actors[1:], waits)] == ["api", "docs"]
    circle = {"api": {"web": ""}, "web": {"api": ""}}
    assert [one.service for one in startable([actors[1], actors[3]], circle)] == ["api"]
