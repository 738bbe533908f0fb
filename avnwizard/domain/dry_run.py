"""What `docker compose up --dry-run` says that it would do to each container.

Compose alone knows whether `up` would replace a container: the hash that it compares is made from more than the one
that `config --hash` prints (env files, label files, the ids of containers whose network or volumes are shared), and
it also looks at images, networks and volumes. Compose 2.26.1 and 2.40.3 print the same lines, on stderr:

    DRY-RUN MODE -  Container demo-web-1  Running
    DRY-RUN MODE -  Container demo-web-1  Recreate
"""

import re
from collections.abc import Collection, Mapping

from avnwizard.domain.host import ComposeModel

_LINE = re.compile(r"\bContainer +(?P<name>[\w.-]+) +(?P<word>[A-Z][a-z]+)\b")
_GOES = frozenset({"Recreate", "Recreated", "Stopping", "Stopped", "Removing", "Removed"})


def words_of(said: str) -> dict[str, frozenset[str]]:
    """Container name -> the words that Compose says of it ("Running", "Recreate", ...)."""
    found: dict[str, frozenset[str]] = {}
    for line in _LINE.finditer(said):
        found[line["name"]] = found.get(line["name"], frozenset()) | {line["word"]}
    return found


def would_go(words: frozenset[str]) -> bool:
    """Whether the container of which this is said would be replaced or removed."""
    return not words.isdisjoint(_GOES)


def asked_apart(services: Collection[str], model: ComposeModel) -> tuple[tuple[str, ...], ...]:
    """Some services in groups of which none has both a service and one that it depends on: a dry run for each.

    A dry run waits for what the others of the same command depend on, and looks every half second: five levels of
    dependencies take more than 2 s, five commands 0.2 s each (2.40.3). Where a container goes along with the one that
    it lives in, or that it is to be restarted with, all are asked about by one command, as `up` would be given them.
    """
    known = {name: model.services[name] for name in services if name in model.services}
    if len(known) < len(services) or any(one.owners or _restarts(model, one.name) for one in known.values()):
        return (tuple(sorted(services)),)
    levels: dict[str, int] = {}

    def level(name: str) -> int:
        if name not in levels:
            levels[name] = 0  # Compose refuses a cycle, and nothing here goes round in one
            levels[name] = max((level(need) + 1 for need in known[name].depends_on if need in known), default=0)
        return levels[name]

    groups: dict[int, list[str]] = {}
    for name in sorted(known):
        groups.setdefault(level(name), []).append(name)
    return tuple(tuple(groups[number]) for number in sorted(groups))


def _restarts(model: ComposeModel, service: str) -> bool:
    """Whether a service is restarted along with one that it depends on (`depends_on: {x: {restart: true}}`)."""
    needs = ((model.raw.get("services") or {}).get(service) or {}).get("depends_on") or {}
    return isinstance(needs, Mapping) and any(
        isinstance(how, Mapping) and how.get("restart") for how in needs.values()
    )
