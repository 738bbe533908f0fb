"""The proof that a dump restores: into a scratch database alongside the live ones, compared, and dropped."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from avnwizard.domain.host import DatabaseFacts
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.names import purpose_of
from avnwizard.domain.postgres.room import restore_bytes
from avnwizard.domain.snapshot import DumpedDatabase, Manifest, Proof
from avnwizard.domain.words import size
from avnwizard.errors import HostError
from avnwizard.ports import Database, Progress

_DISAGREE = "The dump cannot be trusted. Look at the server's log and disk; then take the snapshot again."


def room_needed(databases: Sequence[DatabaseFacts]) -> int:
    """Bytes on the server's data disk: what a restore of the largest takes, since they are proven one at a time."""
    return restore_bytes([max((one.size_bytes for one in databases), default=0)])


def level(database: Database, databases: Sequence[DatabaseFacts], wanted: Proof) -> tuple[Proof, str]:
    """How far a snapshot can be proven now, and why not further ("" where it is as far as was wanted)."""
    if wanted == "read back":
        return "read back", ""
    free, needed = database.proving_bytes(), room_needed(databases)
    if free is None:
        return "read back", "the free space of the server's data folder cannot be seen"
    if free < needed:
        return (
            "read back",
            f"a scratch database needs {size(needed)} where the server keeps its data, and {size(free)} is free",
        )
    return "restored", ""


def drop_scratch(database: Database) -> None:
    """Drop the scratch databases that a crash left; the caller holds the stack's lock, so nobody uses them."""
    for one in database.databases():
        if purpose_of(one.name) == "proof":
            database.drop(one.name)


def prove(database: Database, dumped: DumpedDatabase, dump: Path, scratch: str, progress: Progress) -> DumpedDatabase:
    """Restore a dump under a scratch name, compare schema and rows with the moment of the dump, and drop it.

    Raises:
        HostError: it does not restore, or something differs; the scratch database is gone either way.
    """
    began = time.monotonic()
    try:
        database.drop(scratch)
        database.create(scratch, owner=dumped.owner, like=dumped.properties or dumped.name)
        database.restore(dump, scratch, progress, scratch=True)
        _require_equal(database, dumped, scratch)
    except HostError as error:
        raise HostError(
            f"The dump of {dumped.name} did not pass its proof: {error.message}",
            error.hint
            if error.hint == _DISAGREE
            else f'{error.hint} To go without this proof: [snapshot] proof = "read back".',
        ) from error
    finally:
        with contextlib.suppress(HostError):  # a server that is gone; the next snapshot drops it
            database.drop(scratch)
    return replace(dumped, proof="restored", restore_s=round(time.monotonic() - began, 3))


def difference(database: Database, dumped: DumpedDatabase, name: str) -> str:
    """How a database that was restored under a name differs from what was dumped; "" where it does not.

    Rows are compared where they were counted at the moment of the dump; older snapshots counted them later.
    """
    if database.fingerprint(name) != dumped.fingerprint:
        return "it has another schema"
    found = database.row_counts(name)
    for table in sorted({*found, *dumped.rows}):
        there, then = found.get(table), dumped.rows.get(table)
        if there is None or then is None or (dumped.exact and there != then):
            now, before = "no" if there is None else there, "none" if then is None else then
            return f"{printable(table, limit=200)} has {now} rows, {before} were dumped"
    return ""


def _require_equal(database: Database, dumped: DumpedDatabase, scratch: str) -> None:
    if wrong := difference(database, dumped, scratch):
        raise HostError(f"restored, {wrong}.", _DISAGREE)


def facts_of(manifest: Manifest) -> tuple[DatabaseFacts, ...]:
    """The databases of a snapshot, as large as they were."""
    return tuple(DatabaseFacts(one.name, one.owner, one.size_bytes) for one in manifest.databases)
