"""Runs that another run carries as one of its steps: each is a run of its own, and is found by its fact."""

from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord

WITHIN = "within"
"""A fact of such a run as a whole: the name of the run that carries it, which may be in another stack's journal."""


def within(journal: Journal, run: str) -> str:
    """The run that carries this one; "" where it goes by itself."""
    return str(journal.facts(run, "").get(WITHIN, ""))


def own_runs(journal: Journal) -> list[RunRecord]:
    """The runs that go by themselves, newest first: what may be taken back on its own."""
    return [record for record in journal.runs() if not within(journal, record.id)]


def apart(journal: Journal) -> list[RunRecord]:
    """The runs that no other run of this journal carries, newest first: what is left unfinished is named once."""
    runs = journal.runs()
    known = {record.id for record in runs}
    return [record for record in runs if within(journal, record.id) not in known]
