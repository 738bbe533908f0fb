"""A client of the lab's registry: puts images together from layers and pushes them (Registry HTTP API v2)."""

import hashlib
import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.lab.errors import LabError
from tests.lab.layers import Layer

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_CREATED = "2025-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Image:
    """An image to push: repository and tag, layers from the bottom up, container configuration."""

    repository: str
    tag: str
    layers: tuple[Layer, ...]
    config: dict[str, Any] = field(default_factory=dict)


class Registry:
    """The registry at `address` (`host:port`); repositories lie below `namespace`.

    `auth` is name and password as basic authentication writes them, for a registry that wants them.
    """

    def __init__(self, address: str, namespace: str, auth: str = "") -> None:
        self.address = address
        self._headers = {"Authorization": f"Basic {auth}"} if auth else {}
        self.namespace = namespace
        self._known: set[tuple[str, str]] = set()

    def push(self, image: Image) -> str:
        """Push the image under its tag; returns the manifest's digest."""
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": _CREATED,
                "config": image.config,
                "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in image.layers]},
                "history": [{"created": _CREATED, "created_by": "avnwizard lab"} for _ in image.layers],
            },
            sort_keys=True,
        ).encode()
        config_digest = _sha256(config)
        for layer in image.layers:
            self._blob(f"{self.namespace}/{image.repository}", layer.digest, Path(layer.path))
        self._blob(f"{self.namespace}/{image.repository}", config_digest, config)
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": {"mediaType": _CONFIG, "size": len(config), "digest": config_digest},
                "layers": [
                    {"mediaType": _LAYER, "size": layer.size_bytes, "digest": layer.digest} for layer in image.layers
                ],
            }
        ).encode()
        path = f"/v2/{self.namespace}/{image.repository}/manifests/{image.tag}"
        self._ask("PUT", path, manifest, {"Content-Type": _MANIFEST}, wanted=(201,))
        return _sha256(manifest)

    def digest(self, repository: str, tag: str) -> str | None:
        """The digest that the tag points at now, None when there is no such tag."""
        path = f"/v2/{self.namespace}/{repository}/manifests/{tag}"
        status, headers = self._ask("HEAD", path, None, {"Accept": _MANIFEST}, wanted=(200, 404))
        return headers.get("docker-content-digest") if status == 200 else None

    def answers(self) -> bool:
        """Whether it is up, and takes the credentials."""
        try:
            self._ask("GET", "/v2/", None, wanted=(200,))
        except (OSError, http.client.HTTPException):
            return False
        return True

    def _blob(self, repository: str, digest: str, content: Path | bytes) -> None:
        if (repository, digest) in self._known:
            return
        status, _ = self._ask("HEAD", f"/v2/{repository}/blobs/{digest}", None, wanted=(200, 404))
        if status == 404:
            home = next((repo for repo, known in self._known if known == digest), None)
            mount = f"?mount={quote(digest)}&from={quote(home, safe='')}" if home else ""
            status, headers = self._ask("POST", f"/v2/{repository}/blobs/uploads/{mount}", b"", wanted=(201, 202))
            if status == 202:
                location = headers["location"]
                path = location[location.index("/v2/") :]
                joint = "&" if "?" in path else "?"
                body = content if isinstance(content, bytes) else content.read_bytes()
                kind = {"Content-Type": "application/octet-stream"}
                self._ask("PUT", f"{path}{joint}digest={quote(digest)}", body, kind, wanted=(201,))
        self._known.add((repository, digest))

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str] | None = None,
        *,
        wanted: Sequence[int],
    ) -> tuple[int, dict[str, str]]:
        connection = http.client.HTTPConnection(self.address, timeout=120)
        try:
            connection.request(method, path, body, {**self._headers, **(headers or {})})
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        if answer.status not in wanted:
            raise LabError(f"registry: {method} {path} gave {answer.status}: {said[:300]!r}")
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
