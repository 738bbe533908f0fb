"""Two practice stacks that share one PostgreSQL, behind a simulated balancer: a file, changed by three commands."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avnwizard.engine.faults import KILL_AT, LOG_TO
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.practice import workshop
from avnwizard.practice.config_hash import label_hash
from avnwizard.practice.host import open_host as open_practice
from avnwizard.practice.place import CHECKOUT
from avnwizard.practice.product import LAB_RELEASES
from avnwizard.wiring import open_host

OLD, NEW, BREAKING = "v1.5.0", "v1.6.0", "v2.0.0"
SPEED = 2000.0
_ROWS = 40
_GREEN = "id-green"
_SET = """#!/bin/sh
# weights lie in one file a server; a drained one has 0
echo "$1" > {state}/$AVNWIZARD_SERVER.new && mv {state}/$AVNWIZARD_SERVER.new {state}/$AVNWIZARD_SERVER
echo "$AVNWIZARD_SERVER $1" >> {state}/orders
"""
_STATUS = """#!/bin/sh
one() { w=$(cat {state}/$1); m=ready; [ "$w" = 0 ] && m=drain
printf '{"server": "%s", "mode": "%s", "up": true, "weight": %s, "connections": 0, "failed": 0}' $1 $m $w; }
printf '['; one blue; printf ', '; one green; printf ']'
"""


@dataclass(frozen=True)
class FleetWorld:
    """Two stacks: `blue` leads and has the database, `green` uses the same; and copies of all as they were."""

    base: Path

    @property
    def blue(self) -> Path:
        """The leader's folder."""
        return self.base / "blue"

    @property
    def green(self) -> Path:
        """The other's."""
        return self.base / "green"

    @property
    def balancer(self) -> Path:
        """Of the simulated balancer."""
        return self.base / "balancer"

    def host(self, name: str = "blue") -> Host:
        """One stack."""
        return open_host(self.base / name / CHECKOUT)

    def served(self) -> dict[str, int]:
        """Stack -> its weight at the balancer."""
        return {name: int((self.balancer / name).read_text()) for name in ("blue", "green")}

    def set_weight(self, **weights: int) -> None:
        """As somebody would by hand."""
        for name, weight in weights.items():
            (self.balancer / name).write_text(f"{weight}\n")

    def orders(self) -> list[str]:
        """What the balancer was ordered, such as "blue 10"."""
        return (self.balancer / "orders").read_text().splitlines()

    def _places(self) -> list[tuple[Path, Path]]:
        practice = open_practice(self.blue)
        places = [(self.base / name, self.base / f"kept-{name}") for name in ("blue", "green", "balancer")]
        data = practice.cluster.data
        practice.close()
        return places if data.is_relative_to(self.base) else [*places, (data, self.base / "kept-data")]

    def keep(self) -> None:
        """Make this the state that `put_back` brings."""
        open_practice(self.blue).shut_down()
        for source, target in self._places():
            _replace(source, target)

    def put_back(self) -> None:
        """Bring the kept state back."""
        open_practice(self.blue).shut_down()
        for target, source in self._places():
            _replace(source, target)

    def carry(self, run: str, *, kill_at: str = "", log_to: Path | None = None) -> int:
        """Carry a run of the leader's in a process of its own; its exit status (-9: killed)."""
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.setsid()
                os.environ.update({KILL_AT: kill_at} if kill_at else {})
                os.environ.update({LOG_TO: str(log_to)} if log_to else {})
                code = 0 if launch.carry(self.host(), run) == "done" else 4
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)

    def state(self) -> dict[str, Any]:
        """What must be equal in the end: each stack's release, files and containers, the data, the balancer."""
        found: dict[str, Any] = {"served": self.served()}
        for name in ("blue", "green"):
            host = self.host(name)
            found[name] = {
                "head": host.repo.head(),
                "env": hashlib.sha256(host.files.read(host.stack.project.env_file)).hexdigest(),
                "containers": sorted(
                    (one.service, one.image, one.is_serving or one.exit_code == 0) for one in host.stack.containers()
                ),
                "unfinished": [
                    one.state for one in host.journal().runs() if one.state not in {"done", "undone", "given up"}
                ],
            }
        database = self.host().database()
        names = [one.name for one in database.databases() if "__" not in one.name]
        found["rows"] = {name: database.row_counts(name) for name in names}
        return found


def _replace(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True, capture_output=True)


def make(base: Path) -> FleetWorld:
    """Make them at v1.5.0, both behind the balancer."""
    world = FleetWorld(base)
    first = workshop.make(world.blue, speed=SPEED, seed_rows=_ROWS, durable=False, releases=LAB_RELEASES)
    first.shut_down()
    second = workshop.make(world.green, speed=SPEED, durable=False, template=world.blue)
    second.destroy()
    _another_project(world)
    world.balancer.mkdir()
    world.set_weight(blue=100, green=100)
    (world.balancer / "orders").write_text("")
    _script(world.balancer / "weight", _SET.replace("$1", "$AVNWIZARD_WEIGHT"), world.balancer)
    _script(world.balancer / "drain", _SET.replace("$1", "0"), world.balancer)
    _script(world.balancer / "status", _STATUS, world.balancer)
    fleet = (
        '[fleet]\ndriver = "command"\nwatch_s = 4\nbake_s = 20\n'
        f'stacks = {{blue = "{world.blue / CHECKOUT}", green = "{world.green / CHECKOUT}"}}\n'
        f'set_weight = ["{world.balancer / "weight"}"]\ndrain = ["{world.balancer / "drain"}"]\n'
        f'status = ["{world.balancer / "status"}"]\n'
    )
    snapshot = '\n[snapshot]\nproof = "read back"\n'
    (world.blue / CHECKOUT / "avnwizard.toml").write_text(fleet + snapshot)
    (world.green / CHECKOUT / "avnwizard.toml").write_text(fleet + '\n[postgres]\nservice = "none"\n')
    return world


def _another_project(world: FleetWorld) -> None:
    """Green as if it had been started under a name of its own, on blue's PostgreSQL."""
    env = world.green / CHECKOUT / ".env.production"
    env.write_text(f"{env.read_text().rstrip()}\nCOMPOSE_PROJECT_NAME={_GREEN}\n")
    practice = open_practice(world.green)
    practice.state.set("postgres", {**practice.state.setting("postgres"), "home": str(world.blue)})
    practice.state.set("project", _GREEN)
    practice.close()
    practice = open_practice(world.green)
    services = practice.stack.resolve().raw["services"]
    with practice.state.transaction() as db:
        for name, config in services.items():
            hashed = label_hash(config, world.green / CHECKOUT)
            values = (json.dumps(config), hashed, _GREEN, name)
            db.execute(
                "UPDATE container SET config = ?, config_hash = ?, name = replace(name, 'avnology-', ? || '-')"
                " WHERE service = ?",
                values,
            )
    practice.close()


def _script(path: Path, text: str, state: Path) -> None:
    path.write_text(text.replace("{state}", str(state)))
    path.chmod(0o755)


@contextmanager
def made() -> Iterator[FleetWorld]:
    """A fleet in a folder of its own, removed afterwards with its database server."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is private, and much faster than a disk
    base = Path(tempfile.mkdtemp(prefix="avnwizard-fleet-", dir=memory if os.access(memory, os.W_OK) else None))
    base.chmod(0o755)
    world = make(base)
    try:
        yield world
    finally:
        open_practice(world.blue).destroy()
        shutil.rmtree(base, ignore_errors=True)


def listed(host: Host) -> list[tuple[str, str]]:
    """(kind, state) of each run of a stack, oldest first."""
    return [(one.kind, one.state) for one in reversed(host.journal().runs())]


def plan_text(host: Host, run: str) -> Any:
    """A run's plan, as JSON."""
    return json.loads(host.journal().run(run).plan)
