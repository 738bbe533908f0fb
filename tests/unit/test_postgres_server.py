"""Is this service PostgreSQL? The container's facts decide, the image's name is a hint; then which one is chosen."""

import pytest

from avnwizard.domain.postgres.choice import choose_database
from avnwizard.domain.postgres.server import Evidence, Judgement, is_named_postgres, judge, judge_service

_OFFICIAL = frozenset({"PATH", "PGDATA", "PG_MAJOR", "PG_VERSION"})
_PORT = frozenset({"5432/tcp"})
_UP = ("docker-entrypoint.sh", "postgres")


@pytest.mark.parametrize(
    ("image", "named"),
    [
        ("postgres:17-alpine", True),
        ("registry.local:5000/library/postgres@sha256:00", True),
        ("pgvector/pgvector:pg17", True),
        ("postgis/postgis:16-3.4", True),
        ("timescale/timescaledb-ha:pg17", True),
        ("tensorchord/vchord-postgres:pg17-v0.3", True),
        ("zulip/zulip-postgresql:14", True),
        ("example.test/openimis-pgsql:24.10", True),
        ("bitnami/postgresql:17", True),
        ("edoburu/pgbouncer:1.24", False),
        ("bitnami/pgpool:4", False),
        ("dpage/pgadmin4:9", False),
        ("prometheuscommunity/postgres-exporter:v0.17", False),
        ("postgrest/postgrest:v13", False),
        ("supabase/postgres-meta:v0.91", False),
        ("prodrigestivill/postgres-backup-local:17", False),
        ("valkey/valkey:8.1", False),
    ],
)
def test_the_name_is_a_hint(image: str, named: bool) -> None:
    """Names of servers, and of what stands beside one."""
    assert is_named_postgres(image) is named


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence("a", "acme/datastore:3", programs=frozenset({"postgres", "sh"})), "server"),
        (Evidence("a", "postgres:17", _OFFICIAL, _PORT, _UP, frozenset({"go-cron"})), "other"),
        (Evidence("a", "pgbouncer:1", frozenset({"PATH"}), _PORT, programs=frozenset({"pgbouncer"})), "other"),
        (Evidence("a", "postgres:17", _OFFICIAL, _PORT, _UP), "server"),
        (Evidence("a", "acme/datastore:3", _OFFICIAL, _PORT, _UP), "server"),
        (Evidence("a", "postgres:17", _OFFICIAL, _PORT, ("docker-entrypoint.sh", "-c", "fsync=off")), "server"),
        (Evidence("a", "postgres:17", command=("-c", "max_connections=200")), "server"),
        (Evidence("a", "postgres:17", _OFFICIAL, _PORT, ("sh", "-c", "init && exec postgres -D /d")), "server"),
        (Evidence("a", "postgres:17", _OFFICIAL, _PORT, ("gosu", "postgres", "postgres")), "server"),
        (Evidence("a", "postgres:17", _OFFICIAL, _PORT, ("psql", "-h", "postgres", "-U", "postgres")), "other"),
        (Evidence("a", "postgres:17", _OFFICIAL, _PORT, ("gosu", "postgres", "pg_dump", "postgres")), "other"),
        (Evidence("a", "postgres:17", _OFFICIAL, _PORT, ("sh", "-c", "until pg_isready; do :; done")), "other"),
        (Evidence("a", "postgres:17", _OFFICIAL, _PORT, ("/start.sh",)), "unsure"),
        (Evidence("a", "acme/backup:17", _OFFICIAL, _PORT, ("/init.sh",)), "unsure"),
        (Evidence("a", "acme/store:3", frozenset({"PATH"}), _PORT, ("/start.sh",)), "unsure"),
        (Evidence("a", "edoburu/pgbouncer:1", frozenset({"PATH"}), _PORT, ("/entrypoint.sh",)), "other"),
        (Evidence("a", "pgvector/pgvector:pg17"), "server"),
        (Evidence("a", "acme/web:1", frozenset({"PATH"}), frozenset({"80/tcp"}), ("web",)), "other"),
    ],
)
def test_the_container_decides(evidence: Evidence, expected: Judgement) -> None:
    """What runs in it, else what its image sets and what it was started with."""
    assert judge(evidence) == expected


def test_one_container_is_enough() -> None:
    """A service whose second container does something else is a server; without any container it is none."""
    server, other = Evidence("a", "x", programs=frozenset({"postgres"})), Evidence("a", "x")
    assert judge_service([other, server]) == "server"
    assert judge_service([]) == "other"


def test_the_choice() -> None:
    """One server is it, several are all; none, or one that nobody can tell, stop and say how to name it."""
    one = choose_database("", {"db": "server", "web": "other"})
    assert (one.service, one.others, one.trouble) == ("db", (), "")
    two = choose_database("", {"b": "server", "a": "server"})
    assert (two.services, two.labels, two.trouble) == (("a", "b"), ("a", "b"), "")
    none = choose_database("", {"web": "other"})
    assert none.trouble == "No service of this stack was found to be PostgreSQL, so no snapshot could be taken."
    assert 'service = "none"' in none.hint
    unsure = choose_database("", {"db": "server", "old": "unsure"})
    assert unsure.trouble == "avnwizard cannot tell whether old is a PostgreSQL server."
    pointed = choose_database("", {"web": "other"}, reached={"db.example.com:5432": ("web", "job")})
    assert "web, job are pointed at the database server db.example.com:5432 outside it" in pointed.trouble
    assert "yours to back up" in pointed.hint
    outside = choose_database("none", {"web": "other", "a": "server"}, outside="db.example.com:5432")
    assert (outside.servers, outside.others, outside.why_no_snapshot) == (("",), ("a",), "")
    both = choose_database("", {"a": "server"}, outside="db.example.com:5432")
    assert (both.servers, both.labels) == (("", "a"), ("outside", "a"))
    for each in (none, unsure, pointed):
        assert (each.service, bool(each.why_no_snapshot)) == ("", True)


def test_the_operator_says_which() -> None:
    """The named one is it, the others are named as left out; a name that is none, or runs none, stops."""
    found: dict[str, Judgement] = {"a": "server", "b": "server", "web": "other", "old": "unsure"}
    named = choose_database("b", found)
    assert (named.service, named.others, named.trouble) == ("b", ("a",), "")
    assert choose_database("old", found).service == "old"
    assert choose_database("c", found).trouble == (
        'avnwizard.toml names the database service "c", and this stack has none of that name. '
        "PostgreSQL runs in a, b."
    )
    assert "no PostgreSQL server runs in it" in choose_database("web", found).trouble
    none = choose_database("none", found)
    assert (none.service, none.others, none.declared_none, none.trouble) == ("", ("a", "b"), True, "")
    assert none.why_no_snapshot.startswith("avnwizard.toml says that this stack has no database of its own")


def test_names_are_shown_harmless() -> None:
    """Service names come from the compose file."""
    assert "\x1b" not in choose_database("\x1b[2J", {"a": "server"}).trouble
