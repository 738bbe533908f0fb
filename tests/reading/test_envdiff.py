"""What became of each variable between two releases, and why one may believe it."""

from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envdiff.assignment import best_assignment
from avnwizard.domain.envdiff.evidence import Evidence, weigh
from avnwizard.domain.envfile import EnvFile, Variable
from tests.reading.diffs import diff as _diff
from tests.reading.diffs import renames as _renames

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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#NODE_CACHE=--cache=256\nNODE_CACHE=", "#EXTRAS_EL=--cache=256\nEXTRAS_EL=\nEXTRAS_VC="),
        (
            "CERTBOT_KEY_PATH=./certs/priv.pem",
            "KEY_PATH=./web/key.pem\n#KEY_PATH=/etc/live/priv.pem\nOTHER=./web/o.pem",
        ),
    ],
)
def test_a_value_shown_in_a_comment_tells(old: str, new: str) -> None:
    """What both files show for one variable alone ties the two, though the defaults themselves do not."""
    before, after = (text.replace("#", "").partition("=")[0] for text in (old, new))
    diff = _diff(_BEFORE + old + _AFTER, _BEFORE + new + _AFTER)
    assert _renames(diff) == {before: after}
    assert "both files show the same value for them, which no other has" in diff.renamed[0].why


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


def test_of_a_thousand_each_is_weighed_against_the_nearest_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large family under a new name is found whole, though each variable meets a handful of the others."""
    weighed: list[str] = []

    def counted(old: Variable, new: Variable, *rest: Any, **more: Any) -> Evidence:
        weighed.append(old.key)
        return weigh(old, new, *rest, **more)

    monkeypatch.setattr("avnwizard.domain.envdiff.diff.weigh", counted)
    names = [f"PART{i % 40}_NAME{i}" for i in range(400)]
    before, after = (
        "\n".join(f"# what number {i} is for\n{product}_{name}=value-{i}\n" for i, name in enumerate(names))
        for product in ("ACME", "ZENITH")
    )
    assert _renames(_diff(before, after)) == {f"ACME_{name}": f"ZENITH_{name}" for name in names}
    assert max(Counter(weighed).values()) < 20, "three rounds of a few each"
