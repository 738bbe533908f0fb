"""The variables that an env file sets and those it only offers in a comment, with the words near them."""

import re
from dataclasses import dataclass

from avnwizard.domain.envfile.errors import EnvSyntaxError
from avnwizard.domain.envfile.scan import Statement, scan

_OFFER = re.compile(
    r"[ \t]*#[# \t]*(?P<body>(?:export[ \t]+)?(?P<key>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*=(?!>)(?P<value>.*))"
)
_COMMENT = re.compile(r"[ \t]*#")
_RULER = re.compile(r"[#\s=*~_+-]*")


@dataclass(frozen=True)
class Variable:
    """One variable of an env file.

    Fields:
        default: its value after quotes and escapes, before interpolation.
        comment: the comment lines directly above it and the one behind it, without their marks.
        active: set, not only offered in a comment.
        line: counted from 1.
        section: number of the block (separated by blank lines) that it stands in.
    """

    key: str
    default: str
    comment: str
    active: bool
    line: int
    section: int


def variables(text: str, statements: tuple[Statement, ...]) -> tuple[Variable, ...]:
    """Give every variable of the file in document order, set and offered alike."""
    lines = text.split("\n")
    starts = {s.line: s for s in statements}
    covered = {n for s in statements for n in range(s.line, s.line + text.count("\n", s.at, s.value_end) + 1)}
    found: list[Variable] = []
    comment: list[str] = []
    section, blank = 0, True
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip()
        if number in starts:
            s = starts[number]
            end = text.find("\n", s.value_end)
            behind = text[s.value_end : end if end >= 0 else len(text)].strip().lstrip("# ").strip()
            found.append(
                Variable(
                    s.key,
                    s.literal,
                    "\n".join([*comment, *([behind] if behind else [])]),
                    True,
                    number,
                    section,
                )
            )
            comment, blank = [], False
        elif number in covered:
            continue
        elif not line:
            section, blank = section + (not blank), True
            comment = []
        elif offer := _offer(line):
            found.append(Variable(offer.key, offer.literal, "\n".join(comment), False, number, section))
            comment, blank = [], False
        elif _COMMENT.match(line) and not _RULER.fullmatch(line):
            comment.append(line.strip().lstrip("#").strip())
            blank = False
    return tuple(found)


def _offer(line: str) -> Statement | None:
    match = _OFFER.fullmatch(line)
    if match is None:
        return None
    try:
        return next(scan(match["body"]), None)
    except EnvSyntaxError:
        return None
