"""Judges SQL in the test's own process: quick, and only for texts that the tests wrote themselves."""

from collections.abc import Sequence

from avnwizard.domain.migrations import Judged
from avnwizard.domain.migrations.judging import Fresh
from avnwizard.domain.migrations.parsing import judge_file


def judge(texts: Sequence[str]) -> list[Judged]:
    """What each text does, in the order in which they run."""
    fresh = Fresh()
    return [Judged(tuple(judge_file(text, fresh))) for text in texts]
