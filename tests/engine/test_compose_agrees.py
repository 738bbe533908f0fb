"""Docker Compose itself reads the same: no engine is needed, the Compose plugin alone is enough."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from avnwizard.domain.envfile import EnvFile, EnvSyntaxError
from avnwizard.domain.interpolation import InterpolationError
from avnwizard.practice.compose.model import load
from tests.lab.paths import LabPaths
from tests.reading.corpus import CORPUS, WHY_ABSENT, cases


def _compose() -> list[str]:
    named = os.environ.get("AVNWIZARD_COMPOSE")
    if named:
        return [named]
    docker = shutil.which("docker")
    if docker:
        found = subprocess.run([docker, "compose", "version"], capture_output=True, check=False, timeout=60)
        if found.returncode == 0:
            return [docker, "compose"]
    plugin = LabPaths.default().client / "cli-plugins" / "docker-compose"
    return [str(plugin)] if os.access(plugin, os.X_OK) else []


COMPOSE = _compose()
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not COMPOSE, reason="no Docker Compose: set AVNWIZARD_COMPOSE to its plugin's path"),
]


class _RefusedError(Exception):
    """Compose does not take the file."""


def _config(folder: Path, document: dict[str, Any], env_file: Path | None = None) -> dict[str, Any]:
    """What Compose resolves; the environment holds nothing but what it needs to run."""
    file = folder / "compose.json"
    file.write_text(json.dumps(document))
    args = ["-f", str(file), "--project-directory", str(folder), "-p", "proj"]
    args += ["--env-file", str(env_file)] if env_file else []
    done = subprocess.run(
        [*COMPOSE, *args, "config", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder)},
    )
    if done.returncode:
        raise _RefusedError(done.stderr[-300:])
    model: dict[str, Any] = json.loads(done.stdout)
    return model


def _environment(folder: Path, env_file: Path) -> dict[str, str]:
    """An env file as Compose reads it: the environment of a service that has it as `env_file`."""
    model = _config(folder, {"services": {"s": {"image": "i", "env_file": [str(env_file)]}}})
    given = model["services"]["s"].get("environment") or {}
    return {key: (value or "").replace("$$", "$") for key, value in given.items()}


@pytest.mark.skipif(CORPUS is None, reason=WHY_ABSENT)
@pytest.mark.parametrize("kind", ["env", "env-derived"])
def test_every_env_file_of_the_corpus(tmp_path: Path, kind: str) -> None:
    """Keys and values of real example files, odd ones included, are exactly Compose's; what it refuses, we do."""
    for case, _ in cases(kind):
        for name in ("old.env", "new.env"):
            file = case / name
            assert _ours(file) == _theirs(tmp_path, file), f"{case.name} {name}"


def _ours(file: Path) -> dict[str, str] | None:
    """None where it is refused."""
    try:
        return EnvFile.parse(file.read_bytes()).as_dict()
    except (EnvSyntaxError, InterpolationError):
        return None


def _theirs(folder: Path, file: Path) -> dict[str, str] | None:
    try:
        return _environment(folder, file)
    except _RefusedError:
        return None


_ODD = r"""A=1 # c
B="x" # y
C='p' D=2
E=a#b
F="a\nb\$c\\d\"e\0101\012\0777"
G='a\'b\n'
H = 5
export  I=7
J: yaml
K="multi
line $A ${A:+alt} ${NONE:-${B}d}"
L=$(echo $1) $A$ $$A ${O:-{"a":1}} ${Q:-}}
M='x\\'
N=\$A
P={"a": "b # c"}
A=again
R=$A
"""


def test_odd_syntax(tmp_path: Path) -> None:
    """Quotes, escapes, interpolation, comments and duplicates in one file."""
    for text in (_ODD, _ODD.rstrip("\n"), "\ufeff" + _ODD.replace("\n", "\r\n")):
        file = tmp_path / "odd.env"
        file.write_bytes(text.encode())
        assert EnvFile.parse(file.read_bytes()).as_dict() == _environment(tmp_path, file)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "plain",
        "a b",
        " lead",
        "#x",
        "a # b",
        "$A ${B} $$",
        "it's",
        '"q"',
        "back\\slash\\",
        "l1\nl2\r\n",
        "é\t",
        "\\$x\\n",
    ],
)
def test_written_values_reach_compose(tmp_path: Path, value: str) -> None:
    """What the wizard writes is what Compose reads, whatever the value."""
    file = tmp_path / "written.env"
    file.write_bytes(EnvFile.parse(b"A=1\n").appended("KEY", value, comment="new").to_bytes())
    assert _environment(tmp_path, file) == {"A": "1", "KEY": value}


_MODEL: dict[str, Any] = {
    "services": {
        "web": {
            "image": "x:${TAG:-1}",
            "environment": ["A=1", "B", "C=${C:-}", "D=$$x"],
            "labels": ["a=b", "c=d=e"],
            "ports": ["8080:80", "127.0.0.1:9000:9000/udp", "3000", "1000-1001:1000-1001"],
            "volumes": ["data:/d", "./x:/y:ro", "/anon", "../up:/up"],
            "depends_on": ["db"],
            "command": 'echo hi "a b"',
            "networks": ["front"],
            "healthcheck": {"test": "curl x", "interval": "90s", "start_period": "1m"},
            "expose": [80],
            "stop_grace_period": "90s",
            "tmpfs": "/scratch",
            "dns": "192.0.2.1",
        },
        "db": {
            "image": "postgres:17",
            "volumes": [{"type": "volume", "source": "data", "target": "/x"}],
            "ports": [{"target": 80, "published": 81}],
            "depends_on": {"init": {"condition": "service_completed_successfully"}},
        },
        "init": {"image": "i", "network_mode": "none", "restart": "no"},
    },
    "volumes": {"data": None, "named": {"name": "n"}},
    "networks": {"front": {"name": "f"}},
}


def test_the_resolved_model(tmp_path: Path) -> None:
    """The practice host's model has the same services, volumes and networks as Compose's."""
    env_file = tmp_path / "e.env"
    env_file.write_text("TAG=9\n")
    theirs = _config(tmp_path, _MODEL, env_file)
    ours = load(json.dumps(_MODEL), {"TAG": "9"}, project="proj", folder=str(tmp_path))
    used = {**theirs["volumes"]}
    assert {key: value for key, value in ours["volumes"].items() if key in used} == used
    assert ours["networks"] == theirs["networks"]
    assert ours["services"] == theirs["services"]
