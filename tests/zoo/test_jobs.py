"""One-shots that no other service waits for, and a service that only looks like one."""

import pytest

from avnwizard.errors import ExitCode
from tests.zoo.parts import Body, compose, worker
from tests.zoo.stack import COMPOSE_FILE, ZooStack, bring_up

pytestmark = pytest.mark.engine
UP = ("docker", "compose", "up", "-d", "--quiet-pull")
"""Without `--wait`, which fails where a container has ended."""


def _once(tag: str, restart: str) -> Body:
    return {"image": f"@REG@/docs:{tag}", "entrypoint": ["python3", "-c", "print(1)"], "restart": restart}


def test_one_shots_that_nobody_awaits(zoo: ZooStack) -> None:
    """Zoo 17: ended with 0 is done, whatever the name and the restart policy; what runs on is no one-shot."""
    releases = {
        tag: {
            COMPOSE_FILE: compose(
                {
                    "create-buckets": _once(tag, "no"),
                    "volume-permissions": _once(tag, "on-failure"),
                    "traefik-init": worker(tag, restart="no"),
                }
            )
        }
        for tag in ("v1.5.0", "v1.6.0")
    }
    bring_up(zoo, releases, up=[UP, (*UP, "--wait", "traefik-init")])
    check = zoo.avnwizard("check")
    assert check.code == ExitCode.DONE, check.out
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    back = zoo.rollback("--accept-unrestored")
    assert back.code == ExitCode.DONE, back.err
    states = {one.service: (one.state, zoo.image_of(one.service).rpartition(":")[2]) for one in zoo.containers()}
    assert states == {
        "create-buckets": ("exited", "v1.5.0"),
        "volume-permissions": ("exited", "v1.5.0"),
        "traefik-init": ("running", "v1.5.0"),
    }
