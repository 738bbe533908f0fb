"""A Kratos for the lab: the real one where it was built or is asked for (4 minutes), else the stand-in.

Ory Kratos v1.3.1 builds as a Go tool. So does Oathkeeper v0.40.9 (`tests.lab.oathkeeper`); Keto v0.14.0 does not:
its module replaces its own `proto` by a folder that is not in it.
"""

import json
import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import yaml

from tests.lab.engine import Lab
from tests.lab.go_tools import GoTool, has_go

ASKED = "AVNWIZARD_LAB_KRATOS"
"""1: the real Kratos is built where there is Go; 0: the stand-in is used. Else the real one, where it was built."""
VERSION, REPOSITORY = "v1.3.1", "ory/kratos"
_TOOL = GoTool("kratos", Path(__file__).parent / "tools-kratos", "github.com/ory/kratos", REPOSITORY, VERSION)
_STAND_IN = "kratos:v1.3.1"
_SCHEMA = {
    "$id": "person",
    "type": "object",
    "properties": {
        "traits": {
            "type": "object",
            "properties": {
                "email": {
                    "type": "string",
                    "format": "email",
                    "ory.sh/kratos": {"credentials": {"password": {"identifier": True}}},
                }
            },
            "required": ["email"],
            "additionalProperties": False,
        }
    },
}
CONFIG_FILE = "kratos.yml"


def is_real(lab: Lab) -> bool:
    """Whether the real one is used."""
    asked = os.environ.get(ASKED)
    return asked != "0" and (_TOOL.is_built(lab) or (asked == "1" and has_go()))


def push(lab: Lab) -> str:
    """Have the image in the lab's registry; its reference below the registry."""
    if not is_real(lab):
        return _STAND_IN
    _TOOL.push(lab)
    return f"{REPOSITORY}:{VERSION}"


def config() -> str:
    """Its configuration file: sign-in with a password, and one identity schema."""
    schema = b64encode(json.dumps(_SCHEMA).encode()).decode()
    told: dict[str, Any] = {
        "serve": {
            "public": {"base_url": "http://kratos.invalid/"},
            "admin": {"base_url": "http://kratos.invalid:4434/"},
        },
        "selfservice": {
            "default_browser_return_url": "http://kratos.invalid/",
            "methods": {"password": {"enabled": True, "config": {"haveibeenpwned_enabled": False}}},
        },
        "identity": {
            "default_schema_id": "default",
            "schemas": [{"id": "default", "url": f"base64://{schema}"}],
        },
        "hashers": {"algorithm": "bcrypt", "bcrypt": {"cost": 4}},
        "log": {"level": "warning"},
    }
    return yaml.safe_dump(told)
