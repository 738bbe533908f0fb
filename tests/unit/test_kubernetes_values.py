"""Values files of a chart: read by paths, renames found between two releases, edits that leave the rest as it is."""

import pytest
import yaml

from avnwizard.domain.kubernetes import values_edit
from avnwizard.domain.kubernetes.values import as_settings, demanded, leaves, loaded, merged
from avnwizard.domain.kubernetes.values_diff import ChartSide, diff_values
from avnwizard.errors import RefusedError, UsageError

_FILE = b"""\
# mine
gateway:
  preStop: 7  # seven
  replicas: 3

# the database
postgres:
  auth:
    password: "hunter2"
systemSecret: 'abc'
notes: |
  two
  lines
image: {tag: 1.5.0}
last: [1, 2]
"""


def test_values_are_read_by_their_paths() -> None:
    """Lists, empty sections and mappings with keys that are no names are one value; comments go along."""
    found = leaves(b"a:\n  # about b\n  b: 1\nc: [1, 2]\nd: {}\ne: {helm.sh/hook: x}\n'f g': 1\n", source="t")
    assert found == (
        ("a.b", 1, "about b"), ("c", [1, 2], ""), ("d", {}, ""), ("e", {"helm.sh/hook": "x"}, ""),
    )  # fmt: skip
    assert as_settings(found).as_dict() == {"a.b": "1", "c": "[1, 2]", "d": "{}", "e": '{"helm.sh/hook": "x"}'}


def test_a_later_file_wins() -> None:
    """As Helm merges them."""
    files = [leaves(text, source="t") for text in (b"a: {b: 1, c: 2}", b"a: {b: 3}")]
    assert {path: value for path, value, _ in merged(files)} == {"a.b": 3, "a.c": 2}


@pytest.mark.parametrize(
    "text",
    [b"a: [", b"- 1\n", b"\xff\xfe", b"a: &x [1]\nb: *y\n", b"? {a: 1}\n: 2\n" * 2],
)
def test_what_is_no_values_file_is_refused(text: bytes) -> None:
    """One error with the file's name."""
    with pytest.raises(RefusedError, match=r"own\.yaml"):
        loaded(text, source="own.yaml")


def test_aliases_that_make_an_endless_tree_are_refused() -> None:
    """A few lines that would be billions of values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(RefusedError, match="more than 50,000 values"):
        loaded("\n".join(lines).encode(), source="own.yaml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("gateway.preStop", "gateway.drainSeconds"), ("postgres.auth.password", "postgresql.auth.password"),
        ("systemSecret", "secrets.system"), ("notes", "gateway.notes"), ("image.tag", "image.version"),
        ("last", "a.b.c"), ("gateway.replicas", "replicas"),
    ],
)  # fmt: skip
def test_a_rename_moves_one_value_and_nothing_else(old: str, new: str) -> None:
    """Every other line stays, byte for byte; the value is the same under its new path."""
    made = values_edit.renamed(_FILE, old, new, source="t")
    before, after = yaml.safe_load(_FILE), yaml.safe_load(made)
    assert _get(after, new) == _get(before, old)
    kept = set(made.decode().splitlines())
    gone = [line for line in _FILE.decode().splitlines() if line not in kept]
    assert len(gone) <= 3, gone
    assert {"# mine", "# the database"} <= kept


def _get(values: object, path: str) -> object:
    for part in path.split("."):
        assert isinstance(values, dict)
        values = values[part]
    return values


def test_a_value_is_set_in_its_place_or_at_the_end_of_its_section() -> None:
    """Also where there is no file content yet."""
    made = values_edit.with_value(_FILE, "gateway.replicas", 5, source="t")
    assert made == _FILE.replace(b"replicas: 3", b"replicas: 5")
    made = values_edit.with_value(_FILE, "gateway.mode", "x: y", source="t")
    assert made == _FILE.replace(b"replicas: 3\n", b"replicas: 3\n  mode: 'x: y'\n")
    assert values_edit.with_value(b"", "b.c", "5", source="t") == b"b:\n  c: '5'\n"


def test_a_section_left_empty_goes_with_its_value() -> None:
    """`postgres: null` would delete the chart's own defaults; so the section becomes a comment too."""
    made = values_edit.commented_out(_FILE, "postgres.auth.password", source="t")
    assert b'# postgres:\n#   auth:\n#     password: "hunter2"\n' in made
    assert "postgres" not in yaml.safe_load(made)


def test_what_is_not_edited_here_is_left_to_the_operator() -> None:
    """A value in braces cannot be moved to another section; the file is named, no value is quoted."""
    with pytest.raises(RefusedError, match=r"own\.yaml is written in a way") as caught:
        values_edit.renamed(_FILE, "image.tag", "gateway.tag", source="own.yaml")
    assert "1.5.0" not in str(caught.value)
    with pytest.raises(UsageError, match="has last already"):
        values_edit.renamed(_FILE, "notes", "last", source="own.yaml")


def test_renames_are_found_by_notes_templates_and_names() -> None:
    """The reader of env renames finds them; all that it says goes by paths."""
    old = b"gateway: {preStop: 5}\nlogLevel: info\npostgres: {auth: {password: ''}}\nlegacy: true\n"
    new = b"gateway: {drainSeconds: 5}\nlog: {level: info}\npostgresql: {auth: {password: ''}}\n"
    sides = (
        ChartSide(leaves(old, source="t"), {"g.yaml": "seconds: {{ .Values.gateway.preStop }}\n"}),
        ChartSide(leaves(new, source="t"), {"g.yaml": "seconds: {{ .Values.gateway.drainSeconds }}\n"}),
    )
    notes = "## v2\n### Breaking\n- `gateway.preStop` was renamed to `gateway.drainSeconds`.\n- `legacy` was removed."
    found = diff_values(*sides, leaves(old, source="t"), notes=notes)
    assert {one.old: one.new for one in found.renamed} == {
        "gateway.preStop": "gateway.drainSeconds", "logLevel": "log.level",
        "postgres.auth.password": "postgresql.auth.password",
    }  # fmt: skip
    sure = next(one for one in found.renamed if one.old == "gateway.preStop")
    assert sure.confidence == 1.0
    assert "both give seconds in g.yaml its value" in sure.why
    assert [one.key for one in found.removed] == ["legacy"]
    assert "legacy" in found.said_gone


def test_a_schema_says_what_must_be_given() -> None:
    """At every depth; a schema that is no JSON demands nothing."""
    schema = b"""{"required": ["a", "g"], "properties": {"g": {"required": ["host"], "properties": {"host": {}}}}}"""
    assert sorted(demanded(schema)) == ["a", "g.host"]
    assert demanded(b"[") == demanded(None) == {}
