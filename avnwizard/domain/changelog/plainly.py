"""A change's text as plain words on one line: without the marks of Markdown, and with all that it says."""

import re

from avnwizard.domain.plain import printable

_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(\s*<?([^()\s>]*)>?[^()]*\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_SLANTED = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=[^\s*])\*(?![\w*])", re.DOTALL)
LONGEST = 4000


def plainly(text: str) -> str:
    """Emphasis and code marks are taken away, a link keeps its address; hostile characters are shown."""
    parts, end = [], 0
    for code in _CODE.finditer(text):
        parts += [_unmarked(text[end : code.start()]), code[2].strip()]
        end = code.end()
    parts.append(_unmarked(text[end:]))
    return printable(" ".join("".join(parts).split()), limit=LONGEST)


def _unmarked(text: str) -> str:
    linked = _LINK.sub(lambda link: f"{link[1]} ({link[2]})" if link[2] and link[1] != link[2] else link[1], text)
    bare = _SLANTED.sub(r"\1", _STRONG.sub(r"\2", linked))
    return bare.replace("**", "").replace("__", "")  # a pair that a code span parted
