"""Programs that this machine builds from their source, where it has Go: once, and kept in the lab's folder."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.engine import Lab
from tests.lab.errors import LabError
from tests.lab.layers import Layer, known_layer, layer_of
from tests.lab.registry import Image

_LIMIT_S = 1800.0


def has_go() -> bool:
    """Whether anything can be built here."""
    return shutil.which("go") is not None


@dataclass(frozen=True)
class GoTool:
    """A program that is a tool of a Go module of its own.

    Attributes:
        name: the program's.
        module: the folder with the module's go.mod, which repeats the program's own `replace` (Go leaves those out
            for a tool), and go.sum.
        package: what is built.
        repository, version: the image's.
    """

    name: str
    module: Path
    package: str
    repository: str
    version: str

    def push(self, lab: Lab) -> str:
        """Have the image in the lab's registry; its reference."""
        binary = self.binary(lab.paths.root / "go")
        images = lab.images()
        with _alone(binary.parent):
            layer = self._layer(binary, lab.paths.layers)
        config = {
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
            "Entrypoint": [self.name],
            "Cmd": ["serve", "all"],
        }
        with lab.paths.locked():
            images.registry.push(Image(self.repository, self.version, (images._base().layer, layer), config))
        return f"{lab.registry}/{self.repository}:{self.version}"

    def _layer(self, binary: Path, layers: Path) -> Layer:
        name = f"{self.name}-{binary.parent.name}"
        layer = known_layer(layers, name)
        if layer is None:
            tree = binary.parent / "tree"
            (tree / "usr/bin").mkdir(parents=True, exist_ok=True)
            shutil.copy2(binary, tree / "usr/bin" / self.name)
            layer = layer_of(tree, layers, name)
            shutil.rmtree(tree)
        return layer

    def is_built(self, lab: Lab) -> bool:
        """Whether the program is here."""
        return self._place(lab.paths.root / "go").exists()

    def _place(self, root: Path) -> Path:
        files = (self.module / "go.mod", self.module / "go.sum")
        stamp = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
        return root / stamp / self.name

    def binary(self, root: Path) -> Path:
        """The program, from its module's files as they are; a second worker waits for the first."""
        binary = self._place(root)
        binary.parent.mkdir(parents=True, exist_ok=True)
        with _alone(binary.parent):
            if not binary.exists():
                self._build(binary)
        return binary

    def _build(self, to: Path) -> None:
        """`go build`, at a low priority; the modules are those of go.sum or it fails."""
        half = to.with_suffix(".half")
        argv = ["nice", "-n", "10", "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", str(half), self.package]
        env = {**os.environ, "CGO_ENABLED": "0"}
        done = subprocess.run(
            argv, cwd=self.module, env=env, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
        if done.returncode:
            raise LabError(f"{self.name} does not build:\n" + "\n".join(done.stderr.strip().splitlines()[-20:]))
        half.rename(to)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """What is made in `folder`, by one worker at a time."""
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
