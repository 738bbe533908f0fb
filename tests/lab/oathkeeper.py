"""A real Ory Oathkeeper, where it was built or is asked for: the gate of an API, which asks Hydra of each token."""

import json
import os
from pathlib import Path

import yaml

from tests.lab.engine import Lab
from tests.lab.go_tools import GoTool, has_go

ASKED = "AVNWIZARD_LAB_KRATOS"
"""1: built where there is Go, with the real Kratos; 0: left out. Else used where it was built."""
VERSION, REPOSITORY = "v0.40.9", "ory/oathkeeper"
CONFIG_FILE, RULES_FILE = "oathkeeper.yml", "oathkeeper-rules.json"
GATE = "/gate"
"""What it guards: everything below, which leads to what the edge serves there without this first part."""
_TOOL = GoTool(
    "oathkeeper", Path(__file__).parent / "tools-oathkeeper", "github.com/ory/oathkeeper", REPOSITORY, VERSION
)


def is_real(lab: Lab) -> bool:
    """Whether there is one."""
    asked = os.environ.get(ASKED)
    return asked != "0" and (_TOOL.is_built(lab) or (asked == "1" and has_go()))


def push(lab: Lab) -> str:
    """Have the image in the lab's registry; its reference below the registry."""
    _TOOL.push(lab)
    return f"{REPOSITORY}:{VERSION}"


def config(edge: str) -> dict[str, str]:
    """Its files: a token that Hydra calls active passes, nothing else does.

    Args:
        edge: where it reaches the reverse proxy.
    """
    enabled = {"enabled": True}
    introspection = {"introspection_url": f"{edge}/admin/oauth2/introspect"}
    settings = {
        "access_rules": {"repositories": [f"file:///etc/{RULES_FILE}"]},
        "authenticators": {"oauth2_introspection": {**enabled, "config": introspection}},
        "authorizers": {"allow": enabled},
        "mutators": {"noop": enabled},
        "errors": {"fallback": ["json"], "handlers": {"json": {**enabled, "config": {"verbose": True}}}},
        "log": {"level": "warn"},
    }
    rule = {
        "id": "gate",
        "match": {"url": f"http://<[^/]+>{GATE}/<.*>", "methods": ["GET"]},
        "upstream": {"url": edge, "strip_path": GATE},
        "authenticators": [{"handler": "oauth2_introspection"}],
        "authorizer": {"handler": "allow"},
        "mutators": [{"handler": "noop"}],
    }
    return {CONFIG_FILE: yaml.safe_dump(settings), RULES_FILE: json.dumps([rule])}
