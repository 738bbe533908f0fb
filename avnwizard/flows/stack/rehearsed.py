"""What the last rehearsal of a release showed, as the journal has it."""

from avnwizard.domain.rehearsal.result import RESULT, Rehearsed
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.flows.host import Host

KIND, VERDICT, REHEARSED = "rehearsal", "verdict", "rehearsed"


def result_of(journal: Journal, run: RunRecord) -> Rehearsed | None:
    """What a rehearsal showed; None where it did not get so far, or another version kept it otherwise."""
    kept = journal.facts(run.id, VERDICT).get(REHEARSED)
    try:
        return None if kept is None else RESULT.adapter.validate_python(kept)
    except ValueError:
        return None


def last_rehearsal(journal: Journal, commit: str = "") -> Rehearsed | None:
    """The newest finished rehearsal, or that of one commit; None where there is none."""
    for run in journal.runs():
        found = result_of(journal, run) if run.kind == KIND and run.state == "done" else None
        if found and commit in ("", found.commit):
            return found
    return None


def rehearsed(host: Host, commit: str) -> tuple[str, ...]:
    """What the last rehearsal of a commit showed, in sentences; no journal is made for that."""
    if not host.files.exists(host.state.journal):
        return ()
    journal = host.journal()
    try:
        found = last_rehearsal(journal, commit)
    finally:
        journal.close()
    return tuple(found.sentences()) if found else ()
