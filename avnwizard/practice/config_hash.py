"""The hash by which Compose knows that a service's configuration changed."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_NOT_HASHED = ("build", "pull_policy", "scale", "depends_on", "profiles")
"""Compose v2 `pkg/compose/hash.go`: what may change without recreating a container."""


def config_hash(service: Mapping[str, Any], directory: Path) -> str:
    """64 hex digits over the resolved service (not the digits that Compose itself would give).

    Unlike Compose's, it does not depend on where the project directory is, so that a practice stack can be copied.
    """
    hashed = {key: value for key, value in service.items() if key not in _NOT_HASHED}
    if isinstance(hashed.get("deploy"), Mapping):
        hashed["deploy"] = {key: value for key, value in hashed["deploy"].items() if key != "replicas"}
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.replace(str(directory), ".").encode()).hexdigest()
