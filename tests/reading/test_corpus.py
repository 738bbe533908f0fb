"""Real releases of other projects are read as well as the figures promise."""

import pytest

from avnwizard.domain.changelog import sections_between
from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.version import Version
from tests.bench.scoring import changelog_score, env_score
from tests.reading.corpus import CORPUS, WHY_ABSENT, cases

pytestmark = pytest.mark.skipif(CORPUS is None, reason=WHY_ABSENT)


@pytest.mark.parametrize("kind", ["env", "env-derived"])
def test_env_figures(kind: str) -> None:
    """Precision, recall, both tiers, key sets and negatives meet their goals."""
    score = env_score(cases(kind))
    assert score.keys_exact == score.cases
    assert score.precision >= 0.95
    assert score.recall >= 0.90
    assert score.sure_precision >= 0.98
    assert score.sure_recall >= 0.60
    assert score.negatives_hit <= max(score.negatives // 10, 0)


def test_changelog_figures() -> None:
    """Every range is exact, and breaking items are found and no others."""
    score = changelog_score(cases("changelog"))
    assert score.ranges_exact == score.ranges
    assert score.precision >= 0.95
    assert score.recall >= 0.95


def test_every_version_of_every_changelog_is_found() -> None:
    """Over its whole length, each changelog gives the versions that its label lists, bold pseudo-headings aside."""
    for folder, label in cases("changelog"):
        text, versions = (folder / "CHANGELOG.md").read_text(), [str(v["version"]) for v in label["versions"]]
        newest = max(versions, key=Version.parse)
        found = {s.version.removeprefix("v") for s in sections_between(text, "0.0.0-alpha", newest).versions}
        assert {v for v in versions if Version.parse(v) > Version.parse("0.0.0")} <= found, folder.name


def test_every_env_file_comes_back_unchanged() -> None:
    """Reading and writing every env file of the corpus changes no byte."""
    for kind in ("env", "env-derived"):
        for folder, _ in cases(kind):
            for name in ("old.env", "new.env"):
                data = (folder / name).read_bytes()
                assert EnvFile.parse(data).to_bytes() == data, folder.name


def test_a_file_does_not_differ_from_itself() -> None:
    """Comparing a release with itself tells nothing."""
    for folder, _ in cases("env"):
        file = EnvFile.parse((folder / "new.env").read_bytes())
        diff = diff_env(file, file)
        assert (diff.added, diff.removed, diff.renamed, diff.related, diff.changed) == ((), (), (), (), ()), (
            folder.name
        )
