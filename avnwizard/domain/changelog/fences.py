"""Where headings are no headings: within code fences and HTML comments."""

import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_BEGINNINGS = frozenset("`~<")


def fenced(lines: list[str]) -> dict[int, int]:
    """Map the first line of each closed code fence or HTML comment to its last; an endless one is none."""
    ends: dict[int, int] = {}
    endless: dict[str, int] = {}
    last_comment_end = max((i for i, line in enumerate(lines) if "-->" in line), default=-1)
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.lstrip()[:1] not in _BEGINNINGS:
            end = None
        elif (fence := _FENCE.match(line)) and not ("`" in fence[2] and fence[1][0] == "`"):
            closing = re.compile(rf" {{0,3}}{re.escape(fence[1][0])}{{{len(fence[1])},}}[ \t]*")
            known = len(fence[1]) >= endless.get(fence[1][0], len(fence[1]) + 1)
            rest = range(len(lines), len(lines)) if known else range(index + 1, len(lines))
            end = next((i for i in rest if closing.fullmatch(lines[i])), None)
            if end is None:
                endless[fence[1][0]] = min(len(fence[1]), endless.get(fence[1][0], len(fence[1])))
        elif index < last_comment_end and line.lstrip().startswith("<!--") and "-->" not in line:
            end = next((i for i in range(index + 1, len(lines)) if "-->" in lines[i]), None)
        else:
            end = None
        if end is not None:
            ends[index] = end
            index = end
        index += 1
    return ends
