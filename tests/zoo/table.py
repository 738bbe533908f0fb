"""The zoo's table: each trait of a stranger's stack, what avnwizard did with it at first, and what it does now.

`python -m tests.zoo.table` writes it into `avnwizard help stacks`. A test holds the two together and sees that each
row has its tests.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "avnwizard" / "docs" / "stacks.md"
HEADING = "## What was tried"


@dataclass(frozen=True)
class Row:
    """One trait.

    Attributes:
        numbers: of the findings that it closes.
        before: what the first version did.
        now: what happens now; in quotes the sentence with which it is refused.
        tests: "FILE::TEST" below `tests`.
    """

    numbers: str
    trait: str
    before: str
    now: str
    tests: tuple[str, ...]


def _rows() -> tuple[Row, ...]:
    found = tomllib.loads((Path(__file__).parent / "table.toml").read_text("utf-8"))["row"]
    return tuple(Row(**{**one, "tests": tuple(one["tests"])}) for one in found)


ROWS = _rows()


def rendered() -> str:
    """The section of the help topic."""
    lines = [
        HEADING, "",
        "Each of these is a small stack of its own in the tests, upgraded and rolled back on a real engine (the",
        "order of tags, the reading of migrations, and a checkout or a clock that fails are tested without one).",
        "F and H are the findings' numbers.", "",
        "| finding | trait | at first | now |", "| --- | --- | --- | --- |",
    ]  # fmt: skip
    lines += [f"| {row.numbers} | {row.trait} | {row.before} | {row.now} |" for row in ROWS]
    return "\n".join(lines) + "\n"


def placed(text: str) -> str:
    """The topic with the section at its end."""
    return text.partition(HEADING)[0].rstrip("\n") + "\n\n" + rendered()


if __name__ == "__main__":
    DOCS.write_text(placed(DOCS.read_text("utf-8")), "utf-8")
