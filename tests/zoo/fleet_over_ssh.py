"""A fleet with a stack on another host, by a Docker context over SSH: two minutes, so it is run by its path alone.

`AVNWIZARD_LAB=1 pytest -n0 tests/zoo/fleet_over_ssh.py`
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avnwizard.engine.faults import KILL_AT
from avnwizard.errors import ExitCode
from tests.bench.load import load
from tests.flows.cli import avnwizard
from tests.lab.engine import Lab, free_port
from tests.lab.other_host import CONTEXT, HERE, THERE, WHY_NOT, OtherLab, other_host
from tests.waiting import until
from tests.zoo.balancers import haproxy, running
from tests.zoo.fleet import SQL, Pair
from tests.zoo.parts import Body, app, compose, postgres, traefik
from tests.zoo.stack import COMPOSE_FILE, NAMES_POSTGRES, NONE, TOML, UP, Files, ZooStack, bring_up, place
from tests.zoo.test_fleet import ROUTES, columns_of, runs_of

pytestmark = [pytest.mark.engine, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]
_AFTER = {"migrate": {"condition": "service_completed_successfully"}}


def _release(tag: str, server: int, cache: int, *, leads: bool) -> Files:
    """The leader publishes its servers on this host's wire to the other one, where the other stack finds them."""
    names = ("postgres:5432", "valkey:6379") if leads else (f"{HERE}:{server}", f"{HERE}:{cache}")
    url = f"postgres://app:${{POSTGRES_PASSWORD}}@{names[0]}/app"
    web = app("web", tag, depends_on=_AFTER)
    web["environment"] |= {"DATABASE_URL": url, "REDIS_URL": f"redis://{names[1]}/0"}
    job: Body = {
        "image": f"@REG@/migrate:{tag}",
        "environment": {"DATABASE_URL": url},
        "volumes": ["./migrations:/migrations:ro"],
        "restart": "no",
    }
    edge = traefik() if leads else traefik(ports=["@PORT@:8000"])
    services = {"traefik": edge, "migrate": job, "web": web}
    if leads:
        kept = ["valkey-server", "--save", "", "--protected-mode", "no"]
        services["postgres"] = postgres(ports=[f"{HERE}:{server}:5432"])
        services["valkey"] = {"image": "@REG@/valkey:8.1", "command": kept, "ports": [f"{HERE}:{cache}:6379"]}
        job["depends_on"] = {"postgres": {"condition": "service_healthy"}}
    files = {f"migrations/{one}.sql": f"{sql};\n" for one, sql in SQL.items() if one <= tag}
    return {COMPOSE_FILE: compose(services), **files}


@contextmanager
def _apart(lab: Lab, other: OtherLab, folder: Path) -> Iterator[Pair]:
    """Blue on this host's engine, green on the other's; both at v1.5.0 behind HAProxy."""
    blue, green = place(lab, "ssh-blue"), place(other, "ssh-green")
    port, server, cache = free_port(), free_port(), free_port()
    section, argv = haproxy(folder, port, {"blue": blue.port, "green": f"{THERE}:{green.port}"})
    fleet = (
        f"\n[fleet]\n{section}watch_s = 2\nbake_s = 2\n"
        f'stacks = {{blue = "{blue.clone}", green = "{green.clone}"}}\n'
        '\n[snapshot]\nproof = "read back"\n\n[verify]\nbake_s = 0\n'
    )
    own = TOML.replace("[stack]\n", f'[stack]\ncontext = "{CONTEXT}"\n') + NONE
    try:
        for stack, text in ((blue, NAMES_POSTGRES), (green, own)):
            releases = {tag: _release(tag, server, cache, leads=stack is blue) for tag in SQL}
            bring_up(stack, releases, operator={"avnwizard.toml": text + fleet}, up=[UP])
        with running(argv):
            made = Pair(blue, green, port)
            until(lambda: made.served() == {"blue": 100, "green": 100}, limit_s=60)
            yield made
    finally:
        for stack in (green, blue):
            stack.remove()


def test_a_stack_on_another_host(lab: Lab, zoo: ZooStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed amid the other host's upgrade and resumed: none lost, and nothing of green on this engine; then back."""
    del zoo
    with other_host(lab) as other:
        for name in ("PATH", "DOCKER_CONFIG"):
            monkeypatch.setenv(name, other.env[name])
        with _apart(lab, other, tmp_path) as two:
            status = two.fleet("status", "--json").data
            assert [one["context"] for one in status["members"]] == ["", CONTEXT]
            assert ["system identifier" in status["shared"][0], "run id" in status["shared"][1]] == [True, True]
            plan = avnwizard("plan", "--to", "v1.6.0", "--stack", two.green.clone, "--json").data
            shown = [argv for step in plan["steps"] for argv in step["commands"] if argv[0] == "docker"]
            assert shown
            assert all(argv[1:3] == ["--context", CONTEXT] for argv in shown)
            words = ("fleet", "upgrade", "--to", "v1.6.0", "--yes", "--stack", str(two.blue.clone))
            with load(two.port, 50.0, ROUTES) as asked:
                killed = avnwizard(*words, env=dict(os.environ) | {KILL_AT: "roll:web:start-new:after#2"})
                assert killed.code != ExitCode.DONE
                done = two.blue.avnwizard("resume")
            assert done.code == ExitCode.DONE, done.err
            assert asked["lost"] == 0, asked
            assert runs_of(two) == ["v1.6.0", "v1.6.0"]
            assert columns_of(two) == {"id", "old", "name"}
            assert not lab.docker(
                "ps", "-aq", "--filter", f"label=com.docker.compose.project={two.green.project}"
            ).stdout
            with load(two.port, 50.0, ROUTES) as asked:
                back = two.fleet("rollback", "--yes")
            assert back.code == ExitCode.DONE, back.err
            assert asked["lost"] == 0, asked
            assert runs_of(two) == ["v1.5.0", "v1.5.0"]
