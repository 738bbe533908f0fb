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


def _releases(
    services: Mapping[str, Mapping[str, Body]], files: Mapping[str, Files] | None = None
) -> dict[str, Files]:
    """Both releases, by tag: their services, and what else is in them."""
    return {tag: {COMPOSE_FILE: compose(services[tag]), **dict((files or {}).get(tag, {}))} for tag in TAGS}


def _plan(zoo: ZooStack) -> dict[str, Any]:
    """Service -> what the plan does with it."""
    said = zoo.avnwizard("plan", "--to", "v1.6.0", "--json")
    assert said.code == ExitCode.DONE, said.err
    return {part["service"]: part for part in said.data["services"]}


def _there_and_back(zoo: ZooStack, *services: str) -> None:
    """Upgrade and roll back: each service runs the image of the release, and Compose has nothing left to do."""
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert {zoo.image_of(name).rpartition(":")[2] for name in services} == {"v1.6.0"}
    zoo.nothing_to_do()
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert {zoo.image_of(name).rpartition(":")[2] for name in services} == {"v1.5.0"}
    zoo.nothing_to_do()


def _idle(**more: Any) -> Body:
    """A service that does nothing, the same in both releases; it is checked at once, not after Docker's 30 s."""
    check = HEALTHY | {"test": ["CMD", "true"]}
    return worker("v1.5.0", entrypoint=["sleep", "infinity"], init=True, healthcheck=check) | more


def test_env_file_and_label_file(zoo: ZooStack) -> None:
    """The commonest constructs of all: forward and back, nothing lost on the route."""
    services = {
        tag: {
            "traefik": traefik(),
            "web": app("web", tag, env_file=[".env"]),
            "risk": app("risk", tag, label_file=["risk.labels"]),
        }
        for tag in TAGS
    }
    files = {tag: {"risk.labels": "example.team=risk\n"} for tag in TAGS}
    bring_up(zoo, _releases(services, files))
    assert {name: part["strategy"] for name, part in _plan(zoo).items()} == {
        "traefik": "skip", "web": "surge", "risk": "surge",
    }  # fmt: skip
    assert zoo.version("web") == "v1.5.0"
    with zoo.load("web") as load:
        _there_and_back(zoo, "web", "risk")
    assert load.report
    assert load.report.lost_total == 0


def test_killed_in_the_surge_then_resumed_and_rolled_back(zoo: ZooStack) -> None:
    """The resumed run knows the new container by its id, makes no third one, and takes the old one away."""
    services = {tag: {"traefik": traefik(), "web": app("web", tag, env_file=[".env"])} for tag in TAGS}
    bring_up(zoo, _releases(services))
    (old,) = zoo.containers("web")
    killed = zoo.upgrade(env={KILL_AT: "roll:web:start-new:after"})
    assert killed.code != ExitCode.DONE
    (new,) = [one for one in zoo.containers("web") if one.id != old.id]
    resumed = zoo.avnwizard("resume")
    assert resumed.code == ExitCode.DONE, resumed.err
    assert [one.id for one in zoo.containers("web")] == [new.id]
    zoo.nothing_to_do()
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert (len(zoo.containers("web")), zoo.version("web")) == (1, "v1.5.0")
    zoo.nothing_to_do()


def test_a_shared_network(zoo: ZooStack) -> None:
    """What lives in another's network is made again right after it, also where Compose itself would not."""
    services = {
        tag: {
            "traefik": traefik(),
            "vpn": worker(tag, container_name="@PROJECT@-tunnel"),
            "web": app("web", tag),
            "aside": _idle(network_mode="service:web"),
            "behind": _idle(network_mode="container:@PROJECT@-tunnel"),
        }
        for tag in TAGS
    }
    bring_up(zoo, _releases(services), up=((*UP, "vpn"), UP))  # Compose knows no order for `container:`
    plan = _plan(zoo)
    order = list(plan)
    assert order.index("aside") == order.index("web") + 1
    assert order.index("behind") == order.index("vpn") + 1
    assert (plan["web"]["strategy"], plan["aside"]["strategy"], plan["behind"]["strategy"]) == (
        "surge", "recreate", "recreate",
    )  # fmt: skip
    assert "shares the network of web" in plan["aside"]["reason"]
    _there_and_back(zoo, "web", "vpn")
    for name, owner in (("aside", "web"), ("behind", "vpn")):
        mode = zoo.inspect(zoo.containers(name)[-1].id)["HostConfig"]["NetworkMode"]
        assert mode == f"container:{zoo.containers(owner)[-1].id}", name


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


def _mounting() -> dict[str, Body]:
    """Services whose image and settings never change: only what they read of the release."""
    return {
        "traefik": traefik(),
        "file": app("file", "v1.5.0", volumes=["./conf/proxy.conf:/etc/proxy.conf:ro"]),
        "folder": _idle(volumes=["./conf/d:/etc/d:ro"]),
        "inline": _idle(configs=[{"source": "motd", "target": "/etc/motd"}]),
        "given": _idle(secrets=["key"]),
        "untouched": _idle(volumes=["./data:/data:ro"]),
    }


def test_mounted_release_files(zoo: ZooStack) -> None:
    """The plan names what changes, the new containers read it, and so do those of the way back."""
    releases = {
        tag: {
            COMPOSE_FILE: compose(
                _mounting(),
                configs={"motd": {"content": f"motd of {tag}"}},
                secrets={"key": {"file": "./key.txt"}},
            ),
            "conf/proxy.conf": f"proxy of {tag}\n",
            "conf/d/x.conf": f"folder of {tag}\n",
            "key.txt": f"key of {tag}\n",
        }
        for tag in TAGS
    }
    bring_up(zoo, releases, operator={"data/mine.txt": "mine\n"})
    plan = _plan(zoo)
    surged = ("file", "folder", "inline", "given")
    assert {name: part["strategy"] for name, part in plan.items()} == {
        "traefik": "skip", "untouched": "skip", **dict.fromkeys(surged, "surge"),
    }  # fmt: skip
    named = {name: part["reason"].partition(" change")[0] for name, part in plan.items() if part["unseen"]}
    assert named == {
        "file": "conf/proxy.conf", "folder": "conf/d/x.conf", "inline": "its config motd", "given": "key.txt",
    }  # fmt: skip

    def read() -> list[str]:
        places = {
            "file": "/etc/proxy.conf",
            "folder": "/etc/d/x.conf",
            "inline": "/etc/motd",
            "given": "/run/secrets/key",
        }
        return [
            zoo.lab.docker("exec", zoo.containers(name)[-1].id, "cat", path).stdout.strip()
            for name, path in places.items()
        ]

    kept = [one.id for name in ("traefik", "untouched") for one in zoo.containers(name)]
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert read() == [f"{what} of v1.6.0" for what in ("proxy", "folder", "motd", "key")]
    zoo.nothing_to_do()
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert read() == [f"{what} of v1.5.0" for what in ("proxy", "folder", "motd", "key")]
    assert [one.id for name in ("traefik", "untouched") for one in zoo.containers(name)] == kept


def test_what_cannot_run_twice_is_planned_so(zoo: ZooStack) -> None:
    """A fixed address and the host's network: recreated, with the reason, and it works."""
    healthy = dict(HEALTHY, test=["CMD", "healthcheck", f"http://127.0.0.1:{zoo.port}/"])
    serve = ["python3", "-m", "http.server", "--bind", "127.0.0.1", str(zoo.port)]
    fixed = {"networks": {"static": {"ipv4_address": "10.213.77.10"}}}
    services = {
        tag: {
            "addressed": worker(tag, **fixed),
            "bare": worker(tag, network_mode="host", entrypoint=serve, healthcheck=healthy),
        }
        for tag in TAGS
    }
    networks = {"static": {"ipam": {"config": [{"subnet": "10.213.77.0/24"}]}}}
    releases = {tag: {COMPOSE_FILE: compose(services[tag], networks=networks)} for tag in TAGS}
    bring_up(zoo, releases)
    plan = _plan(zoo)
    assert {name: part["strategy"] for name, part in plan.items()} == {"addressed": "recreate", "bare": "recreate"}
    assert "its fixed address 10.213.77.10" in plan["addressed"]["reason"]
    assert "the host's own network" in plan["bare"]["reason"]
    _there_and_back(zoo, "addressed", "bare")


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
