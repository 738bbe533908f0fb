"""Real releases of other projects are read as well as the figures promise."""

from typing import Any

import pytest

from avnwizard.domain.changelog import sections_between
from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.version import Version
from tests.bench.scoring import changelog_score, env_score
from tests.reading.corpus import CORPUS, WHY_ABSENT, cases

pytestmark = pytest.mark.skipif(CORPUS is None, reason=WHY_ABSENT)


# Floors: what was measured when the corpus grew, and raised with each change that reads more. Never lowered.
# Issue 20's goals, on cases nobody looked at: renames P 0.95, R 0.90, at confidence 0.9 P 0.98 and R 0.75;
# changelog ranges 0.97, breaking items P 0.95, R 0.90.
_ENV_FLOORS = {  # kind: precision, recall, strict precision, recall by decision, sure precision, sure recall
    "env": (0.995, 0.944, 0.956, 0.896, 0.999, 0.834),
    "env-derived": (1.0, 0.962, 1.0, 0.923, 1.0, 0.814),
}
_RANGES_FLOOR = 141
_BREAKING_FLOORS = (0.972, 0.993)
_VERSIONS_FLOOR = 1195


@pytest.mark.parametrize("kind", ["env", "env-derived"])
def test_env_figures(kind: str) -> None:
    """Key sets and negatives are exact; precision and recall of both tiers do not fall below their floors."""
    score = env_score(cases(kind))
    assert score.keys_exact == score.cases
    assert score.negatives_hit == 0
    reached = (
        score.precision,
        score.recall,
        score.strict_precision,
        score.decided,
        score.sure_precision,
        score.sure_recall,
    )
    assert [figure >= floor for figure, floor in zip(reached, _ENV_FLOORS[kind], strict=True)] == [True] * 6, reached


def test_changelog_figures() -> None:
    """Exact ranges, and precision and recall of breaking items, do not fall below their floors."""
    score = changelog_score(cases("changelog"))
    assert score.ranges_exact >= _RANGES_FLOOR
    assert score.precision >= _BREAKING_FLOORS[0]
    assert score.recall >= _BREAKING_FLOORS[1]


def test_no_range_that_breaks_is_called_read_without_an_item() -> None:
    """Where a release breaks something and no item is found, the range is never reported as read."""
    silent = [
        (folder.name, one["to"])
        for folder, label in cases("changelog")
        for one in label["ranges"]
        if one.get("breaking")
        and (found := sections_between((folder / "CHANGELOG.md").read_text(), one["from"], one["to"])).read == "read"
        and not found.breaking
    ]
    assert silent == []


def test_the_versions_of_every_changelog_are_found() -> None:
    """Over the whole length of all changelogs, as many labelled versions are found as the floor says."""
    total = 0
    for folder, label in cases("changelog"):
        text, listed = (folder / "CHANGELOG.md").read_text(), [_name(one) for one in label["versions"]]
        newest = max((one for one in listed if Version.find(one)), key=Version.parse)
        found = {s.version.removeprefix("v") for s in sections_between(text, "0.0.0-alpha", newest).versions}
        total += len(found.intersection(listed))
    assert total >= _VERSIONS_FLOOR


def _name(version: dict[str, Any] | str) -> str:
    """A labelled version's name: some labels list bare names."""
    return version if isinstance(version, str) else str(version["version"])


def test_every_env_file_comes_back_unchanged() -> None:
    """Reading and writing every env file of the corpus changes no byte."""
    for kind in ("env", "env-derived"):
        for folder, _ in cases(kind):
            for name in ("old.env", "new.env"):
                data = (folder / name).read_bytes()
                assert EnvFile.parse_release(data).to_bytes() == data, folder.name


def test_a_file_does_not_differ_from_itself() -> None:
    """Comparing a release with itself tells nothing."""
    for folder, _ in cases("env"):
        file = EnvFile.parse_release((folder / "new.env").read_bytes())
        diff = diff_env(file, file)
        assert (diff.added, diff.removed, diff.renamed, diff.related, diff.changed) == ((), (), (), (), ()), (
            folder.name
        )
