"""What a stand-in is: the role that was written into its image, and the checks that it makes on its start."""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROLE_FILE = Path("/standin/role.json")
_CIPHER_CHARS = 32
_SECRET_CHARS = 16


@dataclass(frozen=True, slots=True)
class Role:
    """The role file's fields. `migrations` are pairs of name and SQL that this image itself carries."""

    service: str
    version: str
    build: str
    ports: tuple[int, ...] = ()
    requires: tuple[str, ...] = ()
    dsn_variable: str = ""
    table: str = ""
    needs: tuple[str, ...] = ()
    reads: str = ""
    migrations: tuple[tuple[str, str], ...] = ()
    boot_migrations: bool = False
    sealed_rows: bool = False
    broken: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path = ROLE_FILE) -> "Role":
        """Read the role file."""
        raw = json.loads(path.read_text("utf-8"))
        for name in ("ports", "requires", "needs"):
            raw[name] = tuple(raw.get(name, ()))
        raw["migrations"] = tuple((name, sql) for name, sql in raw.get("migrations", ()))
        return cls(**raw)

    @property
    def dsn(self) -> str:
        """The address of its database, empty when it has none."""
        return os.environ.get(self.dsn_variable, "") if self.dsn_variable else ""


def log(level: str, message: str, **facts: object) -> None:
    """One line of JSON on stdout, as containers log."""
    print(json.dumps({"level": level, "msg": message, **facts}), flush=True)


def refuse_unless_configured(role: Role) -> None:
    """Exit 1 with one clear line for each variable that is missing or malformed."""
    faults = [f"missing required configuration: {name}" for name in role.requires if not os.environ.get(name)]
    cipher = os.environ.get("SECRETS_CIPHER", "")
    if cipher and any(len(each) != _CIPHER_CHARS for each in cipher.split(",")):
        faults.append("SECRETS_CIPHER: each value must be exactly 32 characters")
    for name in ("SECRETS_SYSTEM", "SECRETS_COOKIE"):
        value = os.environ.get(name, "")
        if value and any(len(each.strip()) < _SECRET_CHARS for each in value.split(",")):
            faults.append(f"{name}: each value must be at least 16 characters")
    for fault in faults:
        log("fatal", fault, service=role.service, version=role.version)
    if faults:
        sys.exit(1)
