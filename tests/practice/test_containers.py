"""A container's state as a function of time."""

from dataclasses import replace
from typing import Any

import pytest

from avnwizard.practice.containers import Pace, Record, Verdict, condition

_CHECK: dict[str, Any] = {"healthcheck": {"test": ["CMD", "true"]}, "restart": "unless-stopped"}
_PACE = Pace(boot_s=4.0, patience_s=20.0)
_RECORD = Record("id", "web-1", "web", 1, "web:1", "sha256:1", "hash", _CHECK, created_at=100.0, started_at=100.0)


@pytest.mark.parametrize(
    ("now", "verdict", "expected"),
    [
        (100.0, "ready", ("running", "starting", 0)),
        (103.9, "ready", ("running", "starting", 0)),
        (104.0, "ready", ("running", "healthy", 0)),
        (104.0, "not ready", ("running", "starting", 0)),
        (119.9, "not ready", ("running", "starting", 0)),
        (120.0, "not ready", ("running", "unhealthy", 0)),
        (9e9, "ready", ("running", "healthy", 0)),
    ],
)
def test_health_follows_from_age_and_verdict(now: float, verdict: Verdict, expected: tuple[str, str, int]) -> None:
    """Starting while it boots, then healthy; unhealthy once patience is out; healthy again when the cause is gone."""
    assert condition(_RECORD, _PACE, now, verdict) == expected


def test_without_a_check_running_is_all_there_is() -> None:
    """Health is none."""
    plain = replace(_RECORD, config={})
    assert condition(plain, _PACE, 100.0, "not ready") == ("running", "none", 0)


def test_a_program_that_refuses_to_start_is_restarted_for_ever() -> None:
    """As `restart: unless-stopped` asks; without a policy it exits."""
    refused = replace(_RECORD, refusal="fatal: X is not set")
    assert condition(refused, _PACE, 105.0, "ready") == ("restarting", "starting", 1)
    assert condition(replace(refused, config={"restart": "no"}), _PACE, 105.0, "ready") == ("exited", "none", 1)


def test_a_stopped_one_has_exited() -> None:
    """From the moment it was stopped."""
    stopped = replace(_RECORD, stopped_at=110.0, exit_code=137)
    assert condition(stopped, _PACE, 110.0, "ready") == ("exited", "unhealthy", 137)


def test_one_that_was_never_started_is_created() -> None:
    """Between create and start, where a kill may leave it."""
    assert condition(replace(_RECORD, started_at=None), _PACE, 110.0, "ready")[0] == "created"


def test_the_environment_is_not_in_the_repr() -> None:
    """It holds secrets."""
    secret = replace(_RECORD, config={"environment": {"PASSWORD": "hunter2hunter2"}})
    assert "hunter2" not in repr(secret)
