"""Changelogs of any style: which releases lie between two tags, and what each of them breaks."""

from avnwizard.domain.changelog.between import sections_between
from avnwizard.domain.changelog.forge import from_forge
from avnwizard.domain.changelog.sources import from_commits, from_files, from_tags, is_notes
from avnwizard.domain.changelog.values import BreakingItem, ChangelogRange, Notice, Read, Section

__all__ = [
    "BreakingItem",
    "ChangelogRange",
    "Notice",
    "Read",
    "Section",
    "from_commits",
    "from_files",
    "from_forge",
    "from_tags",
    "is_notes",
    "sections_between",
]
