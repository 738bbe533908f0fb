"""A Postgres server outside the project: how avnwizard.toml names it, and how a stack shows that it uses one."""

from pathlib import Path

import pytest

from avnwizard.domain import commands
from avnwizard.domain.config import parse_config
from avnwizard.domain.postgres.outside import OutsideServer, outside_from, pointed_outside
from avnwizard.errors import HostError, UsageError
from avnwizard.wiring.outside_password import password_of

_DSN = "postgresql://app@db.example.com:5433/app?sslmode=verify-full&sslrootcert=/etc/ca.pem"


def test_a_dsn_names_the_server() -> None:
    """Host, port, user, database and TLS; without a mode it is encrypted."""
    found = outside_from(_DSN)
    assert (found.host, found.port, found.user, found.databases) == ("db.example.com", 5433, "app", ("app",))
    assert (found.tls, found.ca_file, found.name) == ("verify-full", "/etc/ca.pem", "db.example.com:5433")
    assert outside_from("postgres://app@db/x", databases=("a", "b")).databases == ("a", "b")
    assert outside_from("postgres://app@db/x").tls == "require"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('dsn = "postgresql://app:s3cret@db/app"', "dsn: Must hold no password"),
        ('dsn = "postgresql://app@db/app?password=s3cret"', "dsn: Must hold no password"),
        ('dsn = "mysql://s3cret@db/app"', "dsn: Must be a URL such as"),
        ('dsn = "postgresql://s3cret@db:port/app"', "dsn: Must be a URL such as"),
        ('dsn = "postgresql://db/s3cret"', "dsn: Must be a URL such as"),
        ('dsn = "postgresql://app@db"', "databases: Must name those of this stack"),
        ('dsn = "postgresql://app@db/app?sslmode=maybe"', "sslmode must be one of"),
        ('dsn = "postgresql://app@db/app?options=-c"', "no option but sslmode and sslrootcert"),
        ('dsn = "postgresql://app@db/app"\npassword_file = "pw"', "password_file: Must be an absolute path"),
    ],
)
def test_what_cannot_be_used_is_one_error(lines: str, said: str) -> None:
    """With the key, and without a secret that somebody wrote there."""
    with pytest.raises(UsageError) as raised:
        parse_config(f"[postgres]\n{lines}\n", source="avnwizard.toml")
    assert raised.value.message.startswith("avnwizard.toml: postgres.")
    assert said in raised.value.message
    assert "s3cret" not in raised.value.message


def test_the_password_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In avnwizard's own environment first, then in the env file; or in a file of its own."""
    env, file = tmp_path / ".env", tmp_path / "pw"
    env.write_text("DB_PW='of the file'\n")
    file.write_text("alone\n")
    named = outside_from("postgres://app@db/app", password_variable="DB_PW")
    assert password_of(named, env).reveal() == "of the file"
    monkeypatch.setenv("DB_PW", "of the shell")
    assert password_of(named, env).reveal() == "of the shell"
    assert password_of(outside_from("postgres://app@db/app", password_file=str(file)), env).reveal() == "alone"
    monkeypatch.delenv("DB_PW")
    with pytest.raises(HostError, match="in no variable DB_PW"):
        password_of(named, tmp_path / "none")
    with pytest.raises(HostError, match="cannot be read"):
        password_of(outside_from("postgres://app@db/app", password_file=str(tmp_path / "none")), env)


def test_tools_never_carry_the_password() -> None:
    """It goes by the name of a variable, into a container too."""
    argv = commands.outside_tool("postgres:17", commands.pg_dumpall_globals(), "/etc/ca.pem")
    assert argv[:2] == ("docker", "run")
    assert [argv[at + 1] for at, word in enumerate(argv) if word == "-e"] == list(commands.PG_VARIABLES)
    assert "/etc/ca.pem:/etc/ca.pem:ro" in argv
    assert commands.outside_tool("", ("pg_dump", "x")) == ("pg_dump", "x")


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("DATABASE_URL", "postgres://u:p@db.example.com/outline", "db.example.com:5432"),
        ("DSN", "postgresql+asyncpg://u:p@10.0.0.5:6432/x?y", "10.0.0.5:6432"),
        ("PGHOST", "db.example.com", "db.example.com:5432"),
        ("DB_HOSTNAME", "db.example.com", "db.example.com:5432"),
        ("DB_POSTGRESDB_HOST", "db.example.com", "db.example.com:5432"),
        ("AUTHENTIK_POSTGRESQL__HOST", "db.example.com", "db.example.com:5432"),
        ("DATABASE_URL", "postgres://u:p@postgres/x", ""),
        ("DATABASE_URL", "postgres://u:p@pg-alias/x", ""),
        ("PGHOST", "/var/run/postgresql", ""),
        ("DB_HOST", "localhost", ""),
        ("GITHUB_HOST", "github.example.com", ""),
        ("URL", "postgres://[broken", ""),
    ],
)
def test_what_a_service_is_pointed_at(key: str, value: str, place: str) -> None:
    """Names of services, aliases and this machine are none; the variables are those of real projects."""
    services = {
        "web": {"environment": {key: value, "EMPTY": None}},
        "job": {"environment": [f"{key}={value}"]},
        "postgres": {"networks": {"default": {"aliases": ["pg-alias"]}, "other": None}},
    }
    assert pointed_outside(services) == ({place: ("job", "web")} if place else {})


def test_the_name_shows_no_user() -> None:
    """Host and port alone go into sentences."""
    server = OutsideServer("db\x1b[31m", 5432, "app", ("app",))
    assert "\x1b" not in server.name
    assert "app" not in server.name
