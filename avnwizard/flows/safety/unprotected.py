"""What a snapshot does not protect, in the sentences of check, plan and report: the same on every surface."""

from collections.abc import Iterator, Sequence

from avnwizard.domain.findings import Finding
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.domain.postgres.outside import pointed_outside
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host

_BACKUP = "Take a backup of your own before you go on, and know how to restore it."


def require_known_database(host: Host) -> None:
    """Refuse to plan where nobody knows which service is the database.

    Raises:
        RefusedError: says how to name it.
    """
    if host.choice.trouble:
        raise RefusedError(f"{host.choice.trouble} Nothing was changed.", host.choice.hint)


def database_findings(host: Host) -> Iterator[Finding]:
    """What `check` says of the database."""
    choice = host.choice
    if choice.trouble:
        yield Finding("database", "stop", choice.trouble, choice.hint)
        return
    if not choice.servers:
        yield Finding("database", "warn", none_is_taken(choice.why_no_snapshot), _BACKUP)
    for name in choice.services:
        yield Finding("database", "ok", f"{printable(name)} is {_the(choice)} PostgreSQL server that is snapshotted.")
    if choice.outside:
        yield from _outside(host)
    for name in choice.others:
        yield Finding("database", "warn", not_held(name), _BACKUP)
    yield from (Finding("database", "warn", text, _BACKUP) for text in beyond_reach(host, host.stack.resolve()))


def _the(choice: DatabaseChoice) -> str:
    return "the" if len(choice.servers) == 1 else "a"


def _outside(host: Host) -> Iterator[Finding]:
    """That the server outside answers, and whether a snapshot of it could be put back."""
    choice = host.choice
    if not host.platform.database("").may_create():
        yield Finding(
            "database", "warn",
            f"The user of {choice.outside} may not create databases there: no snapshot could be put back.",
            "ALTER ROLE ... CREATEDB, by whoever runs that server.",
        )  # fmt: skip
    else:
        yield Finding(
            "database", "ok", f"{choice.outside}, outside this stack, is {_the(choice)} PostgreSQL server that is "
            "snapshotted. Its roles and its disk are its operator's.",
        )  # fmt: skip


def beyond_reach(host: Host, model: ComposeModel) -> tuple[str, ...]:
    """A sentence for each database server outside the stack that services are pointed at and no snapshot holds."""
    pointed, ours = pointed_outside(model.raw.get("services") or {}), host.choice.outside
    if ours and ours not in pointed and len(pointed) == 1:
        return ()  # the same server under another name, as far as anybody can see
    return tuple(
        f"{listed(users)} {'is' if len(users) == 1 else 'are'} pointed at the database server "
        f"{printable(place, limit=100)}, outside this stack: no snapshot holds it, "
        "and it does not go back in a rollback."
        for place, users in pointed.items()
        if place != ours
    )


def snapshot_warnings(snapshot: SnapshotPlan) -> list[str]:
    """What a plan warns of."""
    found = [] if snapshot.taken else [none_is_taken(snapshot.why_not)]
    return found + [not_held(name) for name in snapshot.not_held]


def none_is_taken(why: str) -> str:
    """That there will be no snapshot, and what that means."""
    return f"No snapshot is taken: {why}. What a migration changes, avnwizard cannot undo."


def not_held(service: str) -> str:
    """That a server is left out."""
    return (
        f"{printable(service, limit=63)} runs PostgreSQL and is in no snapshot: "
        "its databases do not go back in a rollback."
    )


def after_job(plan: Plan) -> str:
    """What going back costs once a one-shot has run."""
    if not plan.snapshot.taken:
        return "from here on: what it changed in a database stays; no snapshot is taken, avnwizard cannot undo it"
    text = (
        "from here on: if it changed a schema, the databases are restored from the snapshot; "
        "what was written since is set aside"
    )
    return f"{text}; what it changed in {listed(plan.snapshot.not_held)} stays" if plan.snapshot.not_held else text


def listed(names: Sequence[str]) -> str:
    """Service names for a sentence."""
    return ", ".join(printable(name, limit=63) for name in names)
