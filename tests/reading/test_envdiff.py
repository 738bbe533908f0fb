"""What became of each variable between two releases, and why one may believe it."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avnwizard.domain.envdiff import EnvDiff, diff_env
from avnwizard.domain.envdiff.assignment import best_assignment
from avnwizard.domain.envfile import EnvFile


def _diff(old: str, new: str, *, changelog: str = "", compose_old: str = "", compose_new: str = "") -> EnvDiff:
    before, after = EnvFile.parse(old.encode()), EnvFile.parse(new.encode())
    return diff_env(before, after, changelog=changelog, compose_old=compose_old, compose_new=compose_new)


def _renames(diff: EnvDiff) -> dict[str, str]:
    return {r.old: r.new for r in diff.renamed}


_BEFORE, _AFTER = "FIRST=1\n\n", "\n\nLAST=9\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("APP_TEAM_LIMIT=25", "APP_ORGANIZATION_LIMIT=25"),
        ("CACHE_VERSION=7.2", "CACHE_TAG=7.2"),
        ("MAX_CONNEXIONS=200", "MAX_CONNECTIONS=200"),
        ("#PROXY_HOST=edge.internal", "PROXY_HOST=edge.internal"),
        ("LEGACY_PORT=7411", "FRESH_LISTEN=7411"),
        ("# Who may sign in\nSIGNIN_DOMAINS=", "# Who may sign in\nALLOWED_DOMAINS="),
    ],
)
def test_traces_of_a_rename(old: str, new: str) -> None:
    """A synonym, a spelling, a default or a comment in the same place tell a rename, with reasons."""
    diff = _diff(_BEFORE + old + _AFTER, _BEFORE + new + _AFTER)
    keys = [text.splitlines()[-1].lstrip("#").partition("=")[0] for text in (old, new)]
    if keys[0] == keys[1]:
        assert not diff.renamed
        return
    assert _renames(diff) == {keys[0]: keys[1]}
    assert diff.renamed[0].why
    assert not diff.added
    assert not diff.removed


def test_a_family_moves_together() -> None:
    """One prefix for another is believed for every member, the poorer ones too, and none crosses over."""
    names = ["HOST", "PORT", "USER", "PASSWORD", "TLS", "RETRIES"]
    old = "".join(f"ACME_MAIL_{n}=\n" for n in names) + "ACME_NAME=x7q\n"
    new = "".join(f"ZENITH_MAIL_{n}=\n" for n in reversed(names)) + "ZENITH_NAME=x7q\n"
    diff = _diff(old, new)
    assert _renames(diff) == {**{f"ACME_MAIL_{n}": f"ZENITH_MAIL_{n}" for n in names}, "ACME_NAME": "ZENITH_NAME"}
    assert any("others change ACME to ZENITH" in reason for reason in diff.renamed[0].why)


@pytest.mark.parametrize(
    "sentence",
    [
        "Renamed `OLD_THING` to `WHOLLY_OTHER`.",
        "The variable OLD_THING has been renamed to WHOLLY_OTHER",
        "OLD_THING -> WHOLLY_OTHER",
        "Env `OLD_THING` is now called `WHOLLY_OTHER`",
        "`WHOLLY_OTHER` (formerly `OLD_THING`)",
    ],
)
def test_the_changelogs_words(sentence: str) -> None:
    """An announcement outweighs everything else, and is the first reason."""
    diff = _diff("OLD_THING=5\nA=1\n", "A=1\nB=2\n\n\nWHOLLY_OTHER=x\n", changelog=f"- something\n- {sentence}\n")
    assert _renames(diff) == {"OLD_THING": "WHOLLY_OTHER"}
    assert diff.renamed[0].why[0] == "the changelog says so"


@pytest.mark.parametrize(
    "sentence",
    [
        "`OLD_THING` is deprecated in favour of `WHOLLY_OTHER`",
        "Use `WHOLLY_OTHER` instead of `OLD_THING`",
        "replace OLD_THING with WHOLLY_OTHER and hash anew",
        "`WHOLLY_OTHER` replaces `OLD_THING`",
    ],
)
def test_a_successor_is_not_yet_a_rename(sentence: str) -> None:
    """Taking another's place says nothing of the value: with a like default it is a rename, else only related."""
    strange = _diff("OLD_THING=5\nA=1\n", "A=1\nB=2\n\n\nWHOLLY_OTHER=x\n", changelog=sentence)
    assert not strange.renamed
    assert [(g.kind, g.old, g.new) for g in strange.related] == [("replaced", ("OLD_THING",), ("WHOLLY_OTHER",))]
    alike = _diff("A=1\nOLD_THING=5531\n", "A=1\nWHOLLY_OTHER=5531\n", changelog=sentence)
    assert _renames(alike) == {"OLD_THING": "WHOLLY_OTHER"}


def test_an_announced_prefix_covers_its_variables() -> None:
    """One sentence about a prefix stands for all its variables."""
    diff = _diff("QQ_ALPHA=1\n", "X=1\nY=2\n\nZZ_ALPHA=2\n", changelog="All `QQ_*` variables were renamed to `ZZ_*`.")
    assert _renames(diff) == {"QQ_ALPHA": "ZZ_ALPHA"}


def test_names_in_one_breath_are_no_announcement() -> None:
    """Two names in a list are not a rename."""
    diff = _diff(
        "OLD_THING=5\nA=1\n", "A=1\n\n\nWHOLLY_OTHER=x\n", changelog="Removed OLD_THING and added WHOLLY_OTHER"
    )
    assert not diff.renamed


def test_the_compose_file_tells() -> None:
    """The same variable of the same service fed by another name is a trace; with the changelog it is certain."""
    old_file, new_file = (f"services: {{web: {{environment: {{INNER: '${{{name}}}'}}}}}}" for name in ("AAA", "BBB"))
    diff = _diff("AAA=\nK=1\n", "K=1\nBBB=\n", compose_old=old_file, compose_new=new_file)
    assert _renames(diff) == {"AAA": "BBB"}
    assert diff.renamed[0].confidence < 1
    certain = _diff(
        "AAA=\nK=1\n", "K=1\nBBB=\n", compose_old=old_file, compose_new=new_file, changelog="AAA is now called BBB"
    )
    assert certain.renamed[0].confidence == 1.0


def test_the_compose_fallback_tells() -> None:
    """`NEW: ${NEW:-${OLD}}` is the project's own word for a rename."""
    diff = _diff("AAA=1\nK=1\n", "K=1\nBBB=2\n", compose_new="services: {web: {command: '${BBB:-${AAA}}'}}")
    assert _renames(diff) == {"AAA": "BBB"}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("SIGNUP_DISABLED=false", "SIGNUP_ENABLED=true", "inverted"),
        ("FEED_TIMEOUT_SECONDS=30", "FEED_TIMEOUT_MS=30000", "unit-changed"),
        ("IMPORT_SIZE=512", "DOC_IMPORT_SIZE=512\nBULK_IMPORT_SIZE=512", "split"),
        ("MAIL_SSL=true\nMAIL_STARTTLS=false", "MAIL_ENCRYPTION=force", "merge"),
    ],
)
def test_look_alikes_are_related(old: str, new: str, kind: str) -> None:
    """Inversions, other units, splits and merges are told as such, and never as renames."""
    diff = _diff(_BEFORE + old + _AFTER, _BEFORE + new + _AFTER)
    assert not diff.renamed
    assert [group.kind for group in diff.related] == [kind]
    assert {v.key for v in diff.removed} == set(diff.related[0].old)


def test_another_vendor_is_no_rename() -> None:
    """Two empty keys of two services in one place are not the same secret."""
    diff = _diff(_BEFORE + "BUGCATCHER_KEY=" + _AFTER, _BEFORE + "WATCHTOWER_DSN=" + _AFTER)
    assert not diff.renamed


def test_a_successor_that_was_there_before() -> None:
    """A variable that gives way to one that exists already is told, since its value may be lost."""
    diff = _diff("OLD_WAY=1\nNEW_WAY=2\n", "NEW_WAY=2\n", changelog="`OLD_WAY` was replaced by `NEW_WAY`")
    assert [(g.kind, g.old, g.new) for g in diff.related] == [
        ("successor-already-present", ("OLD_WAY",), ("NEW_WAY",))
    ]


def test_added_removed_changed() -> None:
    """Plain changes carry default, comment and whether they are only offered."""
    diff = _diff("KEPT=1\nGONE=zebra\nSAME=s\n", "KEPT=2\n# why\n#NEWCOMER=ant\nSAME=s\n")
    (added,), (removed,), (changed,) = diff.added, diff.removed, diff.changed
    assert (added.key, added.default, added.comment, added.active) == ("NEWCOMER", "ant", "why", False)
    assert removed.key == "GONE"
    assert (changed.key, changed.old_default, changed.new_default, changed.comment_changed) == (
        "KEPT",
        "1",
        "2",
        False,
    )


def test_who_demands_and_who_no_longer_reads() -> None:
    """A required variable that the example lacks, and one that nothing reads any more, are told."""
    diff = _diff(
        "A=1\n",
        "A=1\n",
        compose_old="services: {web: {command: '${A}'}}",
        compose_new="services: {web: {command: '${B:?make one}'}}",
    )
    assert diff.required["B"].message == "make one"
    assert diff.required["B"].services == ("web",)
    assert diff.unread == ("A",)


@given(st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.floats(0.1, 9), max_size=12))
def test_the_matching_is_the_best_there_is(worth: dict[tuple[int, int], float]) -> None:
    """No other matching is worth more, by trying them all."""
    matched = best_assignment(worth)
    assert len(set(matched.values())) == len(matched)
    best = max(
        sum(worth.get((left, right), 0.0) for left, right in enumerate(order)) for order in permutations(range(5))
    )
    assert sum(worth[pair] for pair in matched.items()) == pytest.approx(best)


def test_a_greedy_choice_would_be_wrong() -> None:
    """The best pair is given up where that makes both pairs possible."""
    worth = {("a", "x"): 5.0, ("a", "y"): 4.0, ("b", "x"): 4.5}
    assert best_assignment(worth) == {"a": "y", "b": "x"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ARCHIVE_KEEP_FOR_DAYS", "ARCHIVE_KEEP_FOR"),
        ("HELPER_ALLOW_SEVERAL_ROOMS", "HELPER_LIMIT_TO_ONE_ROOM"),
        ("SHOP_API_SECRET", "SHOP_API_LABEL"),
        ("LIB_LUTE_VERSION", "LIB_OBOE_VERSION"),
    ],
)
def test_a_changed_meaning_is_no_rename(old: str, new: str) -> None:
    """A unit that is dropped, an opposite in other words, a secret in a plain field, another thing's name."""
    before, after = (EnvFile.parse(f"A=1\n{name}=\nB=2\n".encode()) for name in (old, new))
    assert [(r.old, r.new) for r in diff_env(before, after).renamed] == []


def test_several_renames_in_one_sentence_go_in_order() -> None:
    """`Renamed A and B to C and D` pairs A with C and B with D, never what stands next to each other."""
    before = EnvFile.parse(b"TABLET_ID=\nTABLET_SECRET=\n")
    after = EnvFile.parse(b"TOKEN_APP_ID=\nTOKEN_APP_SECRET=\n")
    notes = "- TABLET_ID and TABLET_SECRET have been renamed to TOKEN_APP_ID and TOKEN_APP_SECRET.\n"
    found = diff_env(before, after, changelog=notes).renamed
    assert {(r.old, r.new) for r in found} == {("TABLET_ID", "TOKEN_APP_ID"), ("TABLET_SECRET", "TOKEN_APP_SECRET")}


def test_prose_with_an_arrow_offers_no_variable() -> None:
    """A comment that explains a value with `=>` is a comment."""
    (only,) = EnvFile.parse(b"# daily => every day\nTURN=daily\n").variables()
    assert (only.key, only.comment) == ("TURN", "daily => every day")


@pytest.mark.parametrize(
    ("old", "new", "renames"),
    [
        pytest.param(
            "A=1\n# address of this machine, with scheme (none: localhost)\nLANDING_DOMAIN=\n# b\nB=2\n",
            "A=1\n# address of this machine, with scheme (none: localhost)\nENTRY_URL=\n# b\nB=2\n",
            {"LANDING_DOMAIN": "ENTRY_URL"},
            id="alone in its place under the same comment",
        ),
        pytest.param(
            "X_DRIVER=a\nX_HOST=127.0.0.1\nX_PORT=2525\nX_USERNAME=\nX_PASSWORD=\nX_FROM=h@x\n\nTOKEN=\n",
            "X_DRIVER=a\nX_FROM=h@x\n\nZED_HOST=127.0.0.1\nZED_PORT=587\nZED_USERNAME=\nZED_PASSWORD=\n\nTOKEN=\n",
            {f"X_{n}": f"ZED_{n}" for n in ("HOST", "PORT", "USERNAME", "PASSWORD")},
            id="a family that moves in one row",
        ),
        pytest.param(
            'PQUSER="fig"\nPQDATABASE="fig"\nURL=pg://${PQUSER}@db/${PQDATABASE}\n',
            'BOX_USER="fig"\nBOX_NAME="fig"\nURL=pg://${BOX_USER}@db/${BOX_NAME}\n',
            {"PQUSER": "BOX_USER", "PQDATABASE": "BOX_NAME"},
            id="the same place of a value of the file",
        ),
        pytest.param(
            "TAG=1\nCORE_VER=20310412\nPORT=80\n",
            "TAG=1\n\n# CORE_ABI_VERSION=20330117\n# CORE_PACKAGE_VERSION=12.6\n\nPORT=80\n",
            {"CORE_VER": "CORE_ABI_VERSION"},
            id="the only default of the same make",
        ),
        pytest.param(
            "A=1\n\n# Enable address-book sync (beta)\nCARDSYNC_ENABLED=false\n\n# Figures\nB=2\n",
            "A=1\n\n# Enable sync\nSYNC_ENABLED=true\n\n# Figures\nB=2\n",
            {"CARDSYNC_ENABLED": "SYNC_ENABLED"},
            id="a default that flips",
        ),
        pytest.param(
            "S=1\n\n# Maps\nWORLDVIEW_MAPS_API_KEY=\nT=2\n",
            "S=1\n\n# Maps\nGLOBETILE_API_KEY=\nT=2\n",
            {},
            id="another vendor at the same place",
        ),
        pytest.param(
            'LIB_HARP_VERSION="1.2"\nLIB_LUTE_VERSION="5.3"\nLIB_ZITHER_VERSION="4.0"\n',
            'LIB_HARP_VERSION="1.2"\nLIB_OBOE_VERSION="5.3"\nLIB_VIOL_VERSION="7.3"\nLIB_ZITHER_VERSION="4.0"\n',
            {},
            id="another entry of a catalogue",
        ),
        pytest.param("MAGIC_PORTS=1-9\nB=1\n", "MAGIC_PORT=7\nB=1\n", {}, id="one value where there were several"),
    ],
)
def test_kinds_of_renames(old: str, new: str, renames: dict[str, str]) -> None:
    """Each kind of evidence is enough where it is all there is, and what only looks like a rename is none."""
    assert _renames(_diff(old, new)) == renames


def test_the_compose_file_shows_renames_beyond_its_environment() -> None:
    """The same image, port, mount or seat in a list shows what a variable is called now."""
    old = "A=1\n\nDOOR=80\nSHELF=x:1\nPICTURES=./p\nQUESTION_TIMEOUT=\n\nMODE=s\n"
    new = "A=1\nSSL=no\nMODE=s\n\nPLAIN=8080\nSECURE=443\nSTORE=x:2\nSCAN=/srv\nANSWER_READ_TIMEOUT=\n"
    before = (
        "services:\n  d:\n    image: ${SHELF}\n    ports: ['${DOOR}:80']\n    volumes: ['${PICTURES}:/p']\n"
        "    environment: [A, 'QUESTION_TIMEOUT=${QUESTION_TIMEOUT:-}', 'MODE=${MODE}']\n"
    )
    after = (
        "services:\n  d:\n    image: ${STORE}\n    ports: ['${PLAIN}:80', '${SECURE}:443']\n"
        "    volumes: ['${SCAN}:/p']\n"
        "    environment: [A, 'ANSWER_READ_TIMEOUT=${ANSWER_READ_TIMEOUT:-}', 'MODE=${MODE}']\n"
    )
    diff = _diff(old, new, compose_old=before, compose_new=after)
    assert _renames(diff) == {
        "DOOR": "PLAIN",
        "SHELF": "STORE",
        "PICTURES": "SCAN",
        "QUESTION_TIMEOUT": "ANSWER_READ_TIMEOUT",
    }


def test_an_explanation_of_values_is_no_changed_comment() -> None:
    """Lines that explain one value each (`daily => every day`) may change without the variable being changed."""
    old = "# How often\n# daily => every day\nTURN=daily\n"
    assert _diff(old, old.replace("every day", "at midnight\n# weekly => on Sundays")).changed == ()
    assert [one.key for one in _diff(old, old.replace("How often", "When")).changed] == ["TURN"]
