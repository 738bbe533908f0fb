"""Containers are told by their ids, and "done" is said of what runs: on the real engine."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from avnwizard.engine.faults import KILL_AT
from avnwizard.errors import ExitCode
from tests.zoo.parts import HEALTHY, Body, app, compose, traefik, worker
from tests.zoo.stack import COMPOSE_FILE, UP, Files, ZooStack, bring_up

pytestmark = pytest.mark.engine
TAGS = ("v1.5.0", "v1.6.0")


def _releases(services: Mapping[str, Mapping[str, Body]]) -> dict[str, Files]:
    """Both releases by tag, by their services."""
    return {tag: {COMPOSE_FILE: compose(services[tag])} for tag in TAGS}


def _plan(zoo: ZooStack) -> dict[str, Any]:
    """Service -> what the plan does with it."""
    said = zoo.avnwizard("plan", "--to", "v1.6.0", "--json")
    assert said.code == ExitCode.DONE, said.err
    return {part["service"]: part for part in said.data["services"]}


def _idle(**more: Any) -> Body:
    """A service that does nothing, the same in both releases; it is checked at once, not after Docker's 30 s."""
    check = HEALTHY | {"test": ["CMD", "true"]}
    return worker("v1.5.0", entrypoint=["sleep", "infinity"], init=True, healthcheck=check) | more


_SURGED = ("web", "risk", "vpn", "inner", "file", "folder", "given", "inline")
_RECREATED = ("aside", "behind", "addressed", "bare")
_NEWER = ("web", "risk", "inner", "vpn", "addressed", "bare")
_READ = {"file": "/etc/proxy.conf", "folder": "/etc/d/x.conf", "inline": "/etc/motd", "given": "/run/secrets/key"}


def _of_all_kinds(zoo: ZooStack, tag: str) -> dict[str, Body]:
    """The commonest constructs; some that cannot run twice; what lives in another's network; what reads files.

    Image and settings of the last ones never change: only what they read of the release.
    """
    healthy = dict(HEALTHY, test=["CMD", "healthcheck", f"http://127.0.0.1:{zoo.tls_port}/"])
    serve = ["python3", "-m", "http.server", "--bind", "127.0.0.1", str(zoo.tls_port)]
    return {
        "traefik": traefik(),
        "web": app("web", tag, env_file=[".env"]),
        "risk": app("risk", tag, label_file=["risk.labels"]),
        "vpn": worker(tag, container_name="@PROJECT@-tunnel"),
        "inner": app("inner", tag),
        "aside": _idle(network_mode="service:inner"),
        "behind": _idle(network_mode="container:@PROJECT@-tunnel"),
        "addressed": worker(tag, networks={"static": {"ipv4_address": "10.213.77.10"}}),
        "bare": worker(tag, network_mode="host", entrypoint=serve, healthcheck=healthy),
        "file": app("file", "v1.5.0", volumes=["./conf/proxy.conf:/etc/proxy.conf:ro"]),
        "folder": _idle(volumes=["./conf/d:/etc/d:ro"]),
        "inline": _idle(configs=[{"source": "motd", "target": "/etc/motd"}]),
        "given": _idle(secrets=["key"]),
        "untouched": _idle(volumes=["./data:/data:ro"]),
    }


def _release(zoo: ZooStack, tag: str) -> Files:
    text = compose(
        _of_all_kinds(zoo, tag),
        networks={"static": {"ipam": {"config": [{"subnet": "10.213.77.0/24"}]}}},
        configs={"motd": {"content": f"motd of {tag}"}},
        secrets={"key": {"file": "./key.txt"}},
    )
    return {
        COMPOSE_FILE: text,
        "risk.labels": "example.team=risk\n",
        "conf/proxy.conf": f"proxy of {tag}\n",
        "conf/d/x.conf": f"folder of {tag}\n",
        "key.txt": f"key of {tag}\n",
    }


def _is_at(zoo: ZooStack, tag: str) -> None:
    """Each service has the image of the release and reads its files, in the right network; nothing is left to do."""
    assert {name: zoo.image_of(name).rpartition(":")[2] for name in _NEWER} == dict.fromkeys(_NEWER, tag)
    read = {
        name: zoo.lab.docker("exec", zoo.containers(name)[-1].id, "cat", path).stdout.strip()
        for name, path in _READ.items()
    }
    said = {"file": "proxy", "folder": "folder", "inline": "motd", "given": "key"}
    assert read == {name: f"{what} of {tag}" for name, what in said.items()}
    for name, owner in (("aside", "inner"), ("behind", "vpn")):
        mode = zoo.inspect(zoo.containers(name)[-1].id)["HostConfig"]["NetworkMode"]
        assert mode == f"container:{zoo.containers(owner)[-1].id}", name
    zoo.nothing_to_do()


def _is_planned(plan: dict[str, Any]) -> None:
    """How each is brought to the release, in which order, and why."""
    ways = dict.fromkeys(_SURGED, "surge") | dict.fromkeys(_RECREATED, "recreate")
    assert {name: part["strategy"] for name, part in plan.items()} == ways | {"traefik": "skip", "untouched": "skip"}
    order = list(plan)
    assert order.index("aside") == order.index("inner") + 1
    assert order.index("behind") == order.index("vpn") + 1
    assert "shares the network of inner" in plan["aside"]["reason"]
    assert "its fixed address 10.213.77.10" in plan["addressed"]["reason"]
    assert "the host's own network" in plan["bare"]["reason"]
    named = {name: part["reason"].partition(" change")[0] for name, part in plan.items() if part["unseen"]}
    assert named == {
        "file": "conf/proxy.conf", "folder": "conf/d/x.conf", "inline": "its config motd", "given": "key.txt",
    }  # fmt: skip


def test_killed_in_the_surge_then_resumed_and_rolled_back(zoo: ZooStack) -> None:
    """Services of every kind go there and back, and nothing is lost on the route of the one that was amid its roll.

    The resumed run knows the new container by its id, makes no third one, and takes the old one away. What lives in
    another's network is made again right after it, also where Compose itself would not. The plan names the files that
    change, the new containers read them, and so do those of the way back.
    """
    first = ((*UP, "vpn"), UP)  # Compose knows no order for `container:`
    bring_up(zoo, {tag: _release(zoo, tag) for tag in TAGS}, operator={"data/mine.txt": "mine\n"}, up=first)
    _is_planned(_plan(zoo))
    assert zoo.version("web") == "v1.5.0"
    kept = [one.id for name in ("traefik", "untouched") for one in zoo.containers(name)]
    (old,) = zoo.containers("web")
    with zoo.load("web") as load:
        killed = zoo.upgrade(env={KILL_AT: "roll:web:start-new:after"})
        assert killed.code != ExitCode.DONE
        (new,) = [one for one in zoo.containers("web") if one.id != old.id]
        resumed = zoo.avnwizard("resume")
        assert resumed.code == ExitCode.DONE, resumed.err
        assert [one.id for one in zoo.containers("web")] == [new.id]
        _is_at(zoo, "v1.6.0")
        back = zoo.rollback()
        assert back.code == ExitCode.DONE, back.err
    assert load.report
    assert load.report.lost_total == 0, load.report
    assert (len(zoo.containers("web")), zoo.version("web")) == (1, "v1.5.0")
    _is_at(zoo, "v1.5.0")
    assert [one.id for name in ("traefik", "untouched") for one in zoo.containers(name)] == kept


def test_one_that_crash_loops_fails_its_step(zoo: ZooStack) -> None:
    """Without a health check, "running" at one moment is not enough; going back brings the old one."""
    steady = {"image": "@REG@/docs:v1.5.0", "restart": "always", "environment": {"SHUTDOWN_MODE": "abrupt"}}
    looping = {
        "image": "@REG@/docs:v1.6.0",
        "restart": "always",
        "entrypoint": ["sh", "-c", "sleep 4; echo no licence; exit 3"],
    }
    services: dict[str, dict[str, Body]] = {"v1.5.0": {"worker": steady}, "v1.6.0": {"worker": looping}}
    bring_up(zoo, _releases(services))
    there = zoo.upgrade()
    assert there.code == ExitCode.STEP_FAILED
    assert "the new worker does not keep running" in there.err
    assert "exit code 3" in there.err
    assert "no licence" in there.err
    checked = zoo.avnwizard("check")
    assert "worker is restarting" in checked.out
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert zoo.image_of("worker").endswith(":v1.5.0")
    assert "1 running for 10 s or longer (no health check)" in back.err


def test_a_submodule_that_moves_is_refused(zoo: ZooStack) -> None:
    """Before anything changes, in one sentence with the way on."""
    services = {tag: {"web": worker(tag)} for tag in TAGS}
    bring_up(zoo, _releases(services))
    git = ("git", "-c", "user.name=Zoo", "-c", "user.email=zoo@example.test", "-c", "protocol.file.allow=always")
    zoo.run("git", "init", "-q", "-b", "main", str(zoo.root / "conf"))
    for content in ("one", "two"):
        (zoo.root / "conf" / "x.conf").write_text(content)
        zoo.run(*git, "-C", str(zoo.root / "conf"), "add", "x.conf")
        zoo.run(*git, "-C", str(zoo.root / "conf"), "commit", "-q", "-m", content)
    work = str(zoo.root / "work")
    zoo.run(*git, "-C", work, "submodule", "--quiet", "add", str(zoo.root / "conf"), "conf")
    for tag, commit in (("v1.7.0", "HEAD~1"), ("v1.8.0", "HEAD")):
        zoo.run(*git, "-C", f"{work}/conf", "checkout", "-q", f"main{commit.removeprefix('HEAD')}")
        zoo.run(*git, "-C", work, "commit", "-qam", tag)
        zoo.run(*git, "-C", work, "tag", "-am", tag, tag)
    zoo.run(*git, "-C", work, "push", "-q", str(zoo.root / "remote.git"), "main", "--tags")
    zoo.run(*git, "fetch", "-q", "--tags")
    zoo.run(*git, "checkout", "-q", "v1.7.0")
    zoo.run(*git, "submodule", "--quiet", "update", "--init")
    before = json.dumps([one.id for one in zoo.containers()])
    said = zoo.upgrade("v1.8.0")
    assert said.code == ExitCode.REFUSED
    assert "v1.8.0 moves the git submodule conf" in said.err
    assert "Nothing was changed" in said.err
    assert "git submodule update" in said.err
    assert json.dumps([one.id for one in zoo.containers()]) == before
