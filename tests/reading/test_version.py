"""Release tags of any project are ordered as their projects mean them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avnwizard.domain.version import Version, VersionError, kind_of_jump


@pytest.mark.parametrize(
    ("tag", "numbers", "prerelease"),
    [
        ("v2.0.0", (2, 0, 0), False),
        ("2.0.0-rc.1", (2, 0, 0), True),
        ("8.0.0-rc2", (8, 0, 0), True),
        ("1.8.0rc", (1, 8, 0), True),
        ("v3.0.0-next.12", (3, 0, 0), True),
        ("@scope/name2@1.2.3-beta.0", (1, 2, 3), True),
        ("release-1.24", (1, 24), False),
        ("2.15.1.0", (2, 15, 1, 0), False),
        ("2024-04-02", (2024, 4, 2), False),
        ("RELEASE.2024-06-13T22-53-53Z", (2024, 6, 13, 22, 53, 53), False),
        ("REL_17_2", (17, 2), False),
        ("1.2.3+build.5", (1, 2, 3), False),
        ("17-alpine", (17,), False),
        ("2026w10", (2026, 10), False),
        ("2023w26.1", (2023, 26, 1), False),
        ("2026-07", (2026, 7), False),
        ("2026-07a", (2026, 7), False),
        ("stable-9909-1", (9909,), False),
        ("nightly-2026", (2026,), True),
        ("1.0a1", (1, 0), True),
        ("v16.0.0-rc42-ee", (16, 0, 0), True),
        ("v5.4.1-preprod", (5, 4, 1), False),
    ],
)
def test_any_tag_is_read(tag: str, numbers: tuple[int, ...], prerelease: bool) -> None:
    """Numbers and pre-release are found whatever surrounds them, and the tag stays as it was written."""
    version = Version.parse(tag)
    assert (version.numbers, version.is_prerelease, str(version)) == (numbers, prerelease, tag)


def test_order_of_one_project() -> None:
    """Pre-releases come before the release and a packager's revision after it."""
    ordered = "1.9 2.0.0-dev 2.0.0-alpha.2 2.0.0-beta.1 2.0.0-rc.2 2.0.0-rc.10 v2.0.0 2.0.0-1 2.0.0-2 2.0.1 2.10"
    versions = [Version.parse(tag) for tag in ordered.split()]
    assert all(a < b for a, b in pairwise(versions))


def test_same_release_in_other_words() -> None:
    """A `v`, a missing zero and build metadata make no other release."""
    assert Version.parse("v1.2") == Version.parse("1.2.0") == Version.parse("1.2.0+abc")
    assert len({Version.parse("v1.2"), Version.parse("1.2.0")}) == 1


def test_no_number_is_an_error_with_a_hint() -> None:
    """A branch name is refused as bad usage, its control characters shown."""
    with pytest.raises(VersionError) as caught:
        Version.parse("ma\x1bin")
    assert "ma␛in" in caught.value.message
    assert caught.value.hint
    assert Version.find("main") is None


@pytest.mark.parametrize("word", ["preprod", "security", "alpine", "test8", "3-g1a2b3c", "lts"])
def test_a_word_that_nobody_knows_makes_another_tag(word: str) -> None:
    """It never equals the release, it is no final one, and a changelog still finds the release by it."""
    odd, plain = Version.parse(f"v1.5.0-{word}"), Version.parse("v1.5.0")
    assert odd != plain
    assert odd.flavour
    assert not plain.flavour
    assert odd.release.numbers == plain.numbers


@pytest.mark.parametrize(
    ("tag", "prefix"),
    [
        ("v1.2.3", ""),
        ("V1.2", ""),
        ("v.5.4.1", ""),
        ("deploy@6.0.0", "deploy@"),
        ("deploy-3", "deploy"),
        ("@scope/name2@1.2.3", "@scope/name2@"),
        ("ghcr-11.6-1", "ghcr"),
        ("wmde.20", "wmde"),
        ("version/2025.4.0", "version"),
        ("RELEASE.2024-06-13T22-53-53Z", "release"),
    ],
)
def test_what_precedes_the_number_tells_products_apart(tag: str, prefix: str) -> None:
    """The beginning of a name, a `v` and separators aside."""
    assert Version.parse(tag).prefix == prefix


def test_weeks_and_months_are_numbers() -> None:
    """Calendar weeks and months order releases, and a letter or `p1` is a later fix."""
    ordered = ["2025w44", "2026w10", "2026w14", "2026w14p1", "2026w14p2", "2027w01"]
    assert all(a < b for a, b in pairwise(map(Version.parse, ordered)))
    months = ["2025-12a", "2026-05", "2026-05a", "2026-05b", "2026-07"]
    assert all(a < b for a, b in pairwise(map(Version.parse, months)))


def test_digits_of_other_scripts_are_no_version() -> None:
    """A name in full-width or Arabic digits would look like another tag: it is of no line of releases."""
    assert Version.parse("v\uff11.0").prefix
    assert Version.find("\u0661.\u0660") is None


@pytest.mark.parametrize(
    ("old", "new", "jump"),
    [
        ("1.2.3", "1.2.4", "patch"),
        ("2.15.1.0", "2.15.1.1", "patch"),
        ("1.2.3", "1.3.0", "minor"),
        ("1.9", "2.0.0-rc.1", "major"),
        ("2.0.0-rc.1", "2.0.0", "patch"),
        ("2026-06", "2026-07", "minor"),
    ],
)
def test_kind_of_jump(old: str, new: str, jump: str) -> None:
    """The first number that differs names the jump."""
    assert kind_of_jump(Version.parse(old), Version.parse(new)) == jump


_TAGS = st.from_regex(
    r"v?[0-9]{1,3}(\.[0-9]{1,3}){0,3}(-(rc|alpha|beta|next|post|x)\.?[0-9]{0,2}|a)?", fullmatch=True
)


@given(_TAGS, _TAGS, _TAGS)
def test_the_order_is_total(a: str, b: str, c: str) -> None:
    """Exactly one of <, = and > holds, and < is transitive."""
    x, y, z = map(Version.parse, (a, b, c))
    assert (x < y) + (x == y) + (x > y) == 1
    assert not (x < y < z) or x < z
