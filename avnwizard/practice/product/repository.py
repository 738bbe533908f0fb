"""The product as a git remote with its release tags, and as the clone that an operator runs it from."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from avnwizard.errors import HostError
from avnwizard.practice.product.operator_env import HARMLESS_EDIT, operator_env
from avnwizard.practice.product.releases import RELEASES, Release, release
from avnwizard.practice.product.template import COMPOSE_FILE, tree

_WHO = {"NAME": "Avnology Release", "EMAIL": "releases@example.test"}
_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class EdgePorts:
    """The loopback ports on which the operator's Traefik answers: requests, and (when `api_on`) its API."""

    web: int
    api: int
    api_on: bool = True

    def settings(self) -> dict[str, str]:
        """The lines of the env file that say so."""
        return {
            "EDGE_HTTP_BIND": f"127.0.0.1:{self.web}",
            "EDGE_API_BIND": f"127.0.0.1:{self.api}",
            "TRAEFIK_API": str(self.api_on).lower(),
        }


def build_remote(dest: Path, *, registry: str, releases: tuple[Release, ...] = RELEASES) -> Path:
    """Make the bare repository at `dest`, one commit and annotated tag per release; returns `dest`.

    The commits are the same for the same `registry`, e.g. `127.0.0.1:5055/avnology`, whenever it is made.
    """
    dest.mkdir(parents=True)
    work = dest.with_name(dest.name + ".work")
    _git(dest.parent, "init", "-q", "--bare", "-b", "main", str(dest))
    _git(dest.parent, "init", "-q", "-b", "main", str(work))
    for each in releases:
        for path, text in tree(each, registry=registry, among=releases).items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text, "utf-8")
        _git(work, "add", "-A", date=each.date)
        _git(work, "commit", "-q", "-m", f"Release {each.tag}", date=each.date)
        _git(work, "tag", "-a", "-m", f"Avnology ID {each.tag}", each.tag, date=each.date)
    _git(work, "push", "-q", str(dest), "main", "--tags")
    shutil.rmtree(work)
    return dest


def clone_for_operator(
    remote: Path,
    dest: Path,
    *,
    tag: str = "v1.5.0",
    ports: EdgePorts,
    settings: Mapping[str, str] | None = None,
    secrets_seed: str | None = None,
) -> Path:
    """Clone as an operator did when `tag` was the newest: detached head, filled env file (0600), an edit.

    The clone knows of no later tag until it fetches. Returns `dest`.

    Args:
        remote: what `build_remote` made.
        dest: the folder to make.
        tag: the release to stand on.
        ports: where its edge listens.
        settings: further lines of the env file, e.g. COMPOSE_PROJECT_NAME or DOCKER_SOCKET.
        secrets_seed: makes the secrets follow from this text; None makes new ones each time.
    """
    _git(dest.parent, "clone", "-q", "--single-branch", "--branch", tag, f"file://{remote}", str(dest))
    _git(dest, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    _git(dest, "config", "advice.detachedHead", "false")
    compose = dest / COMPOSE_FILE
    before, after = HARMLESS_EDIT
    compose.write_text(compose.read_text("utf-8").replace(before, after), "utf-8")
    usual = {"GATEWAY_RATE_LIMIT": "1200"} if release(tag).version < (2, 0, 0) else {"GATEWAY_RATE_LIMIT_RPM": "1200"}
    text = operator_env(
        (dest / ".env.example").read_text("utf-8"),
        settings={**ports.settings(), **usual, **(settings or {})},
        secrets_seed=secrets_seed,
    )
    env_file = dest / ".env.production"
    env_file.touch(mode=0o600)
    env_file.write_text(text, "utf-8")
    return dest


def _git(cwd: Path, *arguments: str, date: str = "2025-05-06") -> None:
    stamp = f"{date}T09:00:00+00:00"
    identity = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _WHO.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env = {
        **kept,
        **identity,
        "GIT_AUTHOR_DATE": stamp,
        "GIT_COMMITTER_DATE": stamp,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    done = subprocess.run(
        ["git", *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    if done.returncode:
        raise HostError(f"git {arguments[0]} failed in {cwd}: {done.stderr.strip()}", "Is git installed?")
