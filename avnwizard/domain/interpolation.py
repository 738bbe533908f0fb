"""`$VARIABLE` and `${VARIABLE:-default}` as Docker Compose reads them (compose-go v2, package `template`)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError

Operator = Literal["", ":-", "-", ":?", "?", ":+", "+"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")
_DEEPEST = 40


class InterpolationError(RefusedError):
    """A template that Compose would refuse: malformed, or a required variable has no value."""


class MalformedError(InterpolationError):
    """A `${` that Compose would not understand; the message quotes what follows it."""


@dataclass(frozen=True)
class Reference:
    """One use of a variable: its place in the template, its operator and the text after that."""

    name: str
    operator: Operator
    argument: str
    start: int
    end: int


def references(template: str, *, nested: bool = True) -> Iterator[Reference]:
    """Give every use of a variable in order; with `nested`, also those inside defaults.

    Raises:
        InterpolationError: a `${` that Compose would not understand.
    """
    yield from _references(template, nested, 0)


def _references(template: str, nested: bool, depth: int) -> Iterator[Reference]:
    if depth > _DEEPEST:
        raise InterpolationError("variables are nested too deeply", "Write the value out.")
    at = template.find("$")
    while at >= 0:
        if template.startswith("$$", at):
            at = template.find("$", at + 2)
            continue
        found = _reference_at(template, at)
        if found is None:
            at = template.find("$", at + 1)
            continue
        yield found
        if nested and found.argument:
            for inner in _references(found.argument, nested, depth + 1):
                shift = found.end - 1 - len(found.argument)
                yield Reference(inner.name, inner.operator, inner.argument, inner.start + shift, inner.end + shift)
        at = template.find("$", found.end)


def _reference_at(template: str, at: int) -> Reference | None:
    """Read one use; a `$` before anything but a name or a brace stands for itself."""
    braced = template.startswith("${", at)
    name = _NAME.match(template, at + 1 + braced)
    if name is None and not braced:
        return None
    if name is None:
        raise _malformed(template, at)
    if not braced:
        return Reference(name[0], "", "", at, name.end())
    if template.startswith("}", name.end()):
        return Reference(name[0], "", "", at, name.end() + 1)
    operator, closing = _OPERATOR.match(template, name.end()), _closing_brace(template, at)
    if operator is None or closing < 0:
        raise _malformed(template, at)
    sign: Operator = operator[0]  # type: ignore[assignment]  # the pattern admits exactly these six
    return Reference(name[0], sign, template[operator.end() : closing], at, closing + 1)


def _closing_brace(template: str, at: int) -> int:
    depth = 0
    while at < len(template):
        if template.startswith("${", at):
            depth += 1
            at += 1
        elif template[at] == "}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return -1


def _malformed(template: str, at: int) -> MalformedError:
    return MalformedError(
        f"invalid interpolation near {printable(template[at : at + 30])!r}",
        "Write a literal dollar as $$, and a variable as $NAME or ${NAME}.",
    )


def interpolate(template: str, env: Mapping[str, str]) -> str:
    """Put the variables' values in; unset ones are empty, as Compose does it.

    Raises:
        InterpolationError: malformed, or a variable required with `?` has no value.
    """
    return _fill(template, env, 0)


def _fill(template: str, env: Mapping[str, str], depth: int) -> str:
    out, done = [], 0
    for use in _references(template, nested=False, depth=depth):
        out += [template[done : use.start].replace("$$", "$"), _value(use, env, depth + 1)]
        done = use.end
    return "".join([*out, template[done:].replace("$$", "$")])


def _value(use: Reference, env: Mapping[str, str], depth: int) -> str:
    value = env.get(use.name)
    absent = value is None or (use.operator.startswith(":") and not value)
    if use.operator.endswith("+"):
        return "" if absent else _fill(use.argument, env, depth)
    if absent and use.operator.endswith("?"):
        reason = printable(_fill(use.argument, env, depth), limit=200)
        raise InterpolationError(
            f"required variable {use.name} is missing a value" + (f": {reason}" if reason else ""),
            f"Set {use.name} in the env file.",
        )
    if absent and use.operator.endswith("-"):
        return _fill(use.argument, env, depth)
    return value or ""
