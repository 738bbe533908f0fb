"""Rows under Hydra's secrets on real PostgreSQL servers: counted by key, and sealed again while others write."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.adapters.postgres.sealed_rows import PostgresSealedRows
from avnwizard.domain.rotation.sealing import Keyring
from avnwizard.domain.secret import Secret
from tests.adapters.postgres_server import LocalServer

NEW, OLD, STRANGE = (Secret(letter * 32) for letter in "nos")
RING = Keyring([NEW, OLD, STRANGE])
_SCHEMA = """
CREATE TABLE hydra_jwk (sid varchar(255), kid varchar(255), keydata text NOT NULL, created_at timestamp NOT NULL);
CREATE TABLE hydra_client (id text PRIMARY KEY, created_at timestamp NOT NULL DEFAULT now(),
  registration_access_token_signature varchar(128) NOT NULL DEFAULT '');
CREATE TABLE hydra_oauth2_refresh (signature varchar(255) PRIMARY KEY, requested_at timestamp NOT NULL DEFAULT now(),
  session_data text NOT NULL, active boolean NOT NULL DEFAULT true, expires_at timestamp);
CREATE TABLE hydra_oauth2_access (LIKE hydra_oauth2_refresh INCLUDING ALL);
CREATE TABLE sessions (id int, active boolean, expires_at timestamptz)
"""


@pytest.fixture
def rows(postgres: LocalServer) -> Iterator[tuple[PostgresSealedRows, "psycopg.Connection[tuple[object, ...]]"]]:
    """A database with tables as Hydra v2.3.0 has them, and a connection to fill it by."""
    with psycopg.connect(**postgres.connection("postgres"), autocommit=True) as lobby:  # type: ignore[arg-type]  # text
        lobby.execute("DROP DATABASE IF EXISTS hydra")
        lobby.execute("CREATE DATABASE hydra")
    with psycopg.connect(**postgres.connection("hydra"), autocommit=True) as filling:  # type: ignore[arg-type]  # text
        filling.execute(_SCHEMA)
        yield PostgresDatabase(postgres).sealed_rows("hydra"), filling


def _token(filling: "psycopg.Connection[tuple[object, ...]]", name: str, under: int, how: str = "active") -> None:
    table = "access" if name.startswith("access") else "refresh"
    expiry = {"expired": "now() - interval '1 hour'", "endless": "NULL"}.get(how, "now() + interval '30 days'")
    data = '{"plain": 1}' if how == "plain" else RING.seal(json.dumps({"name": name}).encode(), under=under)
    filling.execute(
        f"INSERT INTO hydra_oauth2_{table} (signature, session_data, active, expires_at)"
        f" VALUES (%s, %s, %s, {expiry})",
        (name, data, how != "dead"),
    )


def test_counts_are_exact(rows: tuple[PostgresSealedRows, "psycopg.Connection[tuple[object, ...]]"]) -> None:
    """By key, by whether they live, and by what never ends; tables that a version lacks are no matter."""
    sealed, filling = rows
    for number, (under, how) in enumerate(
        [(1, "active")] * 3 + [(1, "dead"), (1, "expired"), (1, "endless"), (2, "active"), (0, "plain")]
        + [(0, "active")] * 5
    ):  # fmt: skip
        _token(filling, f"refresh-{number}", under, how)
    _token(filling, "access-1", 1)
    key = RING.seal(b"{}", under=1)
    filling.execute("INSERT INTO hydra_jwk VALUES ('set', 'kid', %s, now())", (key,))
    filling.execute("INSERT INTO hydra_client VALUES ('dynamic', now(), 'signature'), ('plain', now(), '')")
    assert sealed.tally(NEW, [OLD], written_at=None).registrations == 0
    tally = sealed.tally(NEW, [OLD], written_at=None, dynamic=True)
    refresh = tally.tables["hydra_oauth2_refresh"]
    assert (refresh.new, refresh.old, refresh.plain, refresh.unreadable) == (5, 6, 1, 1)
    assert (refresh.needing, refresh.endless) == (5, 1)  # three, the endless one, the plain one
    assert (tally.tables["hydra_oauth2_access"].needing, tally.old_keys, tally.registrations) == (1, 1, 1)
    assert (tally.sessions, tally.safe_at, tally.unreadable) == (7, None, 1)
    later = sealed.tally(NEW, [OLD], written_at=tally.now - 3600, dynamic=True)
    assert (later.tables["hydra_oauth2_refresh"].needing, later.registrations) == (4, 0)
    assert dict(sealed.living(["hydra_oauth2_refresh", "sessions", "not_there"])) == {
        "hydra_oauth2_refresh": 10,
        "sessions": 0,
    }


def test_everything_is_sealed_again_and_nothing_else_changes(
    rows: tuple[PostgresSealedRows, "psycopg.Connection[tuple[object, ...]]"],
) -> None:
    """The signing keys apart from the sessions; the order of the keys, the contents and strangers' rows stay."""
    sealed, filling = rows
    for number in range(450):
        _token(filling, f"refresh-{number}", number % 3)
    for number in range(5):
        key = RING.seal(b"%d" % number, under=1)
        moment = f"2026-01-0{number + 1}"
        filling.execute("INSERT INTO hydra_jwk VALUES ('set', %s, %s, %s)", (f"kid-{number}", key, moment))
    before = _opened(filling)
    ordered = "SELECT kid, created_at FROM hydra_jwk ORDER BY created_at DESC"
    order = filling.execute(ordered).fetchall()
    assert sealed.rewrap(NEW, [OLD], keys=True) == 5
    assert sealed.tally(NEW, [OLD], written_at=None).tables["hydra_oauth2_refresh"].old == 150
    assert sealed.rewrap(NEW, [OLD], keys=False) == 150
    assert sealed.rewrap(NEW, [OLD], keys=False) == sealed.rewrap(NEW, [OLD], keys=True) == 0
    tally = sealed.tally(NEW, [OLD], written_at=None)
    refresh = tally.tables["hydra_oauth2_refresh"]
    assert (refresh.new, refresh.old, refresh.unreadable, tally.old_keys) == (300, 0, 150, 0)
    assert _opened(filling) == before
    assert filling.execute(ordered).fetchall() == order


def test_a_row_that_the_service_changes_meanwhile_is_left_as_it_is(
    rows: tuple[PostgresSealedRows, "psycopg.Connection[tuple[object, ...]]"],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was written between the reading and the sealing stands, and is sealed in the next pass."""
    sealed, filling = rows
    for number in range(20):
        _token(filling, f"refresh-{number}", 1)
    once: list[bool] = []
    seal = Keyring.seal

    def meanwhile(ring: Keyring, plaintext: bytes, **how: Any) -> str:
        if not once:
            once.append(True)
            data = seal(RING, b'{"name": "written meanwhile"}', under=1)
            filling.execute(
                "UPDATE hydra_oauth2_refresh SET session_data = %s WHERE signature = 'refresh-7'", (data,)
            )
        return seal(ring, plaintext, **how)

    monkeypatch.setattr(Keyring, "seal", meanwhile)
    assert sealed.rewrap(NEW, [OLD], keys=False) == 20
    assert _opened(filling)["refresh-7"] == b'{"name": "written meanwhile"}'
    assert sealed.tally(NEW, [OLD], written_at=None).tables["hydra_oauth2_refresh"].new == 20


def _opened(filling: "psycopg.Connection[tuple[object, ...]]") -> dict[object, bytes]:
    """Every row's content, by its name."""
    query = "SELECT signature, session_data FROM hydra_oauth2_refresh UNION ALL SELECT kid, keydata FROM hydra_jwk"
    found = {name: RING.open(str(text)) for name, text in filling.execute(query).fetchall()}
    return {name: opened.plaintext for name, opened in found.items() if opened}
