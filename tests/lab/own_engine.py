"""A Docker Engine of a test's own, with Postgres alone on it: it may be ended and started as the test likes."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.daemons import Daemon
from tests.lab.engine import Lab
from tests.lab.errors import LabError

PROJECT = "alone"
_SUBNET = "10.253.77.0/24"
_BRIDGE = "198.18.77.1/24"
_READY_S = 60.0
_COMPOSE = f"""\
name: {PROJECT}
services:
  postgres:
    image: @image@
    restart: unless-stopped
    environment:
      POSTGRES_USER: avnology
      POSTGRES_DB: avnology
      POSTGRES_PASSWORD: ${{POSTGRES_PASSWORD:?}}
    volumes: [postgres_data:/var/lib/postgresql/data]
volumes:
  postgres_data:
networks:
  default: {{ ipam: {{ config: [{{ subnet: {_SUBNET} }}] }} }}
"""


@dataclass(frozen=True, slots=True)
class OwnEngine:
    """The engine, its one stack's checkout, and the environment in which `docker` reaches it."""

    daemon: Daemon
    checkout: Path
    env: dict[str, str]

    def restart(self) -> None:
        """As `systemctl restart docker` does it: the containers are stopped, and started again by their policy."""
        self.daemon.stop()
        self.daemon.start()

    def compose(self, *words: str) -> str:
        """`docker compose` in the checkout; `LabError` when it fails."""
        argv = ["docker", "compose", "-f", "docker-compose.traefik.yml", "--env-file", ".env.production", *words]
        return _run(argv, self.checkout, self.env)

    def sql(self, statement: str) -> str:
        """The bare output of a statement; `LabError` when the server does not answer."""
        words = ("-U", "avnology", "-d", "avnology", "-qAtc", statement)
        return self.compose("exec", "-T", "postgres", "psql", "-h", "127.0.0.1", *words).strip()

    def wait_ready(self) -> None:
        """Wait until Postgres answers over TCP, which the first start's own server for its scripts does not."""
        deadline = time.monotonic() + _READY_S
        while True:
            try:
                self.sql("SELECT 1")
            except LabError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return


@contextmanager
def own_engine(lab: Lab) -> Iterator[OwnEngine]:
    """Start it, with Postgres up; end it and remove whatever it made.

    It leaves iptables alone and has its own bridge, so that the lab's shared engine does not notice it: without any
    (`--bridge=none`) dockerd deletes `docker0`, whoever made it.
    """
    base = Path(tempfile.mkdtemp(prefix="own-", dir=lab.paths.root))
    env = {**lab.env, "DOCKER_HOST": f"unix://{base}/docker.sock"}
    bridge = f"avnown{os.getpid()}"
    command = [
        str(lab.paths.tools / "usr/sbin/dockerd"),
        f"--host=unix://{base}/docker.sock",
        f"--data-root={base / 'data'}",
        f"--exec-root={base / 'exec'}",
        f"--pidfile={base / 'dockerd.pid'}",
        *("--group=root", f"--bridge={bridge}", "--iptables=false", "--ip6tables=false", "--ip-forward=false"),
        *("--live-restore=false", "--shutdown-timeout=10"),
    ]
    made = OwnEngine(Daemon("dockerd", command, base, env, lambda: _answers(env)), base / "checkout", env)
    try:
        _run(["ip", "link", "add", bridge, "type", "bridge"], base, env)
        _run(["ip", "address", "add", _BRIDGE, "dev", bridge], base, env)
        made.daemon.start()
        _make_checkout(made.checkout, f"{lab.registry}/postgres:17")
        made.compose("up", "-d")
        made.wait_ready()
        yield made
    finally:
        try:
            made.compose("down", "-v", "--timeout", "5")
        finally:
            made.daemon.stop()
            _run(["ip", "link", "delete", bridge], base, env)
            shutil.rmtree(base, ignore_errors=True)


def _make_checkout(folder: Path, image: str) -> None:
    folder.mkdir()
    (folder / "docker-compose.traefik.yml").write_text(_COMPOSE.replace("@image@", image), "utf-8")
    (folder / ".gitignore").write_text(".env.production\n", "utf-8")
    env_file = folder / ".env.production"
    env_file.write_text("POSTGRES_PASSWORD=postgres-secret\n", "utf-8")
    env_file.chmod(0o600)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.test")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "v1.5.0"), (*who, "tag", "v1.5.0")):
        _run(["git", *words], folder, dict(os.environ))


def _answers(env: dict[str, str]) -> bool:
    done = subprocess.run(["docker", "version"], env=env, capture_output=True, timeout=10, check=False)
    return done.returncode == 0


def _run(argv: list[str], folder: Path, env: dict[str, str]) -> str:
    done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(argv[:8])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout
