"""The hash by which Compose knows that a service's configuration changed."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_NOT_HASHED = ("build", "pull_policy", "scale", "depends_on", "profiles")
"""Compose v2 `pkg/compose/hash.go`: what may change without recreating a container."""
_FILES = ("env_file", "label_file")


def config_hash(service: Mapping[str, Any], directory: Path) -> str:
    """64 hex digits over the resolved service (not the digits that Compose itself would give).

    Unlike Compose's, it does not depend on where the project directory is, so that a practice stack can be copied.
    """
    hashed = {key: value for key, value in service.items() if key not in _NOT_HASHED}
    if isinstance(hashed.get("deploy"), Mapping):
        hashed["deploy"] = {key: value for key, value in hashed["deploy"].items() if key != "replicas"}
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.replace(str(directory), ".").encode()).hexdigest()


def label_hash(service: Mapping[str, Any], directory: Path) -> str:
    """The hash that `up` writes on a container: the contents of `env_file` and `label_file` count too.

    `docker compose config --hash` leaves them out, so for such a service it prints another hash than this one
    (docker/compose #14001; tried with 2.26.1 and 2.40.3).
    """
    contents = [_content(directory / path) for key in _FILES for path in _paths(service.get(key))]
    digest = config_hash(service, directory)
    return hashlib.sha256(b"\0".join([digest.encode(), *contents])).hexdigest() if contents else digest


def _paths(given: object) -> list[str]:
    each = given if isinstance(given, list) else [given] if given else []
    return [str(one["path"] if isinstance(one, Mapping) else one) for one in each]


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
