"""Restores that did not finish: the same order goes on with one, another one takes its place."""

from avnwizard.domain.postgres.names import purpose_of
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED
from avnwizard.flows.host import Host
from avnwizard.flows.restore.flow import Restore
from avnwizard.planned import StepKind


def same_order(journal: Journal, plan: str) -> str:
    """The run of this very order to go on with: the last run, unfinished; "" where there is none.

    Once another run came after it, the stack is no longer what it left.
    """
    last = next(iter(journal.runs()), None)
    fits = last and last.kind == Restore.kind and last.state in UNFINISHED and last.plan == plan
    return last.id if last and fits else ""


def give_up_untouched(host: Host, journal: Journal, *, but: str) -> None:
    """Restores that stopped before they changed anything: nobody goes on with them, so their copies are dropped."""
    for run in journal.runs():
        if run.id == but or run.kind != Restore.kind or run.state not in UNFINISHED:
            continue
        begun = {step.kind for step in journal.steps(run.id) if step.state != "pending"}
        if begun <= {StepKind.RESTORE}:
            database = host.database()
            for one in database.databases():
                if purpose_of(one.name) == "restoring" and one.name.endswith(run.id):
                    database.drop(one.name)
            journal.set_run(run.id, "given up", message="another restore was begun instead")
