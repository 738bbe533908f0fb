"""Says what a release's SQL migrations mean. The SQL itself is read by whoever is handed in: see `Judge`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from avnwizard.domain.migrations.files import order, upward, why_not_judged, why_skipped
from avnwizard.domain.migrations.shape import Columns, Shape
from avnwizard.domain.migrations.timing import TableSize, timed, window_s
from avnwizard.domain.migrations.verdict import Effect, MigrationVerdict, Statement
from avnwizard.domain.plain import printable


@dataclass(frozen=True)
class Judged:
    """What one SQL file does.

    Attributes:
        effects: (line, effect) in the file's order.
        problem: why the file could not be read at all, "" where it was.
    """

    effects: tuple[tuple[int, Effect], ...] = ()
    problem: str = ""

    def __hash__(self) -> int:
        """Computed once: a list of releases looks the same files up again for each."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.effects, self.problem))


_BY_COLUMNS = frozenset({"fill", "unique", "retype"})
Judge = Callable[[Sequence[str]], Sequence[Judged]]
"""Reads SQL texts in the order in which they run: what an earlier one makes is free for the later ones.

It must outlive any text. PostgreSQL's parser does not (a deep expression ends the process that parses it), so the
product parses in a child process: `avnwizard.adapters.sql`.
"""


@dataclass(frozen=True)
class Unread:
    """In place of a file's text: why it was not read."""

    problem: str


def read_migrations(
    files: Mapping[str, str | Unread],
    judge: Judge,
    sizes: Mapping[str, TableSize] | None = None,
    *,
    before: Columns | None = None,
    apart: bool = False,
) -> MigrationVerdict:
    """Judge every statement of the files, in the order in which the tools run them.

    A file that cannot be read is named, and counts as a change that the old code cannot work with.

    Args:
        files: path -> SQL text. Down migrations and other databases' dialects are skipped, and reported;
            migrations that are programs are not judged, and named.
        judge: reads the texts.
        sizes: table (with or without its schema) -> its size; a table that is missing there is empty. None where
            nobody could ask.
        before: the columns as they are before the first file, where `sizes` do not say.
        apart: judge each file as if those before it had run long ago, so that what they made holds rows by now;
            else as the files of one upgrade.
    """
    skipped = tuple((path, why) for path in sorted(files) if (why := why_skipped(path)))
    names = sorted(files.keys() - {path for path, _ in skipped}, key=order)
    files = {path: Unread(why) if (why := why_not_judged(path)) else text for path, text in files.items()}
    texts = [(path, text) for path in names if isinstance(text := files[path], str)]
    sql = [upward(text) for _, text in texts]
    effects = [one for text in sql for one in judge([text])] if apart else judge(sql)
    judged = dict(zip((path for path, _ in texts), effects, strict=True))
    judged |= {path: Judged(problem=text.problem) for path in names if isinstance(text := files[path], Unread)}
    statements = [one for path in names for one in _statements(path, judged[path])]
    if any(map(_hangs_on_the_shape, judged.values())):
        columns = before if sizes is None else {name: size.columns for name, size in sizes.items()}
        shape = Shape(None if apart else columns, complete=sizes is None)
        found = [_settled(one, shape, sizes) for one in statements]
    else:
        found = [timed(one, sizes) if one.seconds is None else one for one in statements]
    unread = tuple((path, judged[path].problem) for path in names if judged[path].problem)
    return MigrationVerdict(tuple(found), window_s(found), skipped, unread, tuple(names))


@lru_cache(maxsize=16384)
def _hangs_on_the_shape(judged: Judged) -> bool:
    """Whether any statement of a file means another thing by the columns that there are."""
    changes = (effect.change for _, effect in judged.effects)
    return any(one is not None and (one.conditional or one.what in _BY_COLUMNS) for one in changes)


def _settled(statement: Statement, shape: Shape, sizes: Mapping[str, TableSize] | None) -> Statement:
    effect = shape.settle(statement.effect)
    if effect is statement.effect and statement.seconds is not None:
        return statement
    return timed(Statement(statement.file, statement.line, effect), sizes)


def shape_after(files: Mapping[str, str | Unread], judge: Judge) -> Columns | None:
    """The columns once these files have run on an empty database; None where one of them cannot be followed."""
    texts = [upward(text) for path in sorted(files, key=order) if isinstance(text := _read(path, files[path]), str)]
    if any(isinstance(_read(path, text), Unread) for path, text in files.items()):
        return None
    shape = Shape({}, complete=True)
    for judged in judge(texts):
        if judged.problem:
            return None
        for _, effect in judged.effects:
            shape.settle(effect)
    return shape.columns


def _read(path: str, text: str | Unread) -> str | Unread:
    if why_skipped(path):
        return ""
    return Unread(why) if (why := why_not_judged(path)) else text


@lru_cache(maxsize=16384)  # every release holds the files of those before it
def _statements(path: str, judged: Judged) -> tuple[Statement, ...]:
    if judged.problem:
        why = f"could not be read ({printable(judged.problem, limit=120)}): treated as not compatible"
        return (timed(Statement(path, 1, Effect(why, unreadable=True)), None),)
    return tuple(timed(Statement(path, line, effect), None) for line, effect in judged.effects)
