"""Which services reach the database through PgBouncer alone."""

from typing import Any

from avnwizard.domain.postgres.pooler import Pooled, pooled

_STACK: dict[str, dict[str, Any]] = {
    "db": {"image": "postgres:17", "container_name": "the-db"},
    "pool": {
        "image": "edoburu/pgbouncer:1.24",
        "networks": {"back": {"aliases": ["pooled.internal"]}, "other": None},
    },
    "web": {"environment": {"DATABASE_URL": "postgres://u:p@pool:6432/app"}},
    "worker": {"environment": {"PGHOST": "pooled.internal"}},
    "both": {"environment": {"URL": "postgres://u@pool:6432/a", "MIGRATE_URL": "postgres://u@the-db/a"}},
    "direct": {"environment": {"DSN": "postgres://u:p@db:5432/app"}},
    "spoken": {"command": ["serve", "--dsn", "host=pool user=u"]},
    "silent": {"environment": {"POOL": "swimming pool"}},
}
_USERS = ("pool", "web", "worker", "both", "direct", "spoken", "silent")


def test_only_those_that_name_the_pool_alone() -> None:
    """By service, alias or container name, in a URL, a host or a command; who names the server too is not held."""
    assert pooled(_STACK, "db", _USERS) == Pooled(("pool",), ("web", "worker", "spoken"))


def test_no_pool() -> None:
    """Without one, or without anybody behind it, nothing is held."""
    assert pooled({name: one for name, one in _STACK.items() if name != "pool"}, "db", _USERS) == Pooled()
    assert pooled(_STACK, "db", ("pool", "direct")) == Pooled()
