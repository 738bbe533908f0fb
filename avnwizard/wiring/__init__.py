"""Puts adapters, or the practice host, behind the ports. The one package that sees all."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.wiring.parts import sql_reader
from avnwizard.wiring.practising import Practice, make_practice, open_practice, remove_practice
from avnwizard.wiring.real import open_real
from avnwizard.wiring.releases_found import releases_found
from avnwizard.wiring.settings import BAKE_S

if TYPE_CHECKING:
    from avnwizard.ports import Repo
    from avnwizard.ports.balancer import Balancer

__all__ = [
    "BAKE_S",
    "Practice",
    "make_practice",
    "open_checkout",
    "open_fleet",
    "open_host",
    "releases_found",
    "remove_practice",
    "sql_reader",
]


def open_host(directory: Path) -> Host:
    """The stack whose checkout a directory lies in.

    Raises:
        HostError: not a git checkout, or the engine does not answer.
        UsageError: `avnwizard.toml` is malformed.
    """
    from avnwizard.practice.place import is_practice

    if not directory.is_dir():
        raise RefusedError(f"There is no directory {directory}.", "Give the stack's checkout with --stack DIR.")
    host = open_practice(directory) if is_practice(directory) else open_real(directory)
    return replace(host, neighbour=open_host, balancer=lambda: _balancer(host))


def open_fleet(here: Host) -> dict[str, Host]:
    """Every stack that a stack's `[fleet]` names, by name.

    Raises:
        HostError: one of them is no checkout, or its engine does not answer.
    """
    return {name: open_host(Path(place)) for name, place in here.config.fleet.stacks.items()}


def _balancer(host: Host) -> "Balancer":
    from avnwizard.adapters.balancer import balancer

    return balancer(host.config.fleet)


def open_checkout(inside: Path) -> "Repo":
    """The git checkout that a path lies in, for reading its tags: no engine and no stack is needed.

    Raises:
        HostError: it lies in none.
    """
    from avnwizard.adapters.git import open_repo

    place = inside.resolve()
    return open_repo(next((one for one in (place, *place.parents) if (one / ".git").exists()), place))
