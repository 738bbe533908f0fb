"""Whether what of a release breaks the old code can wait until the operator is sure of the release."""

from dataclasses import dataclass, replace

from avnwizard.domain.migrations import Effect, MigrationVerdict, Statement, TableSize, Unread, Work
from avnwizard.domain.migrations.files import order, upward, why_skipped
from avnwizard.domain.migrations.holding import CannotHoldError, Cut, split
from avnwizard.domain.migrations.pieces import Pieces
from avnwizard.domain.migrations.release_list import Split, listed
from avnwizard.domain.migrations.timing import timed, window_s
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.words import count
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.steps.expand import first_job
from avnwizard.flows.upgrade.inputs import UpgradeInputs
from avnwizard.flows.upgrade.meaning import table_sizes
from avnwizard.flows.upgrade.new_migrations import fresh_texts

OPTION = "--hold-back"


@dataclass(frozen=True)
class Holding:
    """What waits.

    Attributes:
        verdict: on what is left to run now.
        split: how it is run; None in a stack that uses another one's database, which does it for both.
    """

    verdict: MigrationVerdict
    split: Split | None


def hold_back(host: Host, draft: UpgradeInputs) -> Holding:
    """Split the release's migrations; only looked at, nothing is changed.

    Raises:
        RefusedError: says why nothing can wait.
    """
    try:
        return _held(host, draft)
    except CannotHoldError as why:
        raise RefusedError(
            f"Nothing of {draft.target.name}'s migrations can be held back: {why}. Nothing was changed.",
            f"Upgrade without {OPTION}: the snapshot is the way back.",
        ) from None


def require_one_shot(plan: Plan) -> None:
    """Refuse to hold anything back where the release's migrations are not known to run in a one-shot.

    Raises:
        RefusedError: a service would run them when it starts.
    """
    if plan.split and not first_job(plan):
        raise RefusedError(
            f"{plan.target.tag} has no one-shot of its own image that runs its migrations, so nobody knows when they "
            "would run. Nothing was changed.",
            f"Upgrade without {OPTION}: the snapshot is the way back.",
        )


def offered(host: Host, draft: UpgradeInputs) -> str:
    """For a plan of a release that breaks the old code: that its statements can wait, or why they cannot."""
    if not draft.migrations.breaks_old_code or not host.has_database:
        return ""
    try:
        found = _held(host, draft)
    except CannotHoldError as why:
        return f"What breaks the old code cannot be held back: {why}."
    assert found.split is not None
    held = count(len(found.split.held), "statement")
    return (
        f"{held} can wait until you are sure of {draft.target.name}, so that the old code works on and going back "
        f"leaves its data: {OPTION} (avnwizard help expand-contract)."
    )


def _held(host: Host, draft: UpgradeInputs) -> Holding:
    verdict = draft.migrations
    if verdict.missing_folder:
        raise CannotHoldError("they were not read")
    if not host.has_database:
        raise CannotHoldError("this stack has no database that avnwizard reaches")
    fresh = fresh_texts(host, draft.current.commit, draft.target.commit) or {}
    names = sorted((path for path in fresh if not why_skipped(path)), key=order)
    cut = host.sql.cut([upward(text) if isinstance(text := fresh[path], str) else "" for path in names])
    pieces = [(path, _read(fresh[path], one)) for path, one in zip(names, cut, strict=True)]
    before = [one.path for one in host.repo.files(draft.current.commit, host.config.stack.migrations)]
    before = [path for path in before if not why_skipped(path)]
    try:
        return _in_the_database(host, verdict, pieces, before)
    except HostError as error:
        raise CannotHoldError(f"the database cannot be looked at ({printable(error.message, limit=200)})") from None


def _read(text: str | Unread, pieces: Pieces) -> Pieces:
    return Pieces(problem=text.problem) if isinstance(text, Unread) else pieces


def _in_the_database(
    host: Host, verdict: MigrationVerdict, pieces: list[tuple[str, Pieces]], before: list[str]
) -> Holding:
    server = host.database()
    for one in server.databases():
        tables = server.migrations(one.name).lists()
        # which database it is follows from the list; what is held back follows from its columns
        if listed(Cut((), frozenset()), before, one.name, tables) is None:
            continue
        cut = split(pieces, server.migrations(one.name).column)
        found = listed(cut, before, one.name, tables)
        assert found is not None
        return Holding(_without(verdict, cut, table_sizes(host)), found)
    raise CannotHoldError(
        "no table of the database lists the migrations that ran by their names, so the release would run them again"
    )


def _without(verdict: MigrationVerdict, cut: Cut, sizes: dict[str, TableSize] | None) -> MigrationVerdict:
    """The verdict on what runs now: what waits breaks nothing yet."""
    found = tuple(_waiting(one, sizes) if (one.file, one.line) in cut.lines else one for one in verdict.statements)
    return replace(verdict, statements=found, window_s=window_s(found))


def _waiting(one: Statement, sizes: dict[str, TableSize] | None) -> Statement:
    if not (one.effect.breaks_old_code or one.effect.loses_data):
        return one
    work = Work.REWRITE if one.why.startswith("renames") else Work.NONE
    return timed(Statement(one.file, one.line, Effect(f"held back: {one.why}", one.table, work)), sizes)
