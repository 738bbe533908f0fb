"""Two users with two HOMEs on one stack of the real engine: one memory, and each reaches the other's run."""

import os

import pytest

from avnwizard.errors import ExitCode
from tests.waiting import until
from tests.zoo.logins import Login, logins
from tests.zoo.parts import app, compose, traefik
from tests.zoo.stack import COMPOSE_FILE, ZooStack, bring_up

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
]
_RELEASES = {
    tag: {COMPOSE_FILE: compose({"traefik": traefik(), "web": app("web", tag)})} for tag in ("v1.5.0", "v1.6.0")
}


def test_the_second_login_reaches_the_run_of_the_first(zoo: ZooStack) -> None:
    """Root sees, pauses, watches and stops the run that deploy started; it cannot start another; deploy goes on."""
    bring_up(zoo, _RELEASES)
    with logins(zoo, deploy=61001, root=0, eve=61003) as users:
        deploy, root, eve = users.values()
        assert deploy.avnwizard("runs").code == ExitCode.DONE
        shut_out = eve.avnwizard("abort")
        assert shut_out.code == ExitCode.REFUSED, shut_out.err
        assert "belongs to deploy; eve may not read and write it" in " ".join(shut_out.err.split())
        begun = deploy.avnwizard("upgrade", "--to", "v1.6.0", "--yes", "--detach")
        assert begun.code == ExitCode.DONE, begun.err
        until(lambda: _last(root)[1], limit_s=30)
        paused = root.avnwizard("pause")
        assert paused.code == ExitCode.DONE, paused.err
        until(lambda: _last(root)[:2] == ("paused", True), limit_s=30)
        another = root.avnwizard("upgrade", "--to", "v1.6.0", "--yes")
        assert another.code == ExitCode.BUSY, another.err
        assert "started by deploy) holds this stack" in another.err
        watching = root.start("attach")
        stopped = root.avnwizard("abort")
        assert stopped.code == ExitCode.DONE, stopped.err
        _, seen = watching.communicate(timeout=60)
        assert watching.returncode == ExitCode.STEP_FAILED, seen
        assert "Stopped on your request" in seen
        assert _last(deploy) == ("aborted", False, _last(root)[2])
        nobody = root.avnwizard("abort")
        assert (nobody.code, "No run is live" in nobody.err) == (ExitCode.REFUSED, True)
        done = deploy.avnwizard("resume")
        assert done.code == ExitCode.DONE, done.err
        assert zoo.version("web") == "v1.6.0"
        (folder,) = (deploy.home / ".local" / "state" / "avnwizard").iterdir()
        assert {path.stat().st_uid for path in folder.rglob("*")} == {deploy.uid}, "what root wrote is deploy's"
        assert not (root.home / ".local").exists()


def _last(login: Login) -> tuple[str, bool, str]:
    """State, whether it is live, and name of the last run, as a login sees it."""
    said = login.avnwizard("runs", "--json")
    assert said.code == ExitCode.DONE, said.err
    return said.data[0]["state"], said.data[0]["live"], said.data[0]["id"]
