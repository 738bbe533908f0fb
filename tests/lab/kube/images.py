"""The cluster's images: one static program under several names, as `docker save` archives for `ctr images import`."""

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.layers import Layer

REPOSITORY = "lab.test"
"""A registry that nobody has: the images are there, and are never pulled."""


@dataclass(frozen=True)
class Packed:
    """An image as it is packed: its configuration, and its layers as tar files, gzipped or not.

    Attributes:
        tag: "NAME:TAG" in the repository that nobody has.
        diff_ids: the digest of each layer's tar, without its gzip.
    """

    tag: str
    config: dict[str, Any]
    layers: tuple[bytes, ...]
    diff_ids: tuple[str, ...]


def of_program(program: Path, tags: dict[str, list[str]]) -> list[Packed]:
    """An image for each tag with that one program.

    Args:
        tags: "NAME:TAG" -> the image's environment, such as ["VERSION=1.5.0"]. One named "pause:…" pauses.
    """
    layer = _layer(program)
    digest = f"sha256:{hashlib.sha256(layer).hexdigest()}"
    found = []
    for tag, environment in tags.items():
        command = "pause" if tag.startswith("pause:") else "serve"
        config = {"Entrypoint": ["/app"], "Cmd": [command], "Env": ["PATH=/", *environment]}
        found.append(Packed(tag, config, (layer,), (digest,)))
    return found


def of_layers(tag: str, config: dict[str, Any], layers: Sequence[Layer]) -> Packed:
    """An image of layers that the lab made for its engine."""
    contents = tuple(Path(each.path).read_bytes() for each in layers)
    return Packed(tag, config, contents, tuple(each.diff_id for each in layers))


def archive(images: Sequence[Packed], to: Path) -> Path:
    """Write them as one archive."""
    manifest = list[dict[str, object]]()
    parts = dict[str, bytes]()
    for one in images:
        described = {
            "architecture": "amd64", "os": "linux", "config": one.config,
            "rootfs": {"type": "layers", "diff_ids": list(one.diff_ids)},
        }  # fmt: skip
        data = json.dumps(described).encode()
        name = f"{hashlib.sha256(data).hexdigest()}.json"
        files = [f"{digest.removeprefix('sha256:')}/layer.tar" for digest in one.diff_ids]
        parts |= {name: data, **dict(zip(files, one.layers, strict=True))}
        manifest.append({"Config": name, "RepoTags": [f"{REPOSITORY}/{one.tag}"], "Layers": files})
    parts["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(to, "w") as out:
        for name, data in parts.items():
            out.addfile(_info(name, data), io.BytesIO(data))
    return to


def _layer(program: Path) -> bytes:
    data, out = program.read_bytes(), io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as layer:
        layer.addfile(_info("app", data, mode=0o755), io.BytesIO(data))
    return out.getvalue()


def _info(name: str, data: bytes, mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    return info
