"""The findings of a first walk through wizard, command line and reports: each with its tests, or an answer.

A finding's number is that of the walk's own list: 1 to 19 are those that lose data, mislead or block; "S3-" the
polish, "E" the sentences, "R" the report, "T" what other tools have.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        was: what was wrong.
        tests: "FILE::TEST" below `tests` that hold it.
        answer: why nothing, or not all of it, is done, or what no test can hold; "" where the tests say it all.
    """

    number: str
    was: str
    tests: tuple[str, ...] = ()
    answer: str = ""


def _findings() -> tuple[Finding, ...]:
    found = tomllib.loads((Path(__file__).parent / "wizard.toml").read_text("utf-8"))["finding"]
    return tuple(Finding(**{**one, "tests": tuple(one.get("tests", ()))}) for one in found)


FINDINGS = _findings()
