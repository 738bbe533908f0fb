"""The program of every stand-in image: `migrate …` runs its role's migrations, anything else serves."""

import sys
from pathlib import Path

import psycopg

from tests.lab.standin.database import files_of, migrate
from tests.lab.standin.role import Role, log, refuse_unless_configured
from tests.lab.standin.server import serve
from tests.lab.standin.service import Service

_MOUNTED = Path("/migrations")


def main(arguments: list[str]) -> int:
    """Run the role; the exit status."""
    role = Role.load()
    if role.service == "avnology-migrate" or arguments[:1] == ["migrate"]:
        return _migrate(role)
    refuse_unless_configured(role)
    if role.boot_migrations and _migrate(role):
        return 1
    service = Service(role)
    try:
        fault = service.startup_fault()
    except psycopg.Error as error:
        log("fatal", f"database: {error}".strip(), service=role.service)
        return 1
    if fault:
        log("fatal", fault, service=role.service, version=role.version)
        return 1
    serve(service)
    return 0


def _migrate(role: Role) -> int:
    if not role.dsn:
        log("fatal", f"missing required configuration: {role.dsn_variable}", service=role.service)
        return 1
    migrations = files_of(_MOUNTED) if role.service == "avnology-migrate" else role.migrations
    if role.broken:
        log("fatal", "this build's migration fails", service=role.service)
        return 1
    try:
        done = migrate(role.dsn, role.table, migrations)
    except psycopg.Error as error:
        log("fatal", f"migration failed: {error}".strip(), service=role.service)
        return 1
    log("info", "migrated", service=role.service, version=role.version, applied=done)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
