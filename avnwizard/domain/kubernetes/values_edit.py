"""Edits of a values file that leave every other line as it is: comments, order and quoting too.

Each edit is made in the text, then read again and compared with the same edit of the values: where the two differ,
the file is written in a way that is not edited here, and the operator is asked to do it by hand.
"""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import yaml

from avnwizard.domain.kubernetes.values import get, is_branch, loaded, tree_of
from avnwizard.errors import RefusedError, UsageError

_STEP = 2
Pair = tuple[yaml.Node, yaml.Node]


def renamed(text: bytes, old: str, new: str, *, source: str) -> bytes:
    """The file with a value under its new path.

    Raises:
        RefusedError: the file is written in a way that is not edited here.
        UsageError: the new path is taken.
    """
    values = loaded(text, source=source)
    _, value = get(values, old)
    if get(values, new)[0]:
        raise UsageError(f"{source} has {new} already.", "Give a name that it lacks.")
    chain = _chain(text, old, source)
    wanted = _put(_without(values, old), new, value)
    with _edited(f"{old} to {new}", source):
        made = _moved(text, chain, old, new, source)
    return _checked(made, wanted, f"{old} to {new}", source)


def _moved(text: bytes, chain: Sequence[Pair], old: str, new: str, source: str) -> bytes:
    """In its place where the section stays, else cut out and put into the other section."""
    key, node = chain[-1]
    if old.rpartition(".")[0] == new.rpartition(".")[0]:
        return _replaced(text, key, new.rpartition(".")[2])
    _require_lines(text, chain, old, source)
    first, last = _lines_of(text, key, node)
    block = text.decode().splitlines(keepends=True)[first:last]
    own = _dedented(block, key.start_mark.column)
    own[0] = own[0][len(_spelled(text, key)) :]
    return _inserted(_cut(text, chain), new, own, source)


def with_value(text: bytes, path: str, value: Any, *, source: str) -> bytes:
    """The file with a value set, in its place where it is there already.

    Raises:
        RefusedError: the file is written in a way that is not edited here.
    """
    values = loaded(text, source=source)
    wanted = _put(values, path, value)
    scalar = yaml.safe_dump(value, default_flow_style=True, width=1 << 20).removesuffix("\n").removesuffix("\n...")
    with _edited(path, source):
        if get(values, path)[0]:
            _, node = _chain(text, path, source)[-1]
            start, end = node.start_mark, node.end_mark
            lines = text.decode().splitlines(keepends=True)
            gap = "" if lines[start.line][: start.column].endswith(" ") else " "
            made = _spliced(lines, (start.line, start.column), (end.line, end.column), gap + scalar)
        else:
            made = _inserted(text, path, [f": {scalar}\n"], source)
    return _checked(made, wanted, path, source)


def commented_out(text: bytes, path: str, *, source: str) -> bytes:
    """The file with a value as a comment; a section that holds nothing else becomes one with it.

    Raises:
        RefusedError: the file is written in a way that is not edited here.
    """
    chain = _chain(text, path, source)
    wanted = _without(loaded(text, source=source), path)
    key, node = _victim(chain)
    _require_lines(text, [(key, node)], path, source)
    with _edited(path, source):
        first, last = _lines_of(text, key, node)
        lines = text.decode().splitlines(keepends=True)
        for number in range(first, last):
            lines[number] = f"# {lines[number]}"
    return _checked("".join(lines).encode(), wanted, path, source)


@contextmanager
def _edited(what: str, source: str) -> Iterator[None]:
    """An edit by lines and columns: a way of writing that it does not foresee is the operator's to edit."""
    try:
        yield
    except (LookupError, ValueError, AttributeError) as error:
        raise _by_hand(what, source) from error


def _chain(text: bytes, path: str, source: str) -> list[Pair]:
    """The (key, value) nodes on the way to a path, which is there."""
    here, found = tree_of(text, source=source), []
    for part in path.split("."):
        pairs = here.value if isinstance(here, yaml.MappingNode) else []
        named = [(key, value) for key, value in pairs if str(key.value) == part]
        if len(named) != 1:  # it comes in by a merge key or an alias, or is given twice
            raise _by_hand(path, source)
        found += named
        here = named[0][1]
    return found


def _require_lines(text: bytes, chain: Sequence[Pair], path: str, source: str) -> None:
    """Refuse a value in a flow mapping (`{a: 1}`): it has no lines of its own."""
    lines = text.decode().splitlines()
    if any(lines[key.start_mark.line][: key.start_mark.column].strip() for key, _ in chain):
        raise _by_hand(path, source)


def _victim(chain: Sequence[Pair]) -> Pair:
    """The outermost section that holds nothing but this value: without it, it would say `null`, which deletes."""
    at = len(chain) - 1
    while at and len(chain[at - 1][1].value) == 1:
        at -= 1
    return chain[at]


def _lines_of(text: bytes, key: yaml.Node, node: yaml.Node) -> tuple[int, int]:
    """From the key's line to the first that is no longer its own."""
    lines = text.decode().splitlines()
    first, end = key.start_mark.line, node.end_mark
    last = end.line + 1 if end.column and lines[end.line][: end.column].strip() else max(end.line, first + 1)
    while last > first + 1 and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
        last -= 1
    return first, last


def _cut(text: bytes, chain: Sequence[Pair]) -> bytes:
    key, node = _victim(chain)
    first, last = _lines_of(text, key, node)
    lines = text.decode().splitlines(keepends=True)
    return "".join(lines[:first] + lines[last:]).encode()


def _spelled(text: bytes, key: yaml.Node) -> str:
    """A key as it is written, with its quotes."""
    return text.decode().splitlines()[key.start_mark.line][key.start_mark.column : key.end_mark.column]


def _replaced(text: bytes, key: yaml.Node, name: str) -> bytes:
    lines = text.decode().splitlines(keepends=True)
    start, end = key.start_mark, key.end_mark
    return _spliced(lines, (start.line, start.column), (end.line, end.column), name)


def _spliced(lines: list[str], start: tuple[int, int], end: tuple[int, int], middle: str) -> bytes:
    before = "".join(lines[: start[0]]) + (lines[start[0]][: start[1]] if start[0] < len(lines) else "")
    after = (lines[end[0]][end[1] :] if end[0] < len(lines) else "") + "".join(lines[end[0] + 1 :])
    return (before + middle + after).encode()


def _dedented(block: Sequence[str], columns: int) -> list[str]:
    return [line[columns:] if not line[:columns].strip() else line for line in block]


def _inserted(text: bytes, path: str, own: Sequence[str], source: str) -> bytes:
    """The file with a new value at the end of the section where it belongs, with the sections that lack.

    Args:
        own: the value's lines, from the colon on, as if the key stood in the first column.
    """
    parts, here, depth = path.split("."), tree_of(text, source=source), 0
    place = None
    while here is not None and depth < len(parts) - 1:
        pair = next(((key, value) for key, value in here.value if str(key.value) == parts[depth]), None)
        if pair is None or not is_branch(pair[1]):
            break
        place, here, depth = pair, pair[1], depth + 1
    lines = text.decode().splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    at, column = len(lines), 0
    if place is not None:
        column = place[1].value[0][0].start_mark.column
        at = _lines_of(text, *place)[1]
    new = [f"{' ' * (column + _STEP * number)}{name}:\n" for number, name in enumerate(parts[depth:-1])]
    column += _STEP * len(new)
    new += [" " * column + (parts[-1] if not number else "") + line for number, line in enumerate(own)]
    if not new[-1].endswith("\n"):
        new[-1] += "\n"
    return "".join(lines[:at] + new + lines[at:]).encode()


def _put(values: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(dict(values))
    here, parts = made, path.split(".")
    for part in parts[:-1]:
        if not isinstance(here.get(part), dict):
            here[part] = {}
        here = here[part]
    here[parts[-1]] = value
    return made


def _without(values: Mapping[str, Any], path: str) -> dict[str, Any]:
    made = copy.deepcopy(dict(values))
    head, _, rest = path.partition(".")
    if rest:
        made[head] = _without(made[head], rest)
    if not rest or not made[head]:
        del made[head]
    return made


def _checked(made: bytes, wanted: Mapping[str, Any], what: str, source: str) -> bytes:
    try:
        found = loaded(made, source=source)
    except RefusedError as error:
        raise _by_hand(what, source) from error
    if found != wanted:
        raise _by_hand(what, source)
    return made


def _by_hand(what: str, source: str) -> RefusedError:
    shown = re.sub(r"[^\w. -]", "", what)[:120]
    return RefusedError(
        f"{source} is written in a way that avnwizard does not edit ({shown}). Nothing was changed.",
        "Change that value by hand, each on a line of its own, then plan again.",
    )
