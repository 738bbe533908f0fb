"""Going back where a database is out of avnwizard's reach: outside the stack, or a server that no snapshot holds.

Nobody compared its schema, so nobody can say that the old code works on it. Only the operator can, and may also have
put it back from another backup: a rollback asks for consent, and never says that nothing is lost.
"""

from collections.abc import Sequence

from avnwizard.domain.migrations.verdict import NO_MIGRATIONS
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.engine.records import StepRecord
from avnwizard.flows.host import Host
from avnwizard.flows.safety.unprotected import listed
from avnwizard.flows.stack.begun import one_shots

UNRESTORED = "--accept-unrestored"
"""The flag by which the operator agrees that databases which avnwizard cannot restore stay as they are."""


def changed_unseen(host: Host, plan: Plan, begun: Sequence[StepRecord]) -> tuple[str, ...]:
    """The one-shots of a run that may have changed a database which does not go back.

    None where every database is the snapshotted server's, or where the release's migrations were read and leave the
    old code working.
    """
    if (plan.has_database or host.has_database) and not _left_out(host, plan):
        return ()
    jobs = one_shots(begun)
    harmless = has_verdict(plan) and not plan.rollback_needs_restore
    return () if harmless and all(runs_release(plan, job) for job in jobs) else jobs


def _left_out(host: Host, plan: Plan) -> tuple[str, ...]:
    """The servers that no snapshot holds and that the old code used: not those that the release brought."""
    old = {part.service for part in plan.services if part.image_old}
    return plan.snapshot.not_held or tuple(name for name in host.choice.others if name in old)


def has_verdict(plan: Plan) -> bool:
    """Whether migrations were found and judged, so that what moved a schema may be known."""
    return plan.migrations_read and plan.verdict != NO_MIGRATIONS


def runs_release(plan: Plan, job: str) -> bool:
    """Whether a one-shot runs the release's own SQL files; what other vendors' images bring, nobody has read."""
    image = next((part.image_new for part in plan.services if part.service == job), "")
    return image.partition("@")[0].rpartition(":")[2] == plan.target.tag


def no_database_here(jobs: Sequence[str]) -> str:
    """The verdict's reason on a stack without a database of its own."""
    if not jobs:
        return "this stack has no database of its own, and no migration ran that the old code is known to fail on"
    return (
        f"this stack has no database of its own: nobody compared what {listed(jobs)} changed, "
        "and the old code runs on it"
    )


def code_alone(plan: Plan, jobs: Sequence[str]) -> tuple[str, ...]:
    """What the operator has to agree to, where one-shots may have changed a database that does not go back."""
    if not jobs:
        return ()
    where = (
        f"in {listed(plan.snapshot.not_held)}, which no snapshot holds"
        if plan.snapshot.not_held
        else "in a database that no snapshot holds"
    )
    text = (
        f"{listed(jobs)} may have changed a schema {where}: avnwizard does not put that back, and "
        f"{printable(plan.current.tag)} will run on it as it is. Put it back from your own backup first if the old "
        "code cannot work on it."
    )
    return (text,)
