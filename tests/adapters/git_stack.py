"""A remote and an operator's clone, made with real git, for the tests of the git adapter."""

import os
import subprocess
from pathlib import Path

import pytest

COMPOSE_V1 = "".join(f"line {n}\n" for n in range(1, 21))
COMPOSE_V2 = COMPOSE_V1.replace("line 18\n", "line 18 of v2\n")


def git(directory: Path, *words: str, text: str | None = None) -> str:
    """Run git as a test author with a fixed identity; the output without its last newline."""
    who = {f"GIT_{role}_{what}": "t@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {**os.environ, **who, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    argv = ["git", "-C", str(directory), *words]
    done = subprocess.run(
        argv, env=env, input=text, check=True, capture_output=True, text=True, errors="surrogateescape"
    )
    return done.stdout.rstrip("\n")


def commit(directory: Path, files: dict[str, str | None], message: str) -> str:
    """Write files (None removes), commit all, and tell the commit."""
    for name, text in files.items():
        place = directory / name
        if text is None:
            place.unlink()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "-m", message)
    return git(directory, "rev-parse", "HEAD")


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """The remote: v1.5.0 and v2.0.0, the second with a changed, a new, a removed and an executable file."""
    remote = tmp_path / "upstream"
    remote.mkdir()
    git(remote, "init", "-q", "-b", "main")
    v1 = {"compose.yml": COMPOSE_V1, "old.txt": "old\n", "run.sh": "#!/bin/sh\n", ".gitignore": ".env*\n"}
    commit(remote, dict(v1), "one")
    git(remote, "tag", "-a", "-m", "release", "v1.5.0")
    (remote / "run.sh").chmod(0o755)
    v2 = {
        "compose.yml": COMPOSE_V2,
        "old.txt": None,
        "deploy/002.sql": "select 2;\n" * 1000,
        "run.sh": "#!/bin/sh -e\n",
    }
    commit(remote, dict(v2), "two")
    git(remote, "tag", "-a", "-m", "release", "v2.0.0")
    return remote


@pytest.fixture
def clone(upstream: Path, tmp_path: Path) -> Path:
    """The operator's clone, HEAD detached at v1.5.0."""
    place = tmp_path / "stack"
    git(tmp_path, "clone", "-q", str(upstream), str(place))
    git(place, "checkout", "-q", "v1.5.0")
    return place
