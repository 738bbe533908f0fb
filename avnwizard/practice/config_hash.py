"""The hash by which Compose knows that a service's configuration changed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_NOT_HASHED = ("build", "pull_policy", "scale", "depends_on", "profiles")
"""Compose v2 `pkg/compose/hash.go`: what may change without recreating a container."""


def config_hash(service: Mapping[str, Any]) -> str:
    """64 hex digits over the resolved service, as `docker compose config --hash` gives (not the same digits)."""
    hashed = {key: value for key, value in service.items() if key not in _NOT_HASHED}
    if isinstance(hashed.get("deploy"), Mapping):
        hashed["deploy"] = {key: value for key, value in hashed["deploy"].items() if key != "replicas"}
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
