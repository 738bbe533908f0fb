"""How a release would go through a fleet, one stack after another, and what stands in the way."""

from collections.abc import Iterator
from dataclasses import dataclass

from avnwizard.domain.config_fleet import FleetSection
from avnwizard.domain.migrations import Kind
from avnwizard.domain.plain import printable
from avnwizard.flows.fleet.looking import Fleet, Trouble
from avnwizard.flows.host import Host
from avnwizard.flows.stack.rehearsed import last_rehearsal
from avnwizard.flows.upgrade.inputs import Draft

WEIGHTS = (10, 50, 100)
"""The share of the upgraded stack, step by step, in percent."""


@dataclass(frozen=True)
class FleetStep:
    """One step.

    Attributes:
        commands: what is given to the balancer, or run, a line each.
        back: how one goes back from there.
    """

    title: str
    commands: tuple[str, ...]
    back: str


@dataclass(frozen=True)
class FleetPlan:
    """A release through the fleet.

    Attributes:
        troubles: what stands in the way; nothing can run while there is one.
        notes: what is known of whether both releases work on one schema, a sentence each.
    """

    tag: str
    steps: tuple[FleetStep, ...]
    troubles: tuple[Trouble, ...]
    notes: tuple[str, ...]


def plan_fleet(section: FleetSection, fleet: Fleet, host: Host, draft: Draft) -> FleetPlan:
    """Put the steps together.

    Args:
        host: the stack that runs the migrations.
        draft: the release, as that stack reads it.
    """
    rehearsal = _rehearsed(host, draft)
    found = tuple(_both_codes(draft, rehearsal[0] if rehearsal else ""))
    return FleetPlan(
        draft.target.name, tuple(_steps(section, draft.target.name)), fleet.troubles + found, rehearsal[1:]
    )


def _rehearsed(host: Host, draft: Draft) -> tuple[str, ...]:
    """What the rehearsal says of the old code, then its sentences; () where there was none."""
    if not host.files.exists(host.state.journal):
        return ()
    found = last_rehearsal(host.journal(), draft.target.commit)
    return (found.old_code, *found.sentences()) if found else ()


def _both_codes(draft: Draft, rehearsed: str) -> Iterator[Trouble]:
    """The old stack serves on the new schema until it is upgraded: that has to be known to work."""
    hint = "Upgrade in a maintenance window: both stacks out, one upgraded, then the other."
    if rehearsed == "breaks":
        yield f"The rehearsal showed that the old code does not work on the schema of {draft.target.name}.", hint
    elif draft.migrations.breaks_old_code and rehearsed != "works":
        bad = [one for one in draft.migrations.statements if one.kind is not Kind.ADDITIVE]
        where = f" ({printable(bad[0].file)}:{bad[0].line}: {printable(bad[0].why)})" if bad else ""
        yield (
            f"The old code may not work on the schema of {draft.target.name}{where}, and it serves there meanwhile.",
            f"Find out: avnwizard rehearse --to {draft.target.name}. {hint}",
        )


def _steps(section: FleetSection, tag: str) -> Iterator[FleetStep]:
    first = section.first
    rest = [one for one in section.stacks if one != first]
    yield FleetStep(
        f"Send no new requests to {first}, and wait until it has none",
        (f"drain {first}",),
        f"ready {first}, in seconds",
    )
    yield FleetStep(
        f"Upgrade {first} to {tag}; its migrations run once, for all",
        (f"avnwizard upgrade --to {tag} --stack {section.stacks[first]}",),
        f"avnwizard rollback --stack {section.stacks[first]}; the others serve",
    )
    shares = tuple(f"weight {first} {percent} %" for percent in WEIGHTS)
    yield FleetStep(
        f"Send requests to {first} again, in {len(shares)} steps",
        (f"ready {first}", *shares),
        f"drain {first}, in seconds",
    )
    for name in rest:
        yield FleetStep(
            f"Send no new requests to {name}, and keep it as it is for the way back",
            (f"drain {name}",),
            f"ready {name}, drain {first}, in seconds",
        )
    for name in rest:
        yield FleetStep(
            f"Upgrade {name} to {tag}",
            (f"avnwizard upgrade --to {tag} --stack {section.stacks[name]}", f"ready {name}"),
            f"avnwizard rollback --stack {section.stacks[name]}; {first} serves",
        )
