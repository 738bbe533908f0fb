"""Scores the reading of a release on labelled cases, by the corpus's own rules (its `score.py` judges by process)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avnwizard.domain.changelog import sections_between
from avnwizard.domain.envdiff import EnvDiff
from tests.bench.renames import by_words, compare, read_files

Case = tuple[Path, dict[str, Any]]

SURE = 0.9


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


@dataclass
class EnvScore:
    """Counts over env cases: (true, false, missed) for all proposals and for the sure ones."""

    cases: int = 0
    keys_exact: int = 0
    negatives: int = 0
    negatives_hit: int = 0
    strict: int = 0
    decisions: int = 0
    decisions_right: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    sure_right: int = 0
    sure_wrong: int = 0

    @property
    def precision(self) -> float:
        """Of the proposals, the share that is right."""
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Of the true renames, the share that is proposed."""
        return _share(self.right, self.right + self.missed)

    @property
    def strict_precision(self) -> float:
        """As `precision`, where a proposal between variables that are only related is false too."""
        return _share(self.right, self.right + self.wrong + self.strict)

    @property
    def decided(self) -> float:
        """Of the changes of words, the share whose renames are all proposed."""
        return _share(self.decisions_right, self.decisions)

    @property
    def sure_precision(self) -> float:
        """As `precision`, of the sure ones."""
        return _share(self.sure_right, self.sure_right + self.sure_wrong)

    @property
    def sure_recall(self) -> float:
        """As `recall`, of the sure ones."""
        return _share(self.sure_right, self.right + self.missed)


@dataclass
class ChangelogScore:
    """Counts over the labelled ranges of changelogs."""

    ranges: int = 0
    ranges_exact: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Of the breaking items given, the share that is one."""
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Of the breaking items labelled, the share that is given."""
        return _share(self.right, self.right + self.missed)


def read_case(folder: Path) -> EnvDiff:
    """Compare one case's files."""
    return compare(read_files(folder))


def env_score(cases: Iterable[Case]) -> EnvScore:
    """Score env transitions."""
    score = EnvScore()
    for folder, label in cases:
        diff, gold = read_case(folder), {(old, new) for old, new in label["renamed"]}
        groups = label.get("related", [])
        given = {
            (r.old, r.new): r.confidence
            for r in diff.renamed
            if not any(r.old in g["old"] and r.new in g["new"] for g in groups)
        }
        news = {v.key for v in diff.added} | {r.new for r in diff.renamed}
        olds = {v.key for v in diff.removed} | {r.old for r in diff.renamed}
        score.cases += 1
        score.keys_exact += news == {*label["added"], *(n for _, n in gold)} and olds == {
            *label["removed"],
            *(o for o, _ in gold),
        }
        sure = {pair for pair, confidence in given.items() if confidence >= SURE}
        score.right += len(given.keys() & gold)
        score.wrong += len(given.keys() - gold)
        score.missed += len(gold - given.keys())
        score.sure_right += len(sure & gold)
        score.sure_wrong += len(sure - gold)
        score.strict += len(diff.renamed) - len(given)
        proposed, decisions = {(r.old, r.new) for r in diff.renamed}, by_words(gold)
        score.decisions += len(decisions)
        score.decisions_right += sum(group <= proposed for group in decisions)
        score.negatives += not gold
        score.negatives_hit += not gold and bool(given)
    return score


def changelog_score(cases: Iterable[Case]) -> ChangelogScore:
    """Score the labelled ranges of changelogs."""
    score = ChangelogScore()
    for folder, label in cases:
        text = (folder / "CHANGELOG.md").read_text()
        for wanted in label["ranges"]:
            _score_range(score, text, wanted, label)
    return score


def _score_range(score: ChangelogScore, text: str, wanted: dict[str, Any], label: dict[str, Any]) -> None:
    found = sections_between(text, wanted["from"], wanted["to"]).versions
    given = {s.version for s in found}
    allowed = [wanted[k] for k in ("expected", "expected_stable", "expected_lineage") if wanted.get(k) is not None]
    also = wanted.get("also_acceptable") or []
    listed = [one for one in also if isinstance(one, list)]
    allowed += listed or ([also] if also else [])
    score.ranges += 1
    score.ranges_exact += any(_same_versions(given, set(one)) for one in allowed)
    items = [(_names(s.version), _bare(f"{i.title} {i.text}")) for s in found for i in s.breaking]
    used: set[int] = set()
    for want in wanted.get("breaking", []):
        version, words = _version(want["version"]), _bare(want["contains"])
        hit = next((i for i, (v, t) in enumerate(items) if i not in used and version in v and words in t), None)
        if hit is not None:
            used.add(hit)
    score.right += len(used)
    score.missed += len(wanted.get("breaking", [])) - len(used)
    never = wanted.get("must_not_be_items") or label.get("must_not_be_items") or []
    bad = [_bare(one if isinstance(one, str) else one["contains"]) for one in never]
    forbidden = sum(any(one in text for one in bad) for _, text in items)
    # an item that the label holds for a notice is misplaced, and counted apart from the false ones
    noted: set[int] = set()
    for want in wanted.get("notices", []):
        version, words = _version(want["version"]), _bare(want["contains"])
        taken = used | noted
        hit = next((i for i, (v, t) in enumerate(items) if i not in taken and version in v and words in t), None)
        noted |= {hit} if hit is not None else set()
    over = 0
    if wanted.get("breaking_count") is not None:
        over = max(0, len(items) - max(wanted["breaking_count"], len(used)) - len(noted))
    score.wrong += max(over, forbidden)


def _version(name: str) -> str:
    """A version's name without a tag's prefix, as the corpus's score compares them."""
    return re.sub(r"^[A-Za-z]+-(?=\d)", "", name.strip()).lstrip("vV")


def _names(heading: str) -> set[str]:
    """Every version that a heading names: `v1.2.0/v0.3.0` are two."""
    return {_version(heading), *(_version(one) for one in heading.split("/"))}


def _same_versions(given: set[str], wanted: set[str]) -> bool:
    return len(given) == len(wanted) and all(any(_version(one) in _names(name) for name in given) for one in wanted)


def _bare(text: str) -> str:
    return re.sub(r"[\s*_`]+", " ", text).strip().lower()
