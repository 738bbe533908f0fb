"""A real Ory Hydra, built from its source where this machine has Go: once, and kept in the lab's folder."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.lab.engine import Lab
from tests.lab.errors import LabError
from tests.lab.layers import known_layer, layer_of
from tests.lab.registry import Image

VERSION = "v2.3.0"
REPOSITORY = "ory/hydra"
_MODULE = Path(__file__).parent / "tools"
"""A Go module of its own; it repeats Hydra's own `replace`, which Go leaves out for a tool."""
_PACKAGE = "github.com/ory/hydra/v2"
_LIMIT_S = 1800.0


def has_go() -> bool:
    """Whether Hydra can be built here."""
    return shutil.which("go") is not None


def push(lab: Lab) -> str:
    """Have the image in the lab's registry; its reference."""
    binary = _built(lab.paths.root / "go")
    images = lab.images()
    name = f"hydra-{binary.parent.name}"
    layer = known_layer(lab.paths.layers, name)
    if layer is None:
        tree = binary.parent / "tree"
        (tree / "usr/bin").mkdir(parents=True, exist_ok=True)
        shutil.copy2(binary, tree / "usr/bin/hydra")
        layer = layer_of(tree, lab.paths.layers, name)
        shutil.rmtree(tree)
    config = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Entrypoint": ["hydra"], "Cmd": ["serve", "all"]}
    with lab.paths.locked():
        images.registry.push(Image(REPOSITORY, VERSION, (images._base().layer, layer), config))
    return f"{lab.registry}/{REPOSITORY}:{VERSION}"


def _built(place: Path) -> Path:
    """The program, from its module's files as they are; a second worker waits for the first."""
    files = (_MODULE / "go.mod", _MODULE / "go.sum")
    stamp = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    folder = place / stamp
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "hydra").exists():
            _build(folder / "hydra")
    return folder / "hydra"


def _build(to: Path) -> None:
    """`go build`, at a low priority; the modules are those of go.sum or it fails."""
    half = to.with_suffix(".half")
    argv = ["nice", "-n", "10", "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", str(half), _PACKAGE]
    env = {**os.environ, "CGO_ENABLED": "0"}
    done = subprocess.run(argv, cwd=_MODULE, env=env, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    if done.returncode:
        raise LabError("Hydra does not build:\n" + "\n".join(done.stderr.strip().splitlines()[-20:]))
    half.rename(to)
