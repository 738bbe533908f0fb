"""Fills the practice host's PostgreSQL as the official image's entrypoint does on an empty volume."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from avnwizard.errors import HostError
from avnwizard.practice.database import PORT, Cluster
from avnwizard.practice.postgres_binaries import binaries

_INITDB_FOLDER = "/docker-entrypoint-initdb.d"


def initialize(cluster: Cluster, service: Mapping[str, object]) -> None:
    """Make the cluster of a resolved `postgres` service, start it, and run the service's init scripts."""
    environment = _strings(service.get("environment"))
    cluster.create(environment["POSTGRES_PASSWORD"])
    cluster.start()
    database = environment.get("POSTGRES_DB", cluster.superuser)
    password = environment["POSTGRES_PASSWORD"]
    if database != "postgres":
        run_sql(cluster, password, "postgres", f'CREATE DATABASE "{database}";')
    for folder in _mounted(service, _INITDB_FOLDER):
        for script in sorted(folder.glob("*.sql")):
            run_sql(cluster, password, database, script.read_text(encoding="utf-8"), environment)


def run_sql(
    cluster: Cluster, password: str, database: str, script: str, environment: Mapping[str, str] | None = None
) -> None:
    r"""Run a psql script as the superuser; it may say `\connect` and `\getenv`. It goes by stdin, never by argv."""
    env = {
        **os.environ,
        **(environment or {}),
        "PGHOST": str(cluster.socket),
        "PGPORT": str(PORT),
        "PGUSER": cluster.superuser,
        "PGPASSWORD": password,
        "PGDATABASE": database,
        "PSQLRC": os.devnull,
    }
    command = [
        str(binaries(cluster.major) / "psql"),
        "--quiet",
        "--no-psqlrc",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
    ]
    done = subprocess.run(command, input=script, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise HostError(f"the practice database cannot be filled: {said[0] if said else done.returncode}")


def _strings(environment: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in environment.items()} if isinstance(environment, Mapping) else {}


def _mounted(service: Mapping[str, object], target: str) -> list[Path]:
    volumes = service.get("volumes")
    return (
        [Path(each["source"]) for each in volumes if each.get("target") == target]
        if isinstance(volumes, list)
        else []
    )
