"""What Compose's `up` does to one service, as a pure function."""

from typing import Any

import pytest

from avnwizard.domain.host import Container
from avnwizard.practice.convergence import converge, replaced


def _container(number: int, **changed: Any) -> Container:
    values: dict[str, Any] = {
        "id": f"id{number}", "name": f"web-{number}", "service": "web", "number": number, "image": "web:1",
        "image_id": "sha256:old", "state": "running", "health": "healthy", "exit_code": 0, "config_hash": "same",
        "one_off": False, "created_at": 0.0,
    }  # fmt: skip
    return Container(**{**values, **changed})


def _verbs(
    *existing: Container,
    image_id: str = "sha256:old",
    config_hash: str = "same",
    replicas: int = 1,
    recreate: bool = True,
) -> list[tuple[str, int]]:
    actions = converge(existing, config_hash=config_hash, image_id=image_id, replicas=replicas, recreate=recreate)
    return [(action.verb, action.number) for action in actions]


def test_nothing_is_done_to_what_is_as_wanted() -> None:
    """Same hash, same image, running."""
    assert _verbs(_container(1)) == []


@pytest.mark.parametrize("changed", [{"image_id": "sha256:new"}, {"config_hash": "other"}])
def test_another_image_or_configuration_recreates(changed: dict[str, str]) -> None:
    """Either change replaces the container under its own number."""
    assert _verbs(_container(1), **changed) == [("recreate", 1)]  # type: ignore[arg-type]  # one of two text arguments


def test_no_recreate_with_scale_puts_the_new_one_beside_the_old() -> None:
    """How a surge begins."""
    assert _verbs(_container(1), image_id="sha256:new", replicas=2, recreate=False) == [("create", 2)]


def test_scaling_down_without_recreate_removes_the_new_one() -> None:
    """The trap: the highest number goes, which is the one just started."""
    old, new = _container(1), _container(2, image_id="sha256:new")
    assert _verbs(old, new, image_id="sha256:new", recreate=False) == [("remove", 2)]


def test_scaling_down_with_recreate_removes_the_obsolete_one() -> None:
    """With recreation allowed, the old one goes."""
    old, new = _container(1), _container(2, image_id="sha256:new")
    assert _verbs(old, new, image_id="sha256:new") == [("remove", 1)]


def test_after_the_old_one_went_a_plain_up_has_nothing_to_do() -> None:
    """A service whose only replica is number 2 is left alone."""
    assert _verbs(_container(2)) == []


def test_an_ended_one_shot_is_started_again() -> None:
    """`up` starts what has exited."""
    assert _verbs(_container(1, state="exited", health="none")) == [("start", 1)]


def test_a_missing_service_is_created() -> None:
    """From nothing."""
    assert _verbs(replicas=2) == [("create", 1), ("create", 2)]


def test_forced_recreation_replaces_what_is_as_wanted() -> None:
    """`--force-recreate`."""
    actions = converge(
        [_container(1)], config_hash="same", image_id="sha256:old", replicas=1, recreate=True, force=True
    )
    assert [(action.verb, action.number) for action in actions] == [("recreate", 1)]


def test_what_would_be_replaced() -> None:
    """Those of another image or configuration, and none that would only be started."""
    there = [_container(1), _container(2, config_hash="other"), _container(3, state="exited", health="none")]
    assert replaced(there, config_hash="same", image_id="sha256:old", most=len(there)) == {"id2"}
