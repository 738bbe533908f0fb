"""Tags are put in the order in which their project means them, and exactly one release is recommended."""

import random
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from avnwizard.domain.checkout import Head, TagRef
from avnwizard.domain.config import Config, LockstepSection, ReleasesSection, parse_config
from avnwizard.domain.release_order import tag_of
from avnwizard.errors import RefusedError, UsageError, WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade import release_words, releases
from avnwizard.flows.upgrade.consent import require_jump_allowed

_SAME = "="
"""Before a tag: on the commit of the tag before it."""


@dataclass
class Tags:
    """Tags in the order in which they were made, each on a commit of its own but for those marked; HEAD at one.

    Attributes:
        pattern: what `avnwizard.toml` says of them.
        dated: whether a day lies between two of them; otherwise all have one date, and the history alone tells.
    """

    names: list[str]
    at: str
    dated: bool = True
    pattern: str = ""
    tagged: list[TagRef] = field(init=False)

    def __post_init__(self) -> None:
        """Make the tags."""
        commit = 0
        self.tagged = []
        for name in self.names:
            commit += not name.startswith(_SAME)
            date = f"2026-01-{commit if self.dated else 1:02d}T00:00:00+00:00"
            self.tagged.append(
                TagRef(name.removeprefix(_SAME), f"{commit:040x}", date, annotated=False, signed=False)
            )

    def host(self) -> Host:
        """A host of which nothing but these tags can be asked."""
        here = next(tag.commit for tag in self.tagged if tag.name == self.at)
        repo = SimpleNamespace(
            head=lambda: Head(here, tag_of(self.tags(), here), ""),
            tags=self.tags,
            is_ancestor=lambda old, new: not self.dated and int(old, 16) < int(new, 16),
        )
        config = Config(releases=ReleasesSection(pattern=self.pattern), lockstep=LockstepSection(services=()))
        return cast("Host", SimpleNamespace(repo=repo, config=config))

    def tags(self) -> tuple[TagRef, ...]:
        """As git lists them: by name."""
        return tuple(sorted(self.tagged, key=lambda tag: tag.name))


_PROJECTS = [
    # the lists of the report, then names as the projects tag
    ("2026w10 2026w14", "2026w10", "2026w14*", 0),
    ("deploy@6.0.0 wdqs@2.1.0 deploy@7.0.0 wikibase@7.0.1", "deploy@6.0.0", "deploy@7.0.0*", 2),
    ("v5.3.0 v5.4.1 v5.4.1-preprod", "v5.3.0", "v5.4.1* v5.4.1-preprod?", 0),
    ("v5.3.0 v5.4.1-preprod v5.4.1", "v5.3.0", "v5.4.1* v5.4.1-preprod?", 0),
    ("11.5-0 11.6-0 ghcr-11.6-1", "11.5-0", "11.6-0*", 1),
    ("v1.5.0 v1.5.0-security", "v1.5.0", "v1.5.0-security?", 0),
    ("1.2.3 1.2.3a", "1.2.3", "1.2.3a*", 0),
    ("1.2.3a 1.2.3", "1.2.3a", "1.2.3*", 0),
    ("v1.9.1 v1.9.2-0 v1.9.2", "v1.9.1", "v1.9.2* v1.9.2-0~", 0),
    ("v1.9.1 v1.9.2-0 v1.9.2", "v1.9.2-0", "v1.9.2*", 0),
    ("v1.9.1 v1.9.2-0", "v1.9.1", "v1.9.2-0~", 0),
    ("v1.0.0-0 v1.0.0-1 v1.0.0-test8 v1.0.0 v1.0.1", "v1.0.0-1", "v1.0.1* v1.0.0 v1.0.0-test8?", 0),
    ("2025w35 2025w44 2026w10 =2026w14", "2025w44", "2026w14* 2026w10", 0),
    ("2024w14 =2024w14p1 2024w18", "2024w14", "2024w18*", 0),
    ("11.4 =11.4-0 11.5-0 11.6-0 helm-1.11.60 12.0-0 12.0-1", "11.4", "12.0-1 12.0-0 11.6-0* 11.5-0", 1),
    ("stable-11031 stable-11146 stable-11146-1 stable-11146-2", "stable-11146-1", "stable-11146-2*", 0),
    ("stable-11031 stable-11146 stable-11146-1", "stable-11031", "stable-11146-1* stable-11146", 0),
    ("2026-05 2026-05a 2026-05b 2026-07 2026-07a", "2026-05a", "2026-07a* 2026-07 2026-05b", 0),
    ("v4.3 v4.4-rc.1 v4.4-rc.2", "v4.3", "v4.4-rc.2~ v4.4-rc.1~", 0),
    ("version/2025.2.0 version/2025.4.0-rc1 version/2025.4.0", "version/2025.2.0",
     "version/2025.4.0* version/2025.4.0-rc1~", 0),
    ("v1.5.0 nightly-2026 v1.6.0 =v2.0.0-rc.1 nightly-2027", "v1.5.0", "v2.0.0-rc.1~ v1.6.0*", 2),
    ("v1.5.0 v1.6.0 =v2.0.0-rc.1 =nightly-2026 v2.0.0", "v1.6.0", "v2.0.0*", 0),
    ("v16.0.0-ee v16.1.0 =v16.1.0-ee v16.2.0-rc42-ee", "v16.0.0-ee", "v16.2.0-rc42-ee~ v16.1.0-ee* v16.1.0?", 0),
    ("v1.5.0 1.5.1 =v1.5.1", "v1.5.0", "v1.5.1* 1.5.1", 0),
    ("v1.5.0 latest v\u202e1.6.0 v1\x85.7.0 v1.8\udcff", "v1.5.0", "", 4),
]  # fmt: skip


def _shown(listing: releases.Listing) -> list[str]:
    """Each release with `*` where it is recommended, `~` for a pre-release, `?` where it stands apart."""
    return [
        one.tag.name + ("*" if one.recommended else "?" if one.apart else "~" if one.prerelease else "")
        for one in listing.newer
    ]


@pytest.mark.parametrize("dated", [True, False], ids=["by date", "by history"])
@pytest.mark.parametrize(("names", "at", "newer", "left_out"), _PROJECTS, ids=lambda value: str(value)[:40])
def test_the_tags_of_real_projects(names: str, at: str, newer: str, left_out: int, dated: bool) -> None:
    """Listed in their project's order, one recommended at most; what nobody can order is counted, or apart."""
    tags = Tags(names.split(" "), at, dated)
    listing = releases.listing(tags.host())
    assert " ".join(_shown(listing)) == newer
    assert len(listing.left_out) == left_out
    for one in listing.newer:
        assert releases.find(tags.host(), one.tag.name) == one.tag


@pytest.mark.parametrize(
    ("names", "at", "wanted", "words"),
    [
        (["deploy@6.0.0", "wikibase@7.0.1"], "deploy@6.0.0", "wikibase@7.0.1", "begin differently"),
        (["11.5-0", "ghcr-11.6-1"], "11.5-0", "ghcr-11.6-1", "begin differently"),
        (["v1.6.0", "=v2.0.0-rc.1"], "v1.6.0", "v2.0.0-rc.1", "name the same commit"),
        (["v1.9.2-0", "v1.9.2"], "v1.9.2", "v1.9.2-0", "older than"),
        (["v5.4.1-preprod", "v5.4.1"], "v5.4.1", "v5.4.1-preprod", "older than"),
        (["v1.5.0", "latest"], "v1.5.0", "latest", "not a release tag"),
        (["v1.5.0", "v9\x85.0"], "v1.5.0", "v9\x85.0", "'v9\\x85.0' is not a release tag"),
        (["v1.5.0"], "v1.5.0", "v1.5.0", "at v1.5.0 already"),
        (["v1.5.0"], "v1.5.0", "v1\u2028.6", "There is no release 'v1\\u2028.6'"),
    ],
)
def test_what_is_not_a_later_release_is_refused(names: list[str], at: str, wanted: str, words: str) -> None:
    """Each with its reason, and no character that a terminal would obey."""
    with pytest.raises(RefusedError) as raised:
        releases.find(Tags(names, at).host(), wanted)
    assert words in raised.value.message.replace("\\\\", "\\")
    assert raised.value.message.isprintable()


def test_a_final_release_wins_over_its_neighbours() -> None:
    """Of several tags of one commit the final one is the release that is checked out, then the highest."""
    for names, wanted in (
        (["v1.6.0", "=v2.0.0-rc.1", "=nightly-2026", "=latest"], "v1.6.0"),
        (["v1.9.0", "=v1.10.0", "=v1.10.0-rc1", "=zzz"], "v1.10.0"),
        (["v5.4.1", "=v5.4.1-preprod"], "v5.4.1"),
        (["ghcr-11.6-0", "=11.6-0"], "11.6-0"),
        (["deploy@6.0.0", "deploy@7.0.0", "=wikibase@7.0.0"], "deploy@7.0.0"),
        (["latest", "=v\x85"], "latest"),
    ):
        tags = Tags(names, names[0])
        assert tag_of(tags.tags(), tags.tagged[-1].commit) == wanted


def test_a_tag_without_a_number_is_no_place_to_start_from() -> None:
    """A checkout at `latest` alone is refused with a reason, not with a question of versions."""
    with pytest.raises(RefusedError, match="'latest', which has no number"):
        releases.listing(Tags(["v1.0.0", "latest"], "latest").host())


def test_newest_is_said_of_what_is_known() -> None:
    """Where the remote was not reached the sentence says so; another tag of the commit is named."""
    alone = releases.listing(Tags(["v1.5.0"], "v1.5.0").host())
    assert release_words.no_newer(alone, asked=True) == "v1.5.0 is the newest release"
    assert "is the newest release that is here" in release_words.no_newer(alone, asked=False)
    frozen = releases.listing(Tags(["v1.5.0", "=v9.0.0"], "v1.5.0").host())
    assert "v9.0.0 is the newest release (its commit is also tagged v1.5.0)" in release_words.no_newer(
        frozen, asked=True
    )


def test_left_out_tags_are_counted_and_shown_harmless() -> None:
    """The first few by name, their control characters visible."""
    words = release_words.left_out(("a\u2028b", "helm-1", "helm-2", "helm-3"))
    assert words.startswith("4 tags are not listed")
    assert words.endswith("a\\u2028b, helm-1, helm-2 and 1 more")


def test_a_jump_and_a_pre_release_are_named_in_the_plan() -> None:
    """What the list of releases says, the plan of an explicit target says too."""
    tags = Tags(["v1.5.0", "v5.0.0-rc.1", "v1.5.1-preprod"], "v1.5.0").tagged
    assert releases.cautions(tags[0], tags[1]) == ("v5.0.0-rc.1 is a pre-release.",)
    (jump,) = releases.jump_to_acknowledge(tags[0], tags[1])
    assert jump.title == "v5.0.0-rc.1 jumps over 3 major versions; releases are rarely tested across such a jump."
    assert releases.jump_to_acknowledge(tags[0], tags[2]) == ()
    assert "'preprod'" in releases.cautions(tags[0], tags[2])[0]


def test_a_pattern_says_which_tags_are_releases() -> None:
    """Zoo 24: those that do not match are left out by name, cannot be upgraded to, and are not the current one."""
    names = ["v1.5.0", "=v1.5.0-build7", "v1.6.0", "v1.6.1-ci", "v2.0"]
    host = Tags(names, "v1.5.0", pattern=r"v\d+\.\d+\.\d+").host()
    found = releases.listing(host)
    assert (found.current.name, [one.tag.name for one in found.newer]) == ("v1.5.0", ["v1.6.0"])
    assert set(found.left_out) == {"v1.5.0-build7", "v1.6.1-ci", "v2.0"}
    with pytest.raises(RefusedError, match=r"no release 'v2\.0'"):
        releases.find(host, "v2.0")
    with pytest.raises(UsageError, match=r"releases\.pattern: Must be a regular expression"):
        parse_config('[releases]\npattern = "v("', source="avnwizard.toml")


_PARTS = ["", *"v1200.-_@/+a", "rc", "alpha", "w10", "2026", "\x85", "\u2028", "\u00e9", "\udcff"]


@pytest.mark.parametrize("seed", range(20))
def test_any_tags_are_listed(seed: int) -> None:
    """Forty tags out of hostile pieces, at any of them: never a crash, never two recommended, never an older one."""
    chance = random.Random(seed)  # noqa: S311 - a test's own dice
    names = sorted({"".join(chance.choices(_PARTS, k=chance.randint(1, 9))) for _ in range(40)} | {"v1.0.0"})
    chance.shuffle(names)
    names = [name for name in names if not name.startswith(_SAME)]
    for at in names:
        host = Tags(names, at).host()
        try:
            listing = releases.listing(host)
        except WizardError as refused:
            said = refused.message
            listing = releases.Listing(TagRef(at, "", "", annotated=False, signed=False), (), (), ())
        else:
            said = release_words.no_newer(listing, asked=True) + release_words.left_out(listing.left_out or ("",))
        assert said.isprintable()
        assert sum(one.recommended for one in listing.newer) <= 1
        assert all(one.tag.name.isprintable() for one in listing.newer)
        assert all(releases.find(host, one.tag.name) for one in listing.newer)


def test_a_jump_needs_a_word_of_its_own() -> None:
    """Acknowledged or not, the command line wants the flag; an upgrade that jumps over nothing does not."""
    tags = Tags(["v1.5.0", "v5.0.0", "v1.6.0"], "v1.5.0").tagged
    jump = releases.jump_to_acknowledge(tags[0], tags[1])
    with pytest.raises(RefusedError, match="jumps over 3 major versions") as refused:
        require_jump_allowed(jump, allowed=False)
    assert "--allow-jump" in refused.value.hint
    require_jump_allowed(jump, allowed=True)
    require_jump_allowed(releases.jump_to_acknowledge(tags[0], tags[2]), allowed=False)
