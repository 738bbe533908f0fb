"""Which one-shots run at the same time: those of which each says that it works on databases of its own.

A migration takes seconds, most of them to start, and a release has one for each of its databases. Compose starts all
that do not depend on each other together; here they wait for each other unless their settings show that no two of
them work on one database, because what each did to its own is noted, and decides what going back costs.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.waves import needed_by

_SCHEMES = ("postgres", "postgresql")
_LEADS_ELSEWHERE = {"dbname", "host", "hostaddr", "service"}
"""What stands behind an address' `?` and goes before what it names (libpq, "Connection URIs")."""


def databases_of(body: Mapping[str, Any], servers: Collection[str]) -> frozenset[str]:
    """The databases whose addresses a service is given, such as `DSN: postgres://NAME:…@HOST/DATABASE`.

    Args:
        body: the service as Compose has resolved it.
        servers: the names by which the stack's database server is reached.

    Returns:
        None of them where one of its addresses lies elsewhere or names no database, or its command has one too: then
        nobody knows all of them.
    """
    if "://" in f"{body.get('command')} {body.get('entrypoint')}":
        return frozenset()
    found = set[str]()
    for value in map(str, (body.get("environment") or {}).values()):
        try:
            parts = urlsplit(value)
            host = parts.hostname or ""
        except ValueError:
            return frozenset()
        if parts.scheme.partition("+")[0] not in _SCHEMES:
            continue
        database = unquote(parts.path.removeprefix("/"))
        if host not in servers or not database or not _LEADS_ELSEWHERE.isdisjoint(parse_qs(parts.query)):
            return frozenset()
        found.add(database)
    return frozenset(found)


def jobs_together(
    jobs: Sequence[str],
    model: ComposeModel,
    databases: Mapping[str, frozenset[str]],
    *,
    at_once: int,
    breaking: Collection[str] = (),
) -> Iterator[tuple[str, ...]]:
    """The one-shots in their order, those together that run at the same time.

    Args:
        databases: one-shot -> those that it works on, none where nobody knows.
        at_once: how many may run at the same time.
        breaking: those after which old code fails: what else there is, is done before one of them begins.
    """
    group: list[str] = []
    for job in jobs:
        taken = {name for one in group for name in databases[one]}
        fits = (
            bool(group)
            and len(group) < at_once
            and all(databases[one] for one in (*group, job))
            and taken.isdisjoint(databases[job])
            and needed_by(model, job).isdisjoint(group)
            and (job in breaking) is (group[0] in breaking)
        )
        if group and not fits:
            yield tuple(group)
            group = []
        group.append(job)
    if group:
        yield tuple(group)
