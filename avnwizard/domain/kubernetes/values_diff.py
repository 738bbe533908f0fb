"""Values that a chart renames between two releases, found by the reader of env renames.

That reader knows names as `GATEWAY_PRE_STOP`. So each path gets such a name, in the values, the notes and the
templates alike, and what was found is given back by paths.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from avnwizard.domain.envdiff import EnvDiff, diff_env
from avnwizard.domain.envfile import EnvFile, Variable
from avnwizard.domain.kubernetes.values import PATH, Leaf, as_settings

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_QUOTED = re.compile(rf"`({PATH.pattern})`|(?<![\w.])({PATH.pattern})(?![\w])")
_ENV = re.compile(
    r"name:\s*[\"']?([\w.-]+)[\"']?\s*,?\s*value:\s*[\"']?\{\{-?\s*\.Values\.([\w.-]+)[^{}]*\}\}[\"']?\s*[},]?\s*$",
    re.MULTILINE,
)
_FED = re.compile(r"([\w-]+)[\"']?:\s*[\"']?\{\{-?\s*\.Values\.([\w.-]+)[^{}]*\}\}[\"']?\s*[},\s]*$", re.MULTILINE)


@dataclass
class Names:
    """The names of paths, one each."""

    by_path: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)

    def of(self, path: str) -> str:
        """The name of a path, made when it is first asked for."""
        if path not in self.by_path:
            first = re.sub(r"\W", "_", _HUMP.sub("_", path)).upper()
            name, number = first, 1
            while name in self.by_name:
                number += 1
                name = f"{first}_{number}"
            self.by_path[path], self.by_name[name] = name, path
        return self.by_path[path]

    def back(self, name: str) -> str:
        """The path of a name."""
        return self.by_name.get(name, name)

    def said(self, text: str) -> str:
        """A sentence with paths for names, and in the words of a chart."""
        text = text.replace(" its value in the compose file", " its value").replace(" of service ", " in ")
        return re.sub(r"\b[A-Z][A-Z0-9_]+\b", lambda found: self.back(found[0]), text)


@dataclass(frozen=True)
class ChartSide:
    """One release's side: its values, and its templates by file name."""

    values: tuple[Leaf, ...]
    templates: Mapping[str, str] = field(default_factory=dict)


def diff_values(old: ChartSide, new: ChartSide, operator: Iterable[Leaf], *, notes: str = "") -> EnvDiff:
    """Compare the values of two releases of a chart; everything in it goes by paths.

    Args:
        operator: the operator's own values.
        notes: what the release says.
    """
    names = Names()
    sides = [_named(one, names) for one in (old.values, new.values, tuple(operator))]
    known = {path for side in (old.values, new.values) for path, _, _ in side}
    found = diff_env(
        sides[0],
        sides[1],
        changelog=_notes(notes, known, names),
        compose_old=_model(old.templates, known, names),
        compose_new=_model(new.templates, known, names),
        operator=sides[2],
    )
    return _back(found, names)


def _named(found: tuple[Leaf, ...], names: Names) -> EnvFile:
    return as_settings((names.of(path), value, comment) for path, value, comment in found)


def _notes(text: str, known: set[str], names: Names) -> str:
    """The notes with names for paths: those in dots anywhere, single words only in backticks."""
    sections = {path.rpartition(".")[0] for path in known}

    def named(found: re.Match[str]) -> str:
        path = found[1] or found[2]
        if path in known or (path in sections and path):
            return f"`{names.of(path)}`" if found[1] else names.of(path) if "." in path else found[0]
        return found[0]

    return _QUOTED.sub(named, text)


def _model(templates: Mapping[str, str], known: set[str], names: Names) -> str:
    """Where templates use a value alone, written as a compose file: which reads it, and under what name."""
    services: dict[str, dict[str, object]] = {}
    for file, text in sorted(templates.items()):
        fed: dict[str, set[str]] = {}
        for key, path in (*_ENV.findall(text), *_FED.findall(text)):
            if path in known and key != "value":
                fed.setdefault(key, set()).add(path)
        clear = {key: f"${{{names.of(min(paths))}}}" for key, paths in fed.items() if len(paths) == 1}
        if clear:
            services[re.sub(r"[^\w.-]", "-", file)] = {"image": "chart", "environment": clear}
    return json.dumps({"services": services}) if services else ""


def _back(found: EnvDiff, names: Names) -> EnvDiff:
    def variables(some: tuple[Variable, ...]) -> tuple[Variable, ...]:
        return tuple(replace(one, key=names.back(one.key)) for one in some)

    def said(why: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names.said(one) for one in why)

    def paths(some: Iterable[str]) -> tuple[str, ...]:
        return tuple(names.back(one) for one in some)

    return EnvDiff(
        added=variables(found.added),
        removed=variables(found.removed),
        renamed=tuple(
            replace(one, old=names.back(one.old), new=names.back(one.new), why=said(one.why)) for one in found.renamed
        ),
        related=tuple(
            replace(one, old=paths(one.old), new=paths(one.new), why=said(one.why)) for one in found.related
        ),
        changed=tuple(replace(one, key=names.back(one.key)) for one in found.changed),
        candidates={
            names.back(key): tuple(replace(one, new=names.back(one.new), why=said(one.why)) for one in some)
            for key, some in found.candidates.items()
        },
        said_gone=frozenset(paths(found.said_gone)),
    )
