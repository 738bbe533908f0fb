"""What a release's migrations mean: for each statement, and for the roll and the way back."""

from dataclasses import dataclass
from enum import StrEnum

from avnwizard.domain.words import about


class Kind(StrEnum):
    """What a statement is to a running service, from harmless to worst."""

    ADDITIVE = "additive"
    LOCKING = "locking"
    """Writers, or everybody, wait while it works through a table."""
    REWRITING = "rewriting"
    """The table is written again; it needs time and disk in proportion to its size."""
    INCOMPATIBLE = "incompatible"
    """The old code may fail once it has run."""
    DESTRUCTIVE = "destructive"
    """Data is gone once it has run."""
    UNREADABLE = "unreadable"
    """It could not be judged, and is treated as incompatible."""


class Work(StrEnum):
    """What a statement does with the rows that are there already; its time follows from it."""

    NONE = "none"
    SCAN = "scan"
    INDEX = "index"
    REWRITE = "rewrite"


@dataclass(frozen=True)
class Alteration:
    """What a statement does to the shape of one table.

    Attributes:
        what: "make", "add" or "lose" columns, "retype" or "fill" them, index them as "unique", "drop" or "rename".
        table: with its schema where the statement gives one.
        columns: (name, type) each; of a rename (old name, new name), of the table's own ("", new name). Empty for a
            table whose columns come from elsewhere.
        conditional: only if it is there, or is not there yet; of a type that the values go through an expression.
    """

    what: str
    table: str
    columns: tuple[tuple[str, str], ...] = ()
    conditional: bool = False


@dataclass(frozen=True)
class Effect:
    """What one statement, or one part of it, does."""

    why: str
    table: str = ""
    work: Work = Work.NONE
    blocks: str = ""
    """Who waits while the work lasts: "" nobody, else `writers` or `readers and writers`."""
    breaks_old_code: bool = False
    loses_data: bool = False
    unreadable: bool = False
    makes_table: bool = False
    change: Alteration | None = None
    """What it changes about the shape of a table, for those that come after it."""

    @property
    def kind(self) -> Kind:
        """The worst that can be said of it."""
        if self.unreadable:
            return Kind.UNREADABLE
        if self.loses_data:
            return Kind.DESTRUCTIVE
        if self.breaks_old_code:
            return Kind.INCOMPATIBLE
        if self.work is Work.REWRITE:
            return Kind.REWRITING
        return Kind.LOCKING if self.blocks else Kind.ADDITIVE


@dataclass(frozen=True)
class Statement:
    """One effect of one statement, at its place."""

    file: str
    line: int
    effect: Effect
    seconds: float | None = None
    """How long it is expected to take; None where the table's size is not known."""
    size_bytes: int | None = None

    @property
    def kind(self) -> Kind:
        """What it is to a running service."""
        return self.effect.kind

    @property
    def table(self) -> str:
        """The table it works on, with its schema where the file gives one; empty where it is none."""
        return self.effect.table

    @property
    def why(self) -> str:
        """One sentence for the operator."""
        return self.effect.why


NO_MIGRATIONS = "no migrations"
"""The sentence of a release that brings no SQL."""


@dataclass(frozen=True)
class MigrationVerdict:
    """The statements in order, and what follows from them for the whole release.

    Attributes:
        window_s: the time in which somebody waits: 0 for none, None where it is not known (no sizes, or a statement
            that nobody can judge).
        skipped: the files that do not run, with the reason.
        unread: the files that could not be read, with the reason; each has a statement that says so.
        files: those that run.
        missing_folder: where the migrations were looked for and the release has none: nobody knows what it does.
    """

    statements: tuple[Statement, ...]
    window_s: float | None
    skipped: tuple[tuple[str, str], ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    missing_folder: str = ""

    @property
    def unreadable(self) -> tuple[Statement, ...]:
        """The statements that could not be judged."""
        return tuple(s for s in self.statements if s.kind is Kind.UNREADABLE)

    @property
    def breaks_old_code(self) -> bool:
        """Whether the old containers may fail while they still run alongside the new ones."""
        return any(s.effect.breaks_old_code or s.effect.loses_data or s.effect.unreadable for s in self.statements)

    @property
    def rolls_without_interruption(self) -> bool:
        """Whether the old code works on after every statement, and nobody waits noticeably for any."""
        known = self.window_s is not None and not self.missing_folder
        return known and not self.breaks_old_code and (self.window_s or 0.0) <= NOTICEABLE_S

    @property
    def rollback_needs_restore(self) -> bool:
        """Whether going back to the old code means restoring the snapshot."""
        return self.breaks_old_code

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return self.said(restorable=True)

    @property
    def brief(self) -> str:
        """The verdict as one column of a table: `no window` where nobody waits for them."""
        if self.missing_folder:
            return "not read"
        if not self.statements:
            return "none"
        if self.rolls_without_interruption:
            return "no window"
        if self.window_s is None or self.window_s <= NOTICEABLE_S:
            return "window"
        return f"window {about(self.window_s)}"

    def said(self, *, restorable: bool) -> str:
        """The verdict in words.

        Args:
            restorable: whether a snapshot is there to go back to.
        """
        restore = (
            "going back restores the snapshot" if restorable else "avnwizard cannot undo it: no snapshot is taken"
        )
        back = f"; {restore}" if self.rollback_needs_restore else ""
        if self.missing_folder:
            return f"not read: the release has no folder {self.missing_folder}"
        if not self.statements:
            return NO_MIGRATIONS
        if self.rolls_without_interruption:
            return OLD_CODE_WORKS_ON
        if self.window_s is None:
            return f"may interrupt users, nobody knows for how long{back}"
        if self.window_s <= NOTICEABLE_S:
            return f"old code fails on the new schema until it is rolled{back}"
        return f"interrupts users for about {about(self.window_s)}{back}"


OLD_CODE_WORKS_ON = "the old code works on, and nobody waits for them"
"""Of the migrations alone: whether a service is briefly down is for its own part of the plan to say."""
NOTICEABLE_S = 1.0
"""A wait that no request notices as an outage."""
