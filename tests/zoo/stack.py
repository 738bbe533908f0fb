"""A zoo stack: a remote with two or more releases, the operator's clone at the first, and its containers."""

import http.client
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.flows.cli import Said, avnwizard
from tests.lab.api import ContainerState, containers_of
from tests.lab.engine import Lab, free_port
from tests.lab.errors import LabError
from tests.lab.probe import Probe
from tests.waiting import until

COMPOSE_FILE = "docker-compose.yml"
TOML = """\
[stack]
product = "Demo"
files = ["docker-compose.yml"]
env_file = ".env"
example = ".env.example"
migrations = "migrations"

[lockstep]
services = []
"""
"""What an operator of such a stack writes into `avnwizard.toml`."""
NAMES_POSTGRES = TOML + '\n[postgres]\nservice = "postgres"\n'
"""The same, naming the database: a one-shot that runs the image of PostgreSQL for its `psql` may be taken for one."""
NONE = '\n[postgres]\nservice = "none"\n'
"""Says that there is no database to snapshot; `make` adds it where no release has one."""
ENV = "POSTGRES_PASSWORD=zoo-s3cret-pw\n"
UP = ("docker", "compose", "up", "-d", "--quiet-pull", "--wait")
_TIMEOUT_S = 180.0
_WHO = ("-c", "user.name=Zoo", "-c", "user.email=zoo@example.test")
Files = Mapping[str, str]


@dataclass(frozen=True)
class ZooStack:
    """A stack that runs. `clone` is the operator's checkout, `port` and `tls_port` the edge's on loopback."""

    lab: Lab
    project: str
    root: Path
    port: int
    tls_port: int = field(default_factory=free_port)
    folder: str = "clone"

    @property
    def clone(self) -> Path:
        """The operator's checkout."""
        return self.root / self.folder

    def avnwizard(self, *arguments: str, timeout_s: float = 300.0, env: dict[str, str] | None = None) -> Said:
        """The command line on this stack; `--stack` is given."""
        words = [*arguments[:1], "--stack", str(self.clone), *arguments[1:]]
        return avnwizard(*words, timeout_s=timeout_s, env=env)

    def upgrade(self, tag: str = "v1.6.0", *more: str, env: dict[str, str] | None = None) -> Said:
        """`upgrade --to TAG --yes`."""
        return self.avnwizard("upgrade", "--to", tag, "--yes", *more, env=env)

    def rollback(self, *more: str) -> Said:
        """`rollback --yes`."""
        return self.avnwizard("rollback", "--yes", *more)

    def run(self, *argv: str, cwd: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command in the clone (or a folder of it); `LabError` with what it said when it fails."""
        done = subprocess.run(
            argv,
            cwd=self.clone / cwd,
            env=self.lab.env,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        if check and done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
            raise LabError(f"{' '.join(argv[:5])} ended with {done.returncode}:\n{said}")
        return done

    def containers(self, service: str = "") -> list[ContainerState]:
        """The project's containers, or one service's, the oldest first."""
        found = containers_of(self.lab.paths.socket, self.project)
        return [one for one in found if service in ("", one.service)]

    def inspect(self, container: str) -> dict[str, Any]:
        """`docker inspect` of a container."""
        found: list[dict[str, Any]] = json.loads(self.lab.docker("inspect", container).stdout)
        return found[0]

    def image_of(self, service: str) -> str:
        """The reference that a service's newest container was made from."""
        return str(self.inspect(self.containers(service)[-1].id)["Config"]["Image"])

    def sql(self, statement: str, *, service: str = "postgres") -> str:
        """The bare output of a statement on a server of the stack."""
        argv = ("psql", "-U", "app", "-d", "app", "-qAtc", statement)
        return self.lab.docker("exec", self.containers(service)[-1].id, *argv).stdout.strip()

    def ask(self, path: str) -> tuple[int, dict[str, Any]]:
        """Ask the edge: the status (0 without an answer) and what the JSON says."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()
        try:
            return answer.status, dict(json.loads(body))
        except ValueError:
            return answer.status, {}

    def version(self, name: str) -> str:
        """Which version answers at `/NAME`; waits until one does."""
        until(lambda: self.ask(f"/{name}")[0] == http.client.OK, limit_s=20)
        return str(self.ask(f"/{name}")[1]["version"])

    def load(self, name: str, rate: float = 10.0) -> Probe:
        """Requests to `/NAME`, for a `with`."""
        return Probe(self.port, "127.0.0.1", f"/{name}", rate)

    def nothing_to_do(self) -> None:
        """Assert that a plain `docker compose up -d` would touch no container."""
        said = self.run("docker", "compose", "up", "-d", "--dry-run").stderr
        assert [line for line in said.splitlines() if "Recreate" in line or "Creat" in line] == []

    def remove(self) -> None:
        """Take away everything of the project: containers, networks, volumes, folders."""
        own = self.lab.docker("ps", "-a", "--format", '{{.ID}} {{.Label "avnwizard.director"}}').stdout.splitlines()
        directors = [line.split()[0] for line in own if f" {self.project}/" in line]
        if found := [*(one.id for one in self.containers()), *directors]:
            self.lab.docker("rm", "-f", "-v", *found)
        for kind in ("network", "volume"):
            label = f"label=com.docker.compose.project={self.project}"
            if names := self.lab.docker(kind, "ls", "-q", "--filter", label).stdout.split():
                self.lab.docker(kind, "rm", *names)
        shutil.rmtree(self.root, ignore_errors=True)


def place(lab: Lab, name: str) -> ZooStack:
    """An empty place for a stack: nothing of an earlier one of that name is left."""
    project = f"{lab.space}-zoo-{name}".lower()
    made = ZooStack(lab, project, lab.paths.stacks / project, free_port())
    made.remove()
    made.root.mkdir(parents=True)
    return made


def make(stack: ZooStack, releases: Mapping[str, Files], *, operator: Files | None = None) -> None:
    """The remote with a commit and tag for each release, in order, and the operator's clone at the first.

    A release is the whole set of its files; the usual `CHANGELOG.md`, `.gitignore` and `.env.example` are added where
    it brings none. The operator's files are written into the clone, mode 0600: a `.env` and an `avnwizard.toml` too.
    """
    work, remote = stack.root / "work", stack.root / "remote.git"
    _git(stack.root, "init", "-q", "--bare", "-b", "main", str(remote))
    _git(stack.root, "init", "-q", "-b", "main", str(work))
    changelog = "".join(f"## {tag}\n- Work.\n\n" for tag in reversed(list(releases)))
    usual = {
        "CHANGELOG.md": changelog,
        ".gitignore": ".env\navnwizard.toml\n",
        ".env.example": "POSTGRES_PASSWORD=\n",
    }
    for number, (tag, files) in enumerate(releases.items()):
        for old in [one for one in work.iterdir() if one.name != ".git"]:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        _write(stack, work, usual | dict(files))
        _git(work, "add", "-A", "-f", number=number)
        _git(work, "commit", "-q", "--allow-empty", "-m", f"Release {tag}", number=number)
        _git(work, "tag", "-a", "-m", tag, tag, number=number)
    _git(work, "push", "-q", str(remote), "main", "--tags")
    first = next(iter(releases))
    _git(stack.root, "clone", "-q", f"file://{remote}", str(stack.clone))
    _git(stack.clone, "checkout", "-q", first)
    served = any("/postgres:" in text for files in releases.values() for text in files.values())
    own = {".env": ENV, "avnwizard.toml": TOML} | dict(operator or {})
    if not served and "[postgres]" not in own["avnwizard.toml"]:
        own["avnwizard.toml"] += NONE
    _write(stack, stack.clone, own)
    for path in own:
        (stack.clone / path).chmod(0o600)


def bring_up(
    stack: ZooStack,
    releases: Mapping[str, Files],
    *,
    operator: Files | None = None,
    up: Sequence[Sequence[str]] = (UP,),
) -> ZooStack:
    """`make`, then start it by the operator's own commands, run in the clone."""
    make(stack, releases, operator=operator)
    for argv in up:
        stack.run(*(_filled(stack, word) for word in argv))
    return stack


def push_as(lab: Lab, source: str, name: str) -> str:
    """An image of the lab's registry under another name too ("pgvector/pgvector:pg17"); the new reference."""
    old, new = f"{lab.registry}/{source}", f"{lab.registry}/{name}"
    for argv in (("pull", "-q", old), ("tag", old, new), ("push", "-q", new)):
        lab.docker(*argv)
    return new


def _write(stack: ZooStack, folder: Path, files: Files) -> None:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_filled(stack, text), "utf-8", newline="")


def _filled(stack: ZooStack, text: str) -> str:
    facts = {
        "@REG@": stack.lab.registry,
        "@SOCK@": str(stack.lab.paths.socket),
        "@PORT@": str(stack.port),
        "@TLS@": str(stack.tls_port),
        "@PROJECT@": stack.project,
    }
    for mark, fact in facts.items():
        text = text.replace(mark, fact)
    return text


def _git(cwd: Path, *arguments: str, number: int = 0) -> None:
    stamp = f"2026-0{number + 1}-06T09:00:00+00:00"
    env = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": "/usr/bin:/bin"}
    env |= {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
    argv = ["git", *_WHO, "-c", "advice.detachedHead=false", *arguments]
    subprocess.run(argv, cwd=cwd, env=env, check=True, capture_output=True, timeout=60)
