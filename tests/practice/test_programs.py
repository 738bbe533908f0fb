"""What the programs do on the real database: migrate, refuse, break on a schema, recover."""

from typing import Any

import psycopg
import pytest

from avnwizard.practice.host import PracticeHost
from tests.practice.moving import edit_env, migrate_to_v2, move, move_to_v2, pull_all, run_job, settled


def _query(host: PracticeHost, database: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(**host.postgres.connection(database)) as connection:  # type: ignore[arg-type]  # keywords
        return connection.execute(sql).fetchall()


def _columns(host: PracticeHost, table: str) -> set[str]:
    query = f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0"
    return {row[0] for row in _query(host, "avnology", query)}


def test_a_one_shot_really_migrates(practice_host: PracticeHost) -> None:
    """After v2's `avnology-migrate`, the real table has v2's columns, and every row."""
    before = _query(practice_host, "avnology", "SELECT count(*) FROM accounts")
    move_to_v2(practice_host)
    assert "login_name" in _columns(practice_host, "accounts")
    job = run_job(practice_host, "avnology-migrate")
    assert job.exit_code == 0
    assert {"handle", "state", "region"} <= _columns(practice_host, "accounts")
    assert _query(practice_host, "avnology", "SELECT count(*) FROM accounts") == before == [(200,)]
    assert "applied 0006_account_handles.sql" in practice_host.stack.logs(job.id, lines=10)


def test_v1_is_unhealthy_on_the_schema_of_v2_and_v2_is_healthy(practice_host: PracticeHost) -> None:
    """The old gateway reads a column that is gone; the new one serves."""
    move_to_v2(practice_host)
    migrate_to_v2(practice_host)
    old = settled(practice_host, "gateway", until=lambda each: each.health == "unhealthy")
    assert 'column "login_name" does not exist' in " ".join(practice_host.stack.logs(old.id, lines=1))
    practice_host.stack.up("gateway")
    assert settled(practice_host, "gateway", until=lambda each: each.is_serving).image.endswith(":v2.0.0")


def test_v1_recovers_when_the_old_schema_is_back(practice_host: PracticeHost) -> None:
    """Health is decided by looking, so undoing the change heals the container that is there."""
    move_to_v2(practice_host)
    migrate_to_v2(practice_host)
    settled(practice_host, "gateway", until=lambda each: each.health == "unhealthy")
    with psycopg.connect(**practice_host.postgres.connection("avnology")) as connection:  # type: ignore[arg-type]  # keywords
        connection.execute("ALTER TABLE accounts RENAME COLUMN handle TO login_name")
        connection.execute("ALTER TABLE accounts ADD COLUMN status text")
    assert settled(practice_host, "gateway", until=lambda each: each.is_serving).image.endswith(":v1.5.0")


@pytest.mark.parametrize("service", ["gateway", "kratos", "hydra", "keto"])
def test_new_code_waits_for_its_migrations(practice_host: PracticeHost, service: str) -> None:
    """v2 on v1's schema is not healthy and says what is pending; it heals once the one-shots ran."""
    move_to_v2(practice_host)
    practice_host.stack.up(service)
    new = settled(practice_host, service, until=lambda each: each.health == "unhealthy")
    assert "migrations are pending" in " ".join(practice_host.stack.logs(new.id, lines=1))
    migrate_to_v2(practice_host)
    assert settled(practice_host, service, until=lambda each: each.is_serving).id == new.id


def test_polis_migrates_when_it_boots(practice_host: PracticeHost) -> None:
    """It has no one-shot of its own."""
    move_to_v2(practice_host)
    practice_host.stack.up("polis")
    settled(practice_host, "polis", until=lambda each: each.is_serving)
    assert _query(practice_host, "avnology", "SELECT DISTINCT namespace FROM polis.jackson_store") == [("saml",)]


def test_a_missing_variable_keeps_a_service_from_starting(practice_host: PracticeHost) -> None:
    """It restarts for ever, with a line that names the variable and the release."""
    move_to_v2(practice_host)
    compose = practice_host.project.files[0]
    lines = [line for line in compose.read_text("utf-8").splitlines() if not line.startswith("      SIGNING_SECRET:")]
    compose.write_text("\n".join(lines), "utf-8")
    practice_host.stack.up("gateway")
    gateway = settled(practice_host, "gateway", until=lambda each: each.state == "restarting")
    assert gateway.exit_code == 1
    assert practice_host.stack.logs(gateway.id, lines=1) == (
        "fatal: SIGNING_SECRET is required by gateway v2.0.0 and is not set",
    )


def test_a_wrong_database_password_is_felt(practice_host: PracticeHost) -> None:
    """Programs sign in to the real server with what their container was given."""
    edit_env(
        practice_host,
        lambda text: "\n".join(
            "KETO_DB_PASSWORD=wrong" if line.startswith("KETO_DB_PASSWORD=") else line for line in text.splitlines()
        ),
    )
    practice_host.stack.up("keto")
    keto = settled(practice_host, "keto", until=lambda each: each.health == "unhealthy")
    assert "password authentication failed" in " ".join(practice_host.stack.logs(keto.id, lines=1))


def _set_system_secret(host: PracticeHost, value: str) -> str:
    text = host.project.env_file.read_text("utf-8")
    old = next(line for line in text.splitlines() if line.startswith("HYDRA_SYSTEM_SECRET="))
    edit_env(host, lambda text: text.replace(old, f"HYDRA_SYSTEM_SECRET={value}"))
    return old.partition("=")[2]


def test_hydra_needs_the_secret_under_which_its_keys_are(practice_host: PracticeHost) -> None:
    """A new secret before the old one is well; the old one dropped is not; put back, it heals."""
    new = "n" * 32
    old = _set_system_secret(practice_host, new)
    practice_host.stack.up("hydra")
    hydra = settled(practice_host, "hydra", until=lambda each: each.health == "unhealthy")
    assert "Could not ensure that signing keys exist" in " ".join(practice_host.stack.logs(hydra.id, lines=1))
    _set_system_secret(practice_host, f"{new},{old}")
    practice_host.stack.up("hydra")
    assert settled(practice_host, "hydra", until=lambda each: each.is_serving)


def test_hydra_refuses_a_short_secret(practice_host: PracticeHost) -> None:
    """Fewer than 16 characters."""
    _set_system_secret(practice_host, "short")
    practice_host.stack.up("hydra")
    hydra = settled(practice_host, "hydra", until=lambda each: each.state == "restarting")
    assert "at least 16 characters" in practice_host.stack.logs(hydra.id, lines=1)[0]


def test_a_later_release_still_needs_its_own_migration(practice_host: PracticeHost) -> None:
    """v2.1.0 after v2.0.0: one migration more."""
    move_to_v2(practice_host)
    migrate_to_v2(practice_host)
    practice_host.stack.up("audit")
    settled(practice_host, "audit", until=lambda each: each.is_serving)
    move(practice_host, "v2.1.0")
    pull_all(practice_host)
    practice_host.stack.up("audit")
    settled(practice_host, "audit", until=lambda each: each.health == "unhealthy")
    assert run_job(practice_host, "avnology-migrate").exit_code == 0
    assert settled(practice_host, "audit", until=lambda each: each.is_serving).image.endswith(":v2.1.0")
