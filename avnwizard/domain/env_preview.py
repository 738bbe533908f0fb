"""The difference between two env files as it may be seen: every secret masked, in comments too."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.secret import MASK, masked, pieces, redact_urls

Sign = Literal[" ", "-", "+", "@"]
_CONTEXT = 2
_PIECE = 4
"""A shorter piece of a secret is too common a text to be looked for."""
_COMMON = frozenset({"true", "false", "none", "null", "auto", "plain", "login", "strict", "default", "required"})
"""Values of switches whose names sound secret (COOKIE_SECURE): to look for them would blank half a sentence."""
_OFFER = re.compile(r"(\s*#[#\s]*(?:export\s+)?(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)\s*=)(?P<value>.+)")


@dataclass(frozen=True)
class DiffLine:
    """One line: `-` goes, `+` comes, ` ` stays; `@` stands for lines left out."""

    sign: Sign
    text: str


def preview(before: EnvFile, after: EnvFile) -> tuple[DiffLine, ...]:
    """The lines that change, with two lines around them."""
    return tuple(_lines(before, after))


def _lines(before: EnvFile, after: EnvFile) -> Iterator[DiffLine]:
    # compared as they are, shown masked: else a secret that changes would look as if it stayed
    old, new = before.text.split("\n"), after.text.split("\n")
    known = secret_pieces(before) | secret_pieces(after)
    old_shown, new_shown = masked_lines(before, known), masked_lines(after, known)
    for number, group in enumerate(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT)):
        if number or group[0][1]:
            yield DiffLine("@", f"line {group[0][3] + 1}")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (DiffLine(" ", text) for text in old_shown[i1:i2])
            else:
                yield from (DiffLine("-", text) for text in old_shown[i1:i2])
                yield from (DiffLine("+", text) for text in new_shown[j1:j2])


def secret_pieces(env: EnvFile) -> frozenset[str]:
    """The lines of every secret value: one that was commented out leaves them behind without its name."""
    found = (piece for s in env.statements if not s.inherited for piece in pieces(s.key, s.literal))
    lines = (line.strip() for value in found for line in value.splitlines())
    return frozenset(line for line in lines if len(line) >= _PIECE and line.lower() not in _COMMON)


def without(pieces: Iterable[str], text: str) -> str:
    """A text of another program's with these pieces and every credential in it blanked."""
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, MASK)
    return redact_urls(text)


def masked_lines(env: EnvFile, known: frozenset[str] = frozenset()) -> list[str]:
    """The file's lines with every secret value as `***`, and every one of the pieces that are known."""
    text, shift = env.text, len(env.text) - len(env.text.removeprefix("\ufeff"))
    for statement in reversed(env.statements):
        shown = masked(statement.key, statement.literal)
        if statement.inherited or shown == statement.literal:
            continue
        at, end = statement.value_at + shift, statement.value_end + shift
        text = text[:at] + shown + "\n" * text.count("\n", at, end) + text[end:]
    return [_comment_masked(line, known) for line in text.split("\n")]


def _comment_masked(line: str, known: frozenset[str]) -> str:
    """A commented-out assignment may hold a secret that was in force yesterday."""
    if line.lstrip().startswith("#"):
        line = without(known, line)
    offer = _OFFER.match(line)
    return offer[1] + masked(offer["key"], offer["value"]) if offer else redact_urls(line)
