"""The difference between values files as it may be seen: every secret masked."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from avnwizard.domain.env_preview import DiffLine, without
from avnwizard.domain.kubernetes.values import leaves, shown
from avnwizard.domain.secret import pieces
from avnwizard.errors import RefusedError

_CONTEXT = 2
_PIECE = 4
"""A shorter piece of a secret is too common a text to be looked for."""


def values_preview(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[DiffLine, ...]:
    """The lines that change in each file, with two lines around them, below the file's name."""
    return tuple(line for path in after for line in _lines(path, before.get(path, b""), after[path]))


def _lines(path: str, before: bytes, after: bytes) -> Iterator[DiffLine]:
    # compared as they are, shown masked: else a secret that changes would look as if it stayed
    old, new = (text.decode("utf-8", "replace").splitlines() for text in (before, after))
    known = {*_secrets(before), *_secrets(after)}
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        yield DiffLine("@", f"{path}, line {group[0][3] + 1}")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (DiffLine(" ", without(known, text)) for text in old[i1:i2])
            else:
                yield from (DiffLine("-", without(known, text)) for text in old[i1:i2])
                yield from (DiffLine("+", without(known, text)) for text in new[j1:j2])


def _secrets(text: bytes) -> Iterator[str]:
    try:
        found = leaves(text, source="values")
    except RefusedError:
        return
    for path, value, _ in found:
        lines = (line.strip() for piece in pieces(path, shown(value)) for line in piece.splitlines())
        yield from (line for line in lines if len(line) >= _PIECE)
