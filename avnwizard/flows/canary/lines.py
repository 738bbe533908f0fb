"""What the report says of the canary."""

from avnwizard.domain.canary.tally import CanaryTally, rows
from avnwizard.domain.plain import printable


def canary_lines(tally: CanaryTally | None) -> list[str]:
    """A section of Markdown; none where no canary went along."""
    if tally is None:
        return []
    lines = ["", "## The canary, a user that signs in", ""]
    lines += [f"- **{sentence}**" for sentence in tally.sentences()]
    lines.append(f"- {tally.summary()}")
    if not tally.judged:
        lines.append("- it was not asked after the run: the run did not get to its end")
    lines += [f"- {printable(note, limit=600)}" for note in tally.notes]
    lines += [
        "",
        "| it tried to | before | during | after | failed last because |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows(tally)]
    return lines
