"""How a fleet stands: each stack's release, what they share, and what the balancer does."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from avnwizard.domain.balancer.server import Served
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.domain.plain import printable
from avnwizard.domain.shared_servers import TITLES, Reached, apart
from avnwizard.engine.carried import apart as apart_runs
from avnwizard.engine.records import UNFINISHED
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.survey import ailing, read_env
from avnwizard.ports.balancer import Balancer

Trouble = tuple[str, str]
"""What is wrong, and what to do."""
_NAMED = 5


@dataclass(frozen=True)
class Member:
    """One stack.

    Attributes:
        tag: the release at HEAD, "" where none is.
        database: the service in which it runs a Postgres of its own, "" for none.
        ailing: the services that do not serve.
        unfinished: a run that is unfinished there, "" for none.
        shared: variable -> a hash of its value, for those that all stacks must have alike.
        reached: the servers of data that its containers reach.
        context: the Docker context of its engine, "" for the one that the environment says.
        once: of each service that may run in one stack alone, whether the files start it here, or it runs.
    """

    stack: str
    directory: str
    project: str
    tag: str
    commit: str
    database: str
    ailing: tuple[str, ...]
    unfinished: str
    shared: Mapping[str, str]
    reached: tuple[Reached, ...] = ()
    context: str = ""
    once: Mapping[str, bool] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """Its name, and where it runs if that is another engine."""
        return f"{self.stack} on {self.context}" if self.context else self.stack


@dataclass(frozen=True)
class Fleet:
    """All of them.

    Attributes:
        first: the stack that runs the migrations.
        troubles: what keeps a release from going through them.
        shared: the servers of data that they were seen to share, a sentence each.
    """

    first: str
    members: tuple[Member, ...]
    served: tuple[Served, ...]
    troubles: tuple[Trouble, ...]
    shared: tuple[str, ...] = ()


def look(section: FleetSection, hosts: Mapping[str, Host], balancer: Balancer, *, but: str = "") -> Fleet:
    """Look at every stack and ask the balancer; nothing is changed.

    Args:
        but: the run that asks, which is unfinished itself.

    Raises:
        HostError: the balancer or the engine does not answer.
    """
    members = tuple(_member(name, host, section, but) for name, host in hosts.items())
    served = balancer.look()
    found = tuple(troubles(members, served, first=section.first))
    return Fleet(section.first, members, served, found, tuple(_shared_servers(members)))


def _member(name: str, host: Host, section: FleetSection, but: str) -> Member:
    head, containers, model = host.repo.head(), host.stack.containers(), host.stack.resolve()
    sick = ailing(model, containers, now=host.clock.now())
    running = {one.service for one in containers if one.state in {"running", "restarting"}}
    runs = apart_runs(host.journal()) if host.files.exists(host.state.journal) else []
    return Member(
        stack=name,
        directory=str(host.repo.directory),
        project=host.stack.project.name,
        tag=head.tag,
        commit=head.base or head.commit,
        database=host.postgres_service,
        ailing=tuple(sorted(sick)),
        unfinished=next((run.id for run in runs if run.state in UNFINISHED and run.id != but), ""),
        shared=_shared(host, section.shared),
        reached=host.reached(),
        context=host.context,
        once={one: one in model.services or one in running for one in section.once},
    )


def _shared(host: Host, patterns: Sequence[str]) -> dict[str, str]:
    """Hashes, salted with nothing but compared at once and kept nowhere."""
    values = read_env(host).as_dict()
    wanted = {name for name in values if any(fnmatchcase(name, pattern) for pattern in patterns)}
    return {name: hashlib.sha256(values[name].encode()).hexdigest() for name in sorted(wanted)}


def _shared_servers(members: Sequence[Member]) -> Iterator[str]:
    """What was seen to be one server, and by what."""
    for kind, title in TITLES.items():
        every = [one for member in members for one in member.reached if one.kind == kind]
        if every and len({one.identity for one in every}) == 1 and every[0].identity:
            yield f"All stacks reach one {title} ({every[0].place}, by its {every[0].how})."


def troubles(members: Sequence[Member], served: Sequence[Served], *, first: str = "") -> Iterator[Trouble]:
    """What keeps a release from going through the stacks one after another."""
    tags = {one.stack: one.tag or one.commit[:12] for one in members}
    if len(set(tags.values())) > 1:
        at = ", ".join(f"{printable(stack)} at {printable(tag)}" for stack, tag in tags.items())
        yield f"The stacks are not at the same release: {at}.", "Bring them together first."
    if len({one.project for one in members}) < len(members):
        yield "Two stacks have one Compose project name.", "Give each its own COMPOSE_PROJECT_NAME."
    yield from _data_troubles(members, first)
    yield from _once_troubles(members, first)
    if differing := _differing(members):
        more = f" and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
        yield (
            f"The stacks have other values for {', '.join(map(printable, differing[:_NAMED]))}{more}.",
            "Make them alike in the env files, or leave them out of [fleet] shared.",
        )
    for one in members:
        if one.unfinished:
            yield (
                f"Run {one.unfinished} of {printable(one.stack)} is unfinished.",
                f"avnwizard resume {one.unfinished}",
            )
        if one.ailing:
            yield (
                f"{printable(one.stack)}: {', '.join(map(printable, one.ailing))} does not serve.",
                "avnwizard check",
            )
    for each in served:
        if not each.takes_requests:
            state = "down" if each.up is False else f"{each.mode}, weight {each.weight} %"
            yield f"The balancer sends nothing to {printable(each.stack)} ({state}).", "Put it back in first."


def _data_troubles(members: Sequence[Member], first: str) -> Iterator[Trouble]:
    """What of their data they do not share."""
    with_database = [one.stack for one in members if one.database]
    if len(with_database) > 1:
        named = " and ".join(map(printable, with_database))
        yield f"{named} each run a Postgres of their own, so they do not share one.", "Point them at one server."
    elif first and with_database and with_database != [first]:
        named = printable(with_database[0])
        yield (
            f"Postgres runs in {named}, and {printable(first)} is to run the migrations.",
            f'Make {named} the leader: [fleet] leader = "{named}"; its upgrade takes the snapshot.',
        )
    yield from apart({one.stack: one.reached for one in members})


def _once_troubles(members: Sequence[Member], first: str) -> Iterator[Trouble]:
    """What may run in one stack alone, and does not run in the leader alone."""
    for one in members:
        stack = printable(one.stack)
        for service, runs in one.once.items():
            named = printable(service)
            if runs and one.stack != first:
                what = f"{named} may run in one stack alone, and {stack} runs it besides {printable(first)}."
                yield what, f"Give it deploy: {{replicas: 0}} in an override of {stack}, then docker compose up -d."
            elif not runs and one.stack == first:
                what = f"{named} is to run in {stack}, which does not have it."
                yield what, "Correct its name in [fleet] once, or start it there."


def _differing(members: Sequence[Member]) -> list[str]:
    names = {name for one in members for name in one.shared}
    return sorted(name for name in names if len({one.shared.get(name, "") for one in members}) > 1)


def opened(section: FleetSection, here: Host, hosts: Mapping[str, Host]) -> None:
    """Refuse a fleet of which the stack that it is asked from is none.

    Raises:
        WizardError: says so.
    """
    if here.repo.directory.resolve() not in {one.repo.directory.resolve() for one in hosts.values()}:
        raise WizardError("[fleet] stacks does not name this checkout.", f"It names: {', '.join(section.stacks)}.")
