"""A registry that wants a name and a password: Debian's docker-registry, on a port of its own."""

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.daemons import Daemon
from tests.lab.engine import free_port
from tests.lab.paths import LabPaths
from tests.lab.registry import Registry

NAME, PASSWORD = "operator", "open-sesame-7"
_HASH = "$2b$04$IUEKADPb8yUVirHKAvTvN.cM7HB4KgiP/RMcbPSyePxhbuRnb/X1O"
"""bcrypt of PASSWORD: what the registry takes."""
_CONFIG = """\
version: 0.1
log: {{ level: warn }}
storage:
  filesystem: {{ rootdirectory: "{folder}/storage" }}
auth:
  htpasswd: {{ realm: private, path: "{folder}/htpasswd" }}
http: {{ addr: "127.0.0.1:{port}" }}
"""
AUTH = base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
"""As Docker's config file and HTTP's basic authentication write the two."""


def program() -> Path | None:
    """The registry's program: the lab's, or an installed one; None where there is none."""
    unpacked = LabPaths.default().tools / "usr/bin/docker-registry"
    found = shutil.which("docker-registry")
    return unpacked if unpacked.exists() else Path(found) if found else None


@dataclass(frozen=True)
class PrivateRegistry:
    """One that runs."""

    address: str
    client: Registry


@contextmanager
def private_registry(folder: Path, registry: Path) -> Iterator[PrivateRegistry]:
    """Run one whose images lie in a folder."""
    port = free_port()
    folder.mkdir()
    (folder / "htpasswd").write_text(f"{NAME}:{_HASH}\n")
    config = folder / "registry.yml"
    config.write_text(_CONFIG.format(folder=folder, port=port))
    client = Registry(f"127.0.0.1:{port}", "vendor", auth=AUTH)
    daemon = Daemon("docker-registry", [str(registry), "serve", str(config)], folder, {}, client.answers)
    daemon.start()
    try:
        yield PrivateRegistry(client.address, client)
    finally:
        daemon.stop()
