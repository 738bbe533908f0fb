"""Makes practice hosts: a whole stack at v1.5.0, healthy and full of data, in one folder."""

import subprocess
import time
from pathlib import Path

from avnwizard.domain.host import ComposeProject, Container
from avnwizard.errors import RefusedError
from avnwizard.practice import model
from avnwizard.practice.host import PracticeHost, assemble, open_host
from avnwizard.practice.images import ImageStore
from avnwizard.practice.observation import POSTGRES
from avnwizard.practice.place import CHECKOUT, STATE_FILE
from avnwizard.practice.postgres_major import player
from avnwizard.practice.postgres_setup import initialize, run_sql
from avnwizard.practice.product import (
    RELEASES,
    SERVICES,
    EdgePorts,
    Release,
    build_remote,
    clone_for_operator,
    seed_sql,
)
from avnwizard.practice.state import State

DEMO_SPEED = 4.0
"""An upgrade that would take some five minutes takes a little more than one on the screen."""
STARTING_TAG = "v1.5.0"

_REGISTRY = "registry.example.test/avnology"
_REMOTE = "remote.git"
_PORTS = EdgePorts(web=8080, api=8081)
_AT_ONCE = 1e6
"""The speed at which the stack is brought up while it is made."""
_UP_FOR_S = 3600.0
"""How long ago the services of a new practice host were started, so that it looks lived in."""


def make(
    directory: Path,
    *,
    speed: float = DEMO_SPEED,
    seed_rows: int = 20_000,
    durable: bool = True,
    template: Path | None = None,
    releases: tuple[Release, ...] = RELEASES,
) -> PracticeHost:
    """Make a practice host in a folder that is empty or not there yet.

    Args:
        directory: its folder.
        speed: how many times faster than the world its containers and registry are.
        seed_rows: identities and accounts; the other tables are in proportion.
        durable: whether its PostgreSQL waits for the disk; only a machine that loses power can tell.
        template: the folder of another host, made before and shut down, to copy instead.
        releases: what its remote and its registry offer.
    """
    directory.mkdir(parents=True, exist_ok=True)
    home = directory.resolve()
    if any(home.iterdir()):
        raise RefusedError(f"{directory} is not empty", "Give an empty folder to practise in.")
    if template is not None:
        return _copy(template.resolve(), home, speed)
    remote = build_remote(home / _REMOTE, registry=_REGISTRY, releases=releases)
    checkout = clone_for_operator(remote, home / CHECKOUT, tag=STARTING_TAG, ports=_PORTS)
    state = State(home / STATE_FILE)
    files, env_file = ("docker-compose.traefik.yml",), ".env.production"
    draft = ComposeProject("", checkout, tuple(checkout / name for name in files), checkout / env_file)
    resolved = model.resolve(draft, draft.files, draft.env_file)
    postgres = resolved.raw["services"][POSTGRES]
    for name, value in {
        "project": resolved.raw["name"],
        "compose_files": files,
        "env_file": env_file,
        "speed": _AT_ONCE,
        "postgres": {
            "major": player(postgres["image"]),
            "superuser": postgres["environment"]["POSTGRES_USER"],
            "password": postgres["environment"]["POSTGRES_PASSWORD"],
            "durable": durable,
        },
    }.items():
        state.set(name, value)
    host = assemble(home, state)
    try:
        ImageStore(state).publish(
            release.image(each.name, registry=_REGISTRY) for release in releases for each in SERVICES
        )
        initialize(host.cluster, postgres)
        _bring_up(host, seed_rows, resolved.raw["services"]["hydra"]["environment"]["SECRETS_SYSTEM"])
        _settle_in(state, speed)
    except BaseException:
        host.destroy()
        raise
    host.close()
    return open_host(home)


def _bring_up(host: PracticeHost, seed_rows: int, hydra_secret: str) -> None:
    """Pull and start everything; seed once the schema stands, before the services read it."""
    services = host.stack.resolve().services
    for reference in sorted({service.image for service in services.values()}):
        host.stack.pull(reference, lambda _line: None)
    jobs = [name for name in services if name.endswith("-migrate")]
    early = [POSTGRES, *jobs, "polis"]
    for name in early:
        host.stack.up(name)
    _wait(host, early)
    server = host.state.setting("postgres")
    run_sql(host.cluster, server["password"], host.cluster.superuser, seed_sql(hydra_secret, accounts=seed_rows))
    rest = [name for name in services if name not in early]
    for name in rest:
        host.stack.up(name)
    _wait(host, [name for name in services if name not in jobs])


def _wait(host: PracticeHost, names: list[str]) -> None:
    """Look until every one of them serves or has finished."""
    deadline = time.monotonic() + 30.0
    while True:
        seen = [each for each in host.stack.containers() if each.service in names]
        bad = [each for each in seen if not (each.is_serving if each.health != "none" else _is_done(each))]
        if not bad:
            return
        if time.monotonic() > deadline:
            said = host.stack.logs(bad[0].id, lines=1)
            raise RefusedError(f"the practice stack does not come up: {bad[0].service}: {' '.join(said)}")
        time.sleep(0.01)


def _is_done(job: Container) -> bool:
    return job.state == "exited" and job.exit_code == 0


def _settle_in(state: State, speed: float) -> None:
    """Give the host its real speed, and containers that were started an hour ago."""
    with state.transaction() as db:
        db.execute(
            "UPDATE container SET created_at = created_at - ?1, started_at = started_at - ?1,"
            " stopped_at = stopped_at - ?1",
            (_UP_FOR_S,),
        )
        db.execute("UPDATE log SET at = at - ?", (_UP_FOR_S,))
        state.set("speed", speed)


def _copy(template: Path, home: Path, speed: float) -> PracticeHost:
    """Copy a host that is shut down, and tell the copy where it is."""
    original = open_host(template)
    source = original.cluster.data
    for entry in sorted(template.iterdir()):
        if entry != source and not entry.name.startswith(STATE_FILE):
            _copy_whole(entry, home / entry.name)
    state = State(home / STATE_FILE)
    original.state.copy_to(state)
    original.close()
    with state.transaction() as db:
        db.execute("UPDATE container SET config = replace(config, ?, ?)", (str(template), str(home)))
        state.set("speed", speed)
    git_config = home / CHECKOUT / ".git" / "config"
    git_config.write_text(git_config.read_text("utf-8").replace(str(template), str(home)), "utf-8")
    host = assemble(home, state)
    host.cluster.adopt(source)
    return host


def _copy_whole(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(target)], check=True, capture_output=True)
