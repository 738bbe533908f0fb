"""What `docker compose up --dry-run` says that it would do to each container.

Compose alone knows whether `up` would replace a container: the hash that it compares is made from more than the one
that `config --hash` prints (env files, label files, the ids of containers whose network or volumes are shared), and
it also looks at images, networks and volumes. Compose 2.26.1 and 2.40.3 print the same lines, on stderr:

    DRY-RUN MODE -  Container demo-web-1  Running
    DRY-RUN MODE -  Container demo-web-1  Recreate
"""

import re

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
