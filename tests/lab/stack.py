"""An operator's stack on the lab's engine: a clone at a release, seeded, behind its own edge port."""

import http.client
import json
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from avnwizard.practice import product
from avnwizard.practice.product.template import COMPOSE_FILE
from tests.lab.api import ContainerState, containers_of
from tests.lab.engine import Lab, free_port
from tests.lab.errors import LabError

DOMAIN = "id.example.test"
SECRETS_SEED = "lab"
_READY_S = 150.0
_FILES = ("-f", COMPOSE_FILE, "--env-file", ".env.production")


@dataclass(slots=True)
class LabStack:
    """A stack of its own project name and ports; `root` holds `remote.git` and the clone.

    `times_s` holds how long each stage of bringing it up took, in seconds.
    """

    lab: Lab
    root: Path
    project: str
    ports: product.EdgePorts = field(default_factory=lambda: product.EdgePorts(web=free_port(), api=free_port()))
    settings: dict[str, str] = field(default_factory=dict)
    times_s: dict[str, float] = field(default_factory=dict)

    @classmethod
    def named(cls, lab: Lab, name: str, *, settings: dict[str, str] | None = None) -> Self:
        """The stack of that name in this checkout's space; nothing is started."""
        project = f"{lab.space}-{name}"
        return cls(lab, lab.paths.stacks / project, project, settings=settings or {})

    @property
    def clone(self) -> Path:
        """The operator's checkout, where the wizard is run."""
        return self.root / "avnology-id"

    @property
    def remote(self) -> Path:
        """The bare repository that the clone fetches from."""
        return self.root / "remote.git"

    @property
    def env(self) -> dict[str, str]:
        """The environment in which `docker` reaches the lab's engine."""
        return self.lab.env

    def make_clone(self, tag: str = "v1.5.0") -> None:
        """Make the remote and the operator's clone anew."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        product.build_remote(self.remote, registry=self.lab.registry, releases=product.LAB_RELEASES)
        own = {
            "COMPOSE_PROJECT_NAME": self.project,
            "DOCKER_SOCKET": str(self.lab.paths.socket),
            "AVNOLOGY_DOMAIN": DOMAIN,
        }
        product.clone_for_operator(
            self.remote,
            self.clone,
            tag=tag,
            ports=self.ports,
            settings={**own, **self.settings},
            secrets_seed=SECRETS_SEED,
        )

    def release_patch(self, base: str, tag: str, old: str, new: str) -> None:
        """Publish a release `tag` that is `base` with a compose file that says `new` for `old`."""
        work = self.root / "release.work"
        git = ("git", "-c", "user.name=Lab", "-c", "user.email=lab@example.test", "-C")
        for argv in (
            (*git, str(self.root), "clone", "-q", "-b", base, str(self.remote), str(work)),
            ("sed", "-i", f"s|{old}|{new}|", str(work / COMPOSE_FILE)),
            (*git, str(work), "commit", "-qam", f"Release {tag}"),
            (*git, str(work), "tag", "-a", "-m", tag, tag),
            (*git, str(work), "push", "-q", "origin", f"refs/tags/{tag}"),
        ):
            subprocess.run(argv, check=True, capture_output=True, timeout=60)

    def on_its_ports(self) -> Self:
        """Itself, on the ports that its env file names."""
        variables = self.env_file()
        web, api = (int(variables[name].rpartition(":")[2]) for name in ("EDGE_HTTP_BIND", "EDGE_API_BIND"))
        self.ports = product.EdgePorts(web=web, api=api)
        return self

    def compose(
        self, *arguments: str, timeout_s: float = 300, check: bool = True, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `docker compose` in the clone with the stack's compose and env file."""
        done = subprocess.run(
            ["docker", "compose", *_FILES, *arguments],
            cwd=self.clone,
            env=env or self.env,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check and done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
            raise LabError(f"docker compose {' '.join(arguments[:4])} ended with {done.returncode}:\n{said}")
        return done

    def start(self) -> None:
        """`up -d`, then wait until every service is ready and the edge answers."""
        self.compose("up", "-d")
        self.wait_ready()

    def wait_ready(self, *, timeout_s: float = _READY_S) -> None:
        """Wait until every service is healthy and each routed one answers through the edge."""
        limit = time.monotonic() + timeout_s
        unready: list[str] = []
        while time.monotonic() < limit:
            states = self.states()
            unready = [name for name in (each.name for each in product.SERVICES) if not _is_ready(states.get(name))]
            if not unready:
                unready = [name for name in routed() if self.ask(name)[0] != 200]
            if not unready:
                return
            time.sleep(0.2)
        raise LabError(f"not ready after {timeout_s:.0f} s: {', '.join(unready)}")

    def states(self) -> dict[str, ContainerState]:
        """The state of each service's oldest container."""
        found = containers_of(self.lab.paths.socket, self.project)
        return {each.service: each for each in reversed(found)}

    def ask(self, service_name: str, path: str = "whoami", *, method: str = "GET") -> tuple[int, dict[str, Any]]:
        """Ask a routed service through the edge; status 0 when there is no answer."""
        known = product.service(service_name)
        if known.path is None:
            raise LabError(f"{service_name} has no route through the edge")
        connection = http.client.HTTPConnection("127.0.0.1", self.ports.web, timeout=10)
        try:
            place = f"{known.path.rstrip('/')}/{path}"
            connection.request(method, place, headers={"Host": f"{known.host}{DOMAIN}"})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()
        try:
            return answer.status, dict(json.loads(body))
        except ValueError:
            return answer.status, {"text": body.decode("utf-8", "replace")}

    def sql(self, database: str, statement: str) -> str:
        """The bare output of a statement, run by the superuser inside the postgres container."""
        said = self.compose("exec", "-T", "postgres", "psql", "-U", "avnology", "-d", database, "-qAtc", statement)
        return said.stdout.strip()

    def row_counts(self) -> dict[str, dict[str, int]]:
        """The rows of every seeded table, in the shape of `SEEDED_ROWS`."""
        return {
            database: {
                table: int(count)
                for table, _, count in (
                    line.partition("|") for line in self.sql(database, _counting(tables)).splitlines()
                )
            }
            for database, tables in product.SEEDED_ROWS.items()
        }

    def env_file(self) -> dict[str, str]:
        """The operator's variables."""
        lines = (self.clone / ".env.production").read_text("utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))

    def logs(self, service_name: str) -> str:
        """What a service said."""
        return self.compose("logs", "--no-log-prefix", service_name).stdout

    def containers(self) -> list[str]:
        """The ids of every container of the project, also of those that Compose no longer knows."""
        return [each.id for each in containers_of(self.lab.paths.socket, self.project)]

    def remove(self) -> None:
        """Take away everything of the project at once: containers, networks, volumes, folders."""
        own = self.lab.docker("ps", "-a", "--format", '{{.ID}} {{.Label "avnwizard.director"}}').stdout.splitlines()
        directors = [line.split()[0] for line in own if f" {self.project}/" in line]
        found = [*self.containers(), *directors]
        if found:
            self.lab.docker("rm", "-f", "-v", *found)
        label = f"label=com.docker.compose.project={self.project}"
        for kind in ("network", "volume"):
            names = self.lab.docker(kind, "ls", "-q", "--filter", label).stdout.split()
            if names:
                self.lab.docker(kind, "rm", *names)
        shutil.rmtree(self.root, ignore_errors=True)


def routed() -> list[str]:
    """The services that the edge routes to."""
    return [each.name for each in product.SERVICES if each.path is not None]


def _is_ready(state: ContainerState | None) -> bool:
    if state is None:
        return False
    if product.service(state.service).kind is product.Kind.JOB:
        return state.exit_code == 0
    return state.health == "healthy"


def _counting(tables: Iterable[str]) -> str:
    return " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
