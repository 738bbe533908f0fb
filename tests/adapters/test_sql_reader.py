"""SQL is read in a child process: what kills or stalls PostgreSQL's parser costs one file, and not the wizard."""

import gc
import random
import threading
import time
from pathlib import Path

import pytest

from avnwizard.adapters.sql import reader as module
from avnwizard.adapters.sql.child import Child
from avnwizard.adapters.sql.reader import ChildSqlReader
from avnwizard.adapters.sql.wire import LARGEST_BYTES, Limits
from avnwizard.domain.migrations import Effect, Judged, Kind, read_migrations
from tests.reading.in_process import judge

DEEP = "select " + "+".join(["1"] * 30_000)
"""60 KB on which PostgreSQL's parser runs out of stack: SIGSEGV."""
ENDLESS = "/*" * 200_000
"""400 KB on which it works for minutes."""
_SQL = (
    "CREATE TABLE t (a int); -- é\n\nCREATE INDEX ON t (a);",
    "CREATE INDEX ON t (a); ALTER TABLE u ADD COLUMN c int",
    "UPDATE u SET c = 1; DROP TABLE gone; ALTER TABLE u ALTER d TYPE bigint",
    "DO $$ BEGIN EXECUTE 'x'; ALTER TABLE u DROP COLUMN a; END $$; SELEKT 1; TRUNCATE t",
    "",
    "SELECT 1;\0 DROP TABLE t",
    "\udcff",
)


class Counted:
    """Counts the children that are started and the texts they are asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.children: list[Child] = []
        monkeypatch.setattr(module, "Child", self._start)

    def _start(self, limits: Limits) -> Child:
        self.children.append(Child(limits))
        return self.children[-1]

    @property
    def asked(self) -> int:
        """How many texts were looked at."""
        return sum(child.asked for child in self.children)


def test_the_child_says_what_the_parser_says() -> None:
    """File by file, with what the files before made, as if the parser were in this process."""
    assert ChildSqlReader().judge(_SQL) == tuple(judge(_SQL))


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (DEEP, "it crashed PostgreSQL's parser (signal 11)"),
        (ENDLESS, "PostgreSQL's parser did not finish within 1 s"),
        ("x" * (LARGEST_BYTES + 1), "it is larger than 8 MB"),
        ("SELECT 1;" * 50_001, "it holds more than 50,000 statements"),
        ("INSERT INTO t VALUES " + ",".join(["(1, 'a name', 2)"] * 250_000), "it takes too much memory"),
    ],
    ids=["deep", "endless", "large", "many", "memory"],
)
def test_a_text_that_cannot_be_read_costs_itself_alone(bad: str, why: str) -> None:
    """It is told with the reason, and those before and after it are judged."""
    limits = Limits(cpu_s=1 if bad is ENDLESS else 60, wall_s=300, memory_bytes=150 << 20)
    found = ChildSqlReader(limits, all_s=600).judge(["CREATE TABLE t (a int)", bad, "DROP TABLE t", "DROP TABLE u"])
    assert found[1] == Judged(problem=why)
    assert [one.effects[0][1].why for one in (found[0], *found[2:])] == [
        "creates a table",
        "drops a table that these migrations made",
        "drops table u: its data is gone",
    ]


def test_a_release_with_such_a_file_is_judged_with_caution() -> None:
    """The file is named, going back needs a restore, and what the other files do is said."""
    verdict = read_migrations({"1.sql": DEEP, "2.sql": "CREATE TABLE t (a int)"}, ChildSqlReader().judge)
    assert verdict.unread == (("1.sql", "it crashed PostgreSQL's parser (signal 11)"),)
    assert [str(one.kind) for one in verdict.statements] == [Kind.UNREADABLE, Kind.ADDITIVE]
    assert verdict.rollback_needs_restore
    assert verdict.window_s is None


def test_the_same_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty releases, each with a migration more, are forty texts for one child; a bad text is tried once too."""
    counted = Counted(monkeypatch)
    reader = ChildSqlReader()
    texts = [f"CREATE TABLE t{number} (a int); CREATE INDEX ON t{max(number - 1, 0)} (a)" for number in range(40)]
    found = [reader.judge(texts[: number + 1]) for number in range(40)]
    assert (counted.asked, len(counted.children)) == (40, 1)
    assert {len(one.effects) for one in found[-1]} == {2}
    assert found[-1] == tuple(judge(texts))
    assert reader.judge([DEEP]) == reader.judge([DEEP])
    assert len(counted.children) == 2, "a worn child may have been the cause: a fresh one tried it once more"
    assert counted.asked == 42


def test_what_came_before_is_part_of_the_answer() -> None:
    """The same text after another table was made is another matter."""
    reader = ChildSqlReader()
    index = "CREATE INDEX ON t (a)"
    alone, after = reader.judge([index])[0], reader.judge(["CREATE TABLE t (a int)", index])[1]
    assert alone.effects[0][1].blocks == "writers"
    assert after.effects == ((1, Effect("indexes a new table", "t")),)


def test_no_time_is_spent_without_end() -> None:
    """Once all texts together took too long, the next ones are named as not read; what is known stays known."""
    reader = ChildSqlReader(all_s=1e-9)
    first = reader.judge(["SELECT 1"])
    assert first[0].effects
    assert reader.judge(["SELECT 1", "SELECT 2"]) == (
        *first,
        Judged(problem="reading the other files took too long"),
    )


def test_a_child_that_cannot_start_is_told_for_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is judged harmless for want of a reader."""
    monkeypatch.setattr("avnwizard.adapters.sql.child._ARGV", ("/nowhere/python",))
    found = ChildSqlReader().judge(["SELECT 1", "SELECT 2"])
    assert [one.problem for one in found] == [
        "the process that reads SQL cannot be started: No such file or directory"
    ] * 2
    monkeypatch.setattr("avnwizard.adapters.sql.child._ARGV", ("/bin/sh", "-c", "exit 3"))
    assert ChildSqlReader().judge(["SELECT 1"])[0].problem == "the process that reads SQL ended with code 3"
    monkeypatch.setattr("avnwizard.adapters.sql.child._ARGV", ("/bin/sh", "-c", "read x; echo 1; cat"))
    assert ChildSqlReader().judge(["SELECT 1"])[0].problem == "the process that reads SQL gave no answer"


def test_the_child_has_no_secret_and_leaves_with_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is what Python needs; it is gone with the reader, whichever thread had started it."""
    monkeypatch.setenv("PGPASSWORD", "the-secret")
    counted = Counted(monkeypatch)
    reader = ChildSqlReader()
    thread = threading.Thread(target=reader.judge, args=(["SELECT 1"],))
    thread.start()
    thread.join()
    process = counted.children[0]._process
    place = Path(f"/proc/{process.pid}")
    assert b"worker" in (place / "cmdline").read_bytes()
    assert b"the-secret" not in (place / "environ").read_bytes()
    counted.children.clear()
    del reader, thread
    gc.collect()
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.returncode is not None


_PIECES = (
    *("ALTER TABLE t ", "ADD COLUMN c int", "DROP COLUMN a", "CREATE TABLE ", "IF NOT EXISTS ", "t (a int)", "u"),
    *("SELECT ", "1", "(", ")", "$$", "DO ", "BEGIN ", "END", "'", '"', ";", "--", "\n", "/*", "*/", ",", "::", "é"),
    *(
        "\0",
        "\udcff",
        "\u2028",
        "EXECUTE ",
        "E'\\",
        "$1",
        "UPDATE t SET ",
        "a = ",
        "WHERE ",
        "WITH x AS ",
        "COPY t FROM ",
    ),
    *("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ", "RETURN ", "INSERT INTO t VALUES (1)", "-- +goose Down\n"),
)


@pytest.mark.parametrize("seed", range(10))
def test_any_text_is_answered(seed: int) -> None:
    """A hundred texts out of pieces of SQL: each is judged, or named as unreadable, and none is passed over."""
    chance = random.Random(seed)  # noqa: S311 - a test's own dice
    texts = ["".join(chance.choices(_PIECES, k=chance.randint(1, 25))) for _ in range(100)]
    verdict = read_migrations({f"{n:03}.sql": text for n, text in enumerate(texts)}, ChildSqlReader().judge)
    assert len(verdict.files) == 100
    assert all(one.why.isprintable() for one in verdict.statements if one.kind is Kind.UNREADABLE)
