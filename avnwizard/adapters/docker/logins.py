"""Whether the operator is logged in to an image's registry: then it may have more than it shows to a stranger."""

import json
from collections.abc import Mapping
from pathlib import Path

_HUB = "docker.io"


def is_logged_in(environ: Mapping[str, str], reference: str) -> bool:
    """By the names in docker's settings alone; no secret is read from them.

    Args:
        environ: in which docker runs.
    """
    folder = environ.get("DOCKER_CONFIG") or f"{environ.get('HOME', '')}/.docker"
    try:
        found = json.loads(Path(folder, "config.json").read_bytes())
    except (OSError, ValueError):
        return False
    if not isinstance(found, dict):
        return False
    known = [str(name) for part in ("auths", "credHelpers") for name in (found.get(part) or {})]
    host = _registry(reference)
    return any(_host(name) == host or (host == _HUB and _host(name) == "index.docker.io") for name in known)


def _registry(reference: str) -> str:
    first, slash, _ = reference.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else _HUB


def _host(name: str) -> str:
    return name.partition("://")[2].partition("/")[0] if "://" in name else name.partition("/")[0]
