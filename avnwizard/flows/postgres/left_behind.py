"""What replication of avnwizard's keeps on the server, as findings: asked of the server itself."""

from collections.abc import Iterator

from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.domain.words import count, size, verb
from avnwizard.engine.records import UNFINISHED
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.flow import PostgresMajor

_DROP = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name ~ '^avnwizard_follow_'"


def replication_findings(host: Host) -> Iterator[Finding]:
    """Slots for a server that follows, with the run that needs them; without one they would fill the disk."""
    if not host.postgres_service or not host.has_clusters:
        return
    for one in host.stack.containers(host.postgres_service):
        if one.one_off or one.state != "running":
            continue
        try:
            slots, held = host.clusters().followers.kept(one.id)
        except HostError:
            continue  # whether the server answers is said elsewhere
        if slots:
            yield _finding(host, slots, held)


def _finding(host: Host, slots: int, held: int) -> Finding:
    service, many = printable(host.postgres_service, limit=63), count(slots, "replication slot")
    keeps = f"{many} of avnwizard's {verb(slots, 'keeps', 'keep')} {size(held)} of WAL on {service}"
    run = next((one for one in host.journal().runs() if one.kind == PostgresMajor.kind), None)
    if run is not None and run.state in UNFINISHED:
        return Finding(
            "database", "warn", f"{keeps}, for run {run.id}.", "They go with that run: resume it, or roll it back."
        )
    return Finding("database", "stop", f"{keeps}, and no run needs them.", f"As a superuser, in psql: {_DROP};")
