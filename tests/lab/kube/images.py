"""The cluster's images: one static program under several names, as `docker save` archives for `ctr images import`."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

REPOSITORY = "lab.test"
"""A registry that nobody has: the images are there, and are never pulled."""


def archive(program: Path, to: Path, tags: dict[str, list[str]]) -> Path:
    """Write an archive with an image for each tag.

    Args:
        tags: "NAME:TAG" -> the image's environment, such as ["VERSION=1.5.0"]. One named "pause:…" pauses.
    """
    layer = _layer(program)
    digest = hashlib.sha256(layer).hexdigest()
    manifest, parts = [], {f"{digest}/layer.tar": layer}
    for tag, environment in tags.items():
        command = ["/app", "pause" if tag.startswith("pause:") else "serve"]
        config = {
            "architecture": "amd64", "os": "linux", "config": {"Entrypoint": command[:1], "Cmd": command[1:],
            "Env": ["PATH=/", *environment]}, "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }  # fmt: skip
        data = json.dumps(config).encode()
        name = f"{hashlib.sha256(data).hexdigest()}.json"
        parts[name] = data
        manifest.append({"Config": name, "RepoTags": [f"{REPOSITORY}/{tag}"], "Layers": [f"{digest}/layer.tar"]})
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
