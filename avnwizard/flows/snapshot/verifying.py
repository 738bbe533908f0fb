"""Looking at a kept snapshot again, as deep as is asked and as the server allows."""

import time
from pathlib import Path

from avnwizard.domain.postgres.names import scratch
from avnwizard.engine import supervise
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.holding import holding
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import proving, snapshots
from avnwizard.ports import Progress

WORDS = {
    "checksums": "every file has its checksum",
    "read back": "every file has its checksum, every dump was read to its end",
    "restored": "every file has its checksum, every dump was restored and compared",
}


def verify(host: Host, folder: Path, *, restored: bool, progress: Progress) -> tuple[str, str]:
    """Read every part from the disk, then every dump with the server's own tools; (level, why not deeper).

    Raises:
        HostError: something is damaged; it names the part.
        RefusedError: a restore was asked for, and there is no room.
        BusyError: a restore was asked for, and a run holds the stack.
    """
    manifest = snapshots.load(host.files, folder)
    total = manifest.size_bytes
    snapshots.verify(host.files, folder, lambda done: progress(done, total))
    try:
        database = host.database()
        database.server()
    except HostError:
        if restored:
            raise
        return "checksums", "; Postgres does not answer, so the dumps were not read with its tools"
    for one in manifest.databases:
        database.read_back(folder / one.dump.file, progress)
    if not restored:
        return "read back", ""
    run = supervise.new_run_id(time.time())
    with holding(host, run=run, kind="verify"):
        level, note = proving.level(database, proving.facts_of(manifest), "restored")
        if level != "restored":
            raise RefusedError(
                f"There is no room to restore into: {note}.", "Make room where the server keeps its data."
            )
        proving.drop_scratch(database)
        for one in manifest.databases:
            proving.prove(database, one, folder / one.dump.file, scratch(one.name, run), progress)
    return "restored", ""
