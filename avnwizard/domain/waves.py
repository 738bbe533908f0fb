"""In which order services are rolled, and which of them at the same time: those that do not depend on each other.

What fails on a new schema comes right after the migration that makes it fail, so what it depends on, and what other
one-shots there are, come before that migration. What waits for no one-shot comes last, since less has been changed
then where a migration fails. A one-shot runs right before the first wave in which somebody waits for it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.strategy import sharers

_AHEAD, _FAILS, _WAITS, _REST = range(4)


@dataclass(frozen=True)
class Rolled:
    """One part of a roll, in the order of which nobody depends on a later one.

    Attributes:
        job: a one-shot.
        light: it is left as it is, so it takes no room.
        alone: it keeps data, holds the edge, or lends its network to others: nothing else changes meanwhile.
    """

    service: str
    job: bool = False
    light: bool = False
    alone: bool = False


@dataclass(frozen=True)
class Wave:
    """One-shots, one after another; then services, at the same time."""

    jobs: tuple[str, ...]
    services: tuple[str, ...]


def in_waves(
    parts: Sequence[Rolled], model: ComposeModel, *, at_once: int, breaking: Collection[str] = ()
) -> tuple[Wave, ...]:
    """All parts, in waves.

    Args:
        at_once: how many services may be rolled at the same time.
        breaking: the one-shots after which the old code of those that wait for them fails.
    """
    return tuple(_Plan(parts, model, at_once, frozenset(breaking)).waves())


def broken(model: ComposeModel, jobs: Collection[str]) -> frozenset[str]:
    """The services that wait for one of some one-shots."""
    return frozenset(name for name, one in model.services.items() if not jobs_of(one.depends_on).isdisjoint(jobs))


def jobs_of(depends_on: Mapping[str, str]) -> frozenset[str]:
    """The one-shots that a service waits for."""
    return frozenset(name for name, how in depends_on.items() if how == "service_completed_successfully")


def needed_by(model: ComposeModel, service: str) -> frozenset[str]:
    """What a service depends on, directly or by those between."""
    found, left = set[str](), [service]
    while left:
        one = model.services.get(left.pop())
        fresh = {*one.depends_on, *one.owners} - found if one else set()
        found |= fresh
        left += fresh
    return frozenset(found)


@dataclass
class _Plan:
    parts: Sequence[Rolled]
    model: ComposeModel
    at_once: int
    breaking: frozenset[str]
    done: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known = {one.service: one for one in self.parts}
        self.place = {one.service: number for number, one in enumerate(self.parts)}
        services = [one for one in self.parts if not one.job]
        fails = {one.service for one in services if self._jobs(one.service) & self.breaking and not one.light}
        waits = {one.service for one in services if any(self.known[name].job for name in self._all(one.service))}
        ahead, behind = self._closure(fails) - fails, self._closure(waits)
        self.rank = {
            one.service: _AHEAD
            if one.service in ahead
            else _FAILS
            if one.service in fails
            else _WAITS
            if one.service in behind
            else _REST
            for one in services
        }

    def waves(self) -> Iterator[Wave]:
        """What stays as it is, since nobody need wait for it; then each wave as soon as what it needs was rolled."""
        light = [one.service for one in self.parts if one.light]
        size = 1 if self.at_once == 1 else max(len(light), 1)
        for first in range(0, len(light), size):
            yield Wave((), tuple(light[first : first + size]))
        self.done |= set(light)
        while left := [name for name in self.rank if name not in self.done]:
            members = self._members(left)
            jobs = self._due(members)
            self.done |= {*jobs, *members}
            yield Wave(jobs, members)
        if unasked := tuple(one.service for one in self.parts if one.service not in self.done):
            yield Wave(unasked, ())

    def _members(self, left: Sequence[str]) -> tuple[str, ...]:
        """The services of the next wave, in the order in which they are the most urgent."""
        ready = [name for name in left if all(need in self.done or need not in self.rank for need in self._all(name))]
        ready = sorted(ready, key=lambda name: (self.rank[name], self.place[name]))
        for name in left:  # what lives in the network of one that was just rolled is cut off until it is, too
            if name in ready and any(owner in self.done for owner in self.model.services[name].owners):
                return (name,)
        if self.known[ready[0]].alone or self.at_once == 1:
            return (ready[0],)
        held = {_FAILS} if any(self.rank[name] == _AHEAD for name in left) else set[int]()
        found: list[str] = []
        for name in ready:
            fits = not self.known[name].alone and self.rank[name] not in held
            if fits and len(found) < self.at_once and not self._is_early(name, left, found):
                found.append(name)
        return tuple(found) or (ready[0],)

    def _is_early(self, name: str, left: Sequence[str], found: Sequence[str]) -> bool:
        """Whether it waits for nothing, and a one-shot has yet to run that none of the wave so far waits for."""
        return self.rank[name] == _REST and bool(set(self._due(left)).difference(self._due(found)))

    def _due(self, members: Sequence[str]) -> tuple[str, ...]:
        """The one-shots that these need and that have not run; what breaks old code last."""
        found = {job for name in members for job in self._all(name) if self.known[job].job} - self.done

        def order(job: str) -> tuple[bool, int]:
            return not self.breaking.isdisjoint({job, *self._all(job)}), self.place[job]

        return tuple(sorted(found, key=order))

    def _jobs(self, name: str) -> frozenset[str]:
        service = self.model.services.get(name)
        return jobs_of(service.depends_on) if service else frozenset()

    def _closure(self, names: Collection[str]) -> set[str]:
        return set(names).union(*(self._all(name) for name in names))

    def _all(self, name: str) -> frozenset[str]:
        """What has to come before a service, directly or by those between."""
        return needed_by(self.model, name) & self.known.keys()


def lends_itself(model: ComposeModel, service: str) -> bool:
    """Whether others live in its containers, or it in those of others."""
    one = model.services.get(service)
    return one is not None and bool(one.owners or sharers(model, service))
