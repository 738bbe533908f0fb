"""The fleet as it stands, looked at from one of its stacks; and what the balancer does at this moment."""

from dataclasses import dataclass, replace
from pathlib import Path

from avnwizard.domain.balancer.server import Served
from avnwizard.engine.carried import apart
from avnwizard.engine.records import UNFINISHED
from avnwizard.flows.fleet.looking import Fleet, look, opened
from avnwizard.flows.host import Host


@dataclass(frozen=True)
class Column:
    """One stack, as it is shown alongside the others.

    Attributes:
        release: the tag at HEAD, else its commit.
        data: whose Postgres it uses, as a clause.
        run: the run that is at work or waits there; "" for none.
        context: the Docker context of its engine; "" for this host's.
    """

    stack: str
    leads: bool
    release: str
    served: Served
    ailing: tuple[str, ...]
    data: str
    run: str
    context: str = ""

    @property
    def serves(self) -> str:
        """Who is serving what, in a word or two."""
        if self.served.takes_requests:
            return "serves"
        if self.served.up is False:
            return "down"
        return "drained" if self.served.mode != "maint" and self.served.is_idle else "gets nothing new"


@dataclass(frozen=True)
class Standing:
    """All of them.

    Attributes:
        notes: what they share, and what is in the way of a release, a sentence each.
    """

    columns: tuple[Column, ...]
    shared: tuple[str, ...]
    notes: tuple[str, ...]

    def with_served(self, served: tuple[Served, ...]) -> "Standing":
        """The same with what the balancer does now."""
        by_stack = {one.stack: one for one in served}
        return replace(self, columns=tuple(replace(one, served=by_stack[one.stack]) for one in self.columns))


def standing(host: Host) -> Standing:
    """Look at every stack and ask the balancer; nothing is changed.

    Raises:
        HostError: the balancer or the engine does not answer.
        RefusedError: there is no fleet, or this stack is none of it.
    """
    balancer, section = host.balancer(), host.config.fleet
    here = host.repo.directory.resolve()
    hosts = {
        name: host if Path(place).resolve() == here else host.neighbour(Path(place))
        for name, place in section.stacks.items()
    }
    opened(section, host, hosts)
    fleet = look(section, hosts, balancer)
    runs = {name: _run(each) for name, each in hosts.items()}
    return Standing(tuple(_columns(fleet, runs)), fleet.shared, tuple(what for what, _ in fleet.troubles))


def _columns(fleet: Fleet, runs: dict[str, str]) -> list[Column]:
    served = {one.stack: one for one in fleet.served}
    owner = next((one.stack for one in fleet.members if one.database), "")
    found = []
    for one in fleet.members:
        data = (
            "Postgres runs here" if one.database else (f"uses {owner}'s Postgres" if owner else "Postgres is outside")
        )
        found.append(
            Column(
                one.stack,
                one.stack == fleet.first,
                one.tag or one.commit[:12],
                served[one.stack],
                one.ailing,
                data,
                runs[one.stack],
                one.context,
            )
        )
    return found


def _run(host: Host) -> str:
    if not host.files.exists(host.state.journal):
        return ""
    return next((run.title for run in apart(host.journal()) if run.state in UNFINISHED), "")
