"""The upgrade guide's seven steps for a new Postgres major, without pauses; and the same without losing writes."""

import time
from collections.abc import Callable
from pathlib import Path

from avnwizard.practice.product.template import COMPOSE_FILE
from tests.lab.stack import LabStack

_USER = ("-U", "avnology")
_SERVER_S = 120.0
_OWNERS = "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"


def literally(stack: LabStack) -> None:
    """As the guide has it, but for the mount: with the old one, PostgreSQL 18 does not start at all."""
    _dump(stack, "avnology")
    stack.compose("down")
    _swap(stack)
    stack.compose("up", "-d", "postgres")
    _serves(stack)
    _restore(stack, "avnology")
    stack.compose("up", "-d")
    stack.wait_ready()


def without_losing_writes(stack: LabStack) -> None:
    """Its steps in an order, and of an extent, that lose nothing: the services stop first, and all is dumped."""
    others = [name for name in stack.states() if name != "postgres"]
    stack.compose("stop", *others)
    owners = dict(line.split("|") for line in stack.sql("postgres", _OWNERS).splitlines())
    roles = _in_server(stack, "pg_dumpall", *_USER, "--globals-only")
    (stack.root / "globals.sql").write_text(roles)
    for each in owners:
        _dump(stack, each)
    stack.compose("down")
    _swap(stack)
    stack.compose("up", "-d", "postgres")
    _serves(stack)
    container = stack.states()["postgres"].id
    stack.lab.docker("cp", str(stack.root / "globals.sql"), f"{container}:/tmp/globals.sql")
    _in_server(stack, "psql", "-Xq", *_USER, "-d", "postgres", "-f", "/tmp/globals.sql")  # noqa: S108
    for each, owner in owners.items():
        _in_server(stack, "dropdb", *_USER, "--if-exists", "--force", "--maintenance-db=postgres", each)
        _in_server(stack, "createdb", *_USER, "--maintenance-db=postgres", "-T", "template0", "-O", owner, each)
        _restore(stack, each)
    stack.compose("up", "-d")
    stack.wait_ready()


GUIDE: dict[str, Callable[[LabStack], None]] = {
    "guide": literally,
    "guide without loss": without_losing_writes,
}


def _in_server(stack: LabStack, *words: str) -> str:
    return stack.compose("exec", "-T", "postgres", *words, timeout_s=3600).stdout


def _dump(stack: LabStack, database: str) -> None:
    container, inside = stack.states()["postgres"].id, f"/tmp/{database}.dump"  # noqa: S108 - in the container
    _in_server(stack, "pg_dump", *_USER, "-Fc", "-f", inside, database)
    stack.lab.docker("cp", f"{container}:{inside}", str(_dump_file(stack, database)))


def _restore(stack: LabStack, database: str) -> None:
    container, inside = stack.states()["postgres"].id, f"/tmp/{database}.dump"  # noqa: S108 - in the container
    stack.lab.docker("cp", str(_dump_file(stack, database)), f"{container}:{inside}")
    stack.compose(
        "exec", "-T", "postgres", "pg_restore", *_USER, "-d", database, inside, timeout_s=3600, check=False
    )  # what it cannot restore it counts, and the guide goes on


def _dump_file(stack: LabStack, database: str) -> Path:
    return stack.root / f"{database}.dump"


def _swap(stack: LabStack) -> None:
    """The image, the mount, and the end of the volume."""
    file = stack.clone / COMPOSE_FILE
    text = file.read_text().replace("postgres:17", "postgres:18")
    file.write_text(text.replace("/var/lib/postgresql/data", "/var/lib/postgresql"))
    stack.lab.docker("volume", "rm", f"{stack.project}_postgres_data")


def _serves(stack: LabStack) -> None:
    """Over TCP: while the image initialises, a server answers on the socket alone."""
    limit = time.monotonic() + _SERVER_S
    asked = ("exec", "-T", "postgres", "pg_isready", "-q", "-h", "127.0.0.1", *_USER)
    while stack.compose(*asked, check=False).returncode:
        if time.monotonic() > limit:
            raise RuntimeError("the guide's new server does not get healthy")
        time.sleep(0.2)
