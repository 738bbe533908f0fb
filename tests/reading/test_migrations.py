"""SQL migrations are judged as a live database and the old code would feel them."""

import pytest

from avnwizard.domain.migrations import Judged, Kind, TableSize, Unread, read_migrations
from avnwizard.domain.migrations.verdict import OLD_CODE_WORKS_ON, MigrationVerdict
from tests.reading.in_process import judge


def _kinds(sql: str) -> list[str]:
    return [str(s.kind) for s in read_migrations({"1.sql": sql}, judge).statements]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("CREATE TABLE t (a int)", Kind.ADDITIVE),
        ("ALTER TABLE t ADD COLUMN c text", Kind.ADDITIVE),
        ("ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 0", Kind.ADDITIVE),
        ("ALTER TABLE t ADD COLUMN c timestamptz DEFAULT now()", Kind.ADDITIVE),
        ("ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid()", Kind.REWRITING),
        ("ALTER TABLE t ADD COLUMN c bigserial", Kind.REWRITING),
        ("ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS (a + 1) STORED", Kind.REWRITING),
        ("ALTER TABLE t ADD COLUMN c int NOT NULL", Kind.INCOMPATIBLE),
        ("ALTER TABLE t ADD COLUMN c int UNIQUE", Kind.LOCKING),
        ("ALTER TABLE t DROP COLUMN c", Kind.DESTRUCTIVE),
        ("ALTER TABLE t ALTER c TYPE bigint", Kind.REWRITING),
        ("ALTER TABLE t ALTER c TYPE int USING c::int", Kind.INCOMPATIBLE),
        ("ALTER TABLE t ALTER c SET NOT NULL", Kind.INCOMPATIBLE),
        ("ALTER TABLE t ALTER c DROP NOT NULL", Kind.ADDITIVE),
        ("ALTER TABLE t ALTER c SET DEFAULT 1", Kind.ADDITIVE),
        ("ALTER TABLE t ALTER c DROP DEFAULT", Kind.INCOMPATIBLE),
        ("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID", Kind.INCOMPATIBLE),
        ("ALTER TABLE t VALIDATE CONSTRAINT k", Kind.ADDITIVE),
        ("ALTER TABLE t RENAME TO u", Kind.INCOMPATIBLE),
        ("ALTER TABLE t RENAME COLUMN a TO b", Kind.INCOMPATIBLE),
        ("ALTER INDEX i RENAME TO j", Kind.ADDITIVE),
        ("CREATE INDEX i ON t (a)", Kind.LOCKING),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", Kind.ADDITIVE),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", Kind.INCOMPATIBLE),
        ("DROP INDEX i", Kind.ADDITIVE),
        ("DROP TABLE t", Kind.DESTRUCTIVE),
        ("DROP VIEW v", Kind.INCOMPATIBLE),
        ("TRUNCATE t", Kind.DESTRUCTIVE),
        ("DELETE FROM t WHERE a = 1", Kind.DESTRUCTIVE),
        ("UPDATE t SET a = 2", Kind.DESTRUCTIVE),
        ("INSERT INTO t VALUES (1)", Kind.ADDITIVE),
        ("VACUUM FULL t", Kind.REWRITING),
        ("REINDEX TABLE t", Kind.LOCKING),
        ("REVOKE SELECT ON t FROM u", Kind.INCOMPATIBLE),
        ("ALTER TYPE e ADD VALUE 'x'", Kind.ADDITIVE),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", Kind.INCOMPATIBLE),
        ("SELEKT 1", Kind.UNREADABLE),
        ("SELECT 1;\0 DROP TABLE t", Kind.UNREADABLE),
        ("DO $x$ BEGIN PERFORM '$avnwizard_block$'; END $x$", Kind.UNREADABLE),
        ("{{ if .X }} SELECT 1", Kind.UNREADABLE),
        ("ALTER SYSTEM SET work_mem = '1GB'", Kind.UNREADABLE),
        ("DO $$ BEGIN EXECUTE 'drop ' || 'table t'; END $$", Kind.UNREADABLE),
        ("DO $$ BEGIN ALTER TABLE t DROP COLUMN a; END $$", Kind.DESTRUCTIVE),
        ("DO $$ BEGIN CREATE TYPE e AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$", Kind.ADDITIVE),
    ],
)
def test_kind_of_statement(sql: str, kind: Kind) -> None:
    """Each statement on a table that has rows, by PostgreSQL's own rules."""
    assert _kinds(sql) == [kind]


def test_what_the_migrations_made_is_free() -> None:
    """A new table may be indexed and filled, and a new column filled, without anybody noticing."""
    assert set(_kinds("CREATE TABLE t (a int); CREATE UNIQUE INDEX ON t (a); UPDATE t SET a = 1; TRUNCATE t")) == {
        "additive"
    }
    assert _kinds("ALTER TABLE t ADD COLUMN c int; UPDATE t SET c = 1") == ["additive", "rewriting"]


def test_lines_and_files_are_told() -> None:
    """Places count comments, other scripts and several statements on a line; files go by name."""
    verdict = read_migrations(
        {
            "b.sql": "-- é\n\n/* x\n*/ SELECT 1; DROP TABLE t;\nBROKEN;\nDROP TABLE u",
            "a.sql": "SELECT 1",
        },
        judge,
    )
    assert [(s.file, s.line, str(s.kind)) for s in verdict.statements] == [
        ("a.sql", 1, "additive"),
        ("b.sql", 4, "additive"),
        ("b.sql", 4, "destructive"),
        ("b.sql", 5, "unreadable"),
        ("b.sql", 6, "destructive"),
    ]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("1_x.down.sql", "a down migration"),
        ("down/1.sql", "a down migration"),
        ("U2__x.sql", "a down migration"),
        ("1.mysql.up.sql", "for mysql, not PostgreSQL"),
        ("cockroach/1.sql", "for cockroach, not PostgreSQL"),
        ("README.md", "not an SQL file"),
        ("helpers.go", "not an SQL file"),
    ],
)
def test_what_does_not_run_is_skipped_and_told(path: str, why: str) -> None:
    """The way down and other databases' dialects are not part of the upgrade."""
    verdict = read_migrations({path: "DROP TABLE t", "download_markdown.sql": "SELECT 1"}, judge)
    assert verdict.skipped == ((path, why),)
    assert len(verdict.statements) == 1


@pytest.mark.parametrize("mark", ["-- +goose Down", "-- +migrate Down", "-- migrate:down", "-- //@UNDO"])
def test_down_sections_are_left_out(mark: str) -> None:
    """One file may hold both ways; line numbers stay."""
    assert _kinds(f"CREATE TABLE t (a int);\n{mark}\nDROP TABLE t;") == ["additive"]


def test_sizes_become_times() -> None:
    """The live table's size says how long somebody waits."""
    sizes = {"public.big": TableSize(4_100_000_000, 1), "small": TableSize(8192, 10)}
    verdict = read_migrations(
        {"1.sql": "ALTER TABLE big ALTER c TYPE bigint; CREATE INDEX ON small (a)"}, judge, sizes
    )
    rewrite, index = verdict.statements
    assert "rewrites 4.1 GB, about 50 s, readers and writers wait" in rewrite.why
    assert index.seconds is not None
    assert index.seconds < 1
    assert verdict.sentence == "interrupts users for about 50 s"
    assert not verdict.rollback_needs_restore


@pytest.mark.parametrize(
    ("sql", "sizes", "sentence"),
    [
        ("CREATE TABLE t (a int)", {}, OLD_CODE_WORKS_ON),
        ("CREATE INDEX ON t (a)", None, "may interrupt users, nobody knows for how long"),
        ("CREATE INDEX ON t (a)", {"t": TableSize(1000, 1)}, OLD_CODE_WORKS_ON),
        ("DROP TABLE t", {}, "going back restores the snapshot"),
        (
            "BROKEN",
            {"t": TableSize(1, 1)},
            "may interrupt users, nobody knows for how long; going back restores the snapshot",
        ),
    ],
)
def test_verdict(sql: str, sizes: dict[str, TableSize] | None, sentence: str) -> None:
    """The release as a whole: rolls, needs a window, needs a restore to go back."""
    verdict = read_migrations({"1.sql": sql}, judge, sizes)
    assert verdict.sentence.endswith(sentence)
    assert verdict.rolls_without_interruption == (sentence == OLD_CODE_WORKS_ON)


def test_no_migrations() -> None:
    """A release without migrations rolls, and says so."""
    assert read_migrations({}, judge).sentence == "no migrations"
    assert read_migrations({}, judge).rolls_without_interruption


def test_a_file_that_cannot_be_read_is_named_and_counts_as_incompatible() -> None:
    """Whether its text was not to be had or killed its reader; the other files are judged as ever."""
    link = Unread("it is a symbolic link")
    files: dict[str, str | Unread] = {"1.sql": link, "2.sql": "SELECT 1", "3.sql": "DROP TABLE t", "notes.go": "x"}
    verdict = read_migrations(files, lambda texts: [Judged(problem="it \x1b crashed"), *judge(texts[1:])])
    assert verdict.unread == (("1.sql", "it is a symbolic link"), ("2.sql", "it \x1b crashed"))
    assert verdict.files == ("1.sql", "2.sql", "3.sql")
    assert [(s.file, str(s.kind), s.why) for s in verdict.statements] == [
        ("1.sql", "unreadable", "could not be read (it is a symbolic link): treated as not compatible"),
        ("2.sql", "unreadable", "could not be read (it ␛ crashed): treated as not compatible"),
        ("3.sql", "destructive", "drops table t: its data is gone"),
    ]
    assert verdict.rollback_needs_restore
    assert verdict.sentence == "may interrupt users, nobody knows for how long; going back restores the snapshot"


def test_a_folder_that_no_release_has_is_not_the_same_as_no_migrations() -> None:
    """What nobody looked at is not promised to be nothing."""
    verdict = MigrationVerdict((), None, missing_folder="db/migrations")
    assert verdict.sentence == "not read: the release has no folder db/migrations"
    assert not verdict.rolls_without_interruption


@pytest.mark.parametrize(
    "path",
    [
        "20330401120000_add_thing.rb",
        "2033_04_01_000000_add_thing.php",
        "0007_thing.py",
        "ae1027a6acf0_thing.py",
        "V7__Thing.java",
        "1712000000-Thing.ts",
        "00007_thing.go",
    ],
)
def test_a_migration_that_is_a_program_is_named_as_not_judged(path: str) -> None:
    """Nobody can tell what it does, so it is neither left out nor called harmless."""
    verdict = read_migrations({path: "class AddThing", "0001_a.sql": "CREATE TABLE t (a int)"}, judge)
    assert [file for file, _ in verdict.unread] == [path]
    assert "which is not judged" in verdict.unread[0][1]
    assert verdict.breaks_old_code


def test_flyways_files_run_by_number_and_the_repeatable_ones_last() -> None:
    """V2 makes the table that V10 changes, and R__ runs after both: the change meets an empty table."""
    files = {
        "V10__b.sql": "ALTER TABLE t ALTER COLUMN a TYPE bigint",
        "V2__a.sql": "CREATE TABLE t (a int)",
        "R__view.sql": "CREATE OR REPLACE VIEW v AS SELECT a FROM t",
    }
    verdict = read_migrations(files, judge)
    assert verdict.files == ("V2__a.sql", "V10__b.sql", "R__view.sql")
    assert not verdict.breaks_old_code


@pytest.mark.parametrize(
    "path",
    ["20330401_x/migration.sql", "20330401120000.sql", "00007_x.sql", "20330401120000_x.up.sql", "V1.2__x.sql"],
)
def test_sql_in_every_layout_is_judged(path: str) -> None:
    """Prisma's folders, Atlas's times, goose's and dbmate's numbers, golang-migrate's pairs and Flyway's versions."""
    verdict = read_migrations({path: "ALTER TABLE t DROP COLUMN a"}, judge)
    assert (verdict.files, verdict.skipped, verdict.unread) == ((path,), (), ())
    assert verdict.breaks_old_code
