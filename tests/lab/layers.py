"""Image layers: a folder becomes a gzipped tar, with the digests by which registry and engine know it."""

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Layer:
    """A finished layer: `digest` of the compressed file, `diff_id` of the tar inside it."""

    path: str
    digest: str
    diff_id: str
    size_bytes: int


def layer_of(folder: Path, into: Path, name: str) -> Layer:
    """Pack `folder` as the layer `name` in the folder `into`; owners become root, times and modes stay."""
    tar = into / f"{name}.tar"
    packed = into / f"{name}.tar.gz"
    command = [
        "tar",
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "-C",
        str(folder),
        "-cf",
        str(tar),
        ".",
    ]
    subprocess.run(command, check=True, timeout=300)
    diff_id = _digest(tar)
    with packed.open("wb") as out:
        subprocess.run(["gzip", "-1", "-n", "-c", str(tar)], check=True, stdout=out, timeout=300)
    tar.unlink()
    layer = Layer(str(packed), _digest(packed), diff_id, packed.stat().st_size)
    (into / f"{name}.json").write_text(json.dumps(asdict(layer)), "utf-8")
    return layer


def known_layer(into: Path, name: str) -> Layer | None:
    """The layer of that name if it was made before."""
    try:
        return Layer(**json.loads((into / f"{name}.json").read_text("utf-8")))
    except OSError:
        return None


def write_tree(folder: Path, files: dict[str, str], *, executable: tuple[str, ...] = ()) -> Path:
    """Write a small tree of text files with fixed times, so that its layer is the same each time."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o755 if name in executable else 0o644)
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"
