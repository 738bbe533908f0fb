"""How a release would go through a fleet, one stack after another, and what stands in the way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from avnwizard.domain.answers import GENERATE, Answers, Decision
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.domain.lockstep_migrations import migrates_at_start
from avnwizard.domain.migrations import Kind
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.secret import Secret
from avnwizard.flows.fleet.looking import Fleet, Trouble
from avnwizard.flows.fleet.order import FleetOrder, StackOrder
from avnwizard.flows.host import Host
from avnwizard.flows.stack.rehearsed import last_rehearsal
from avnwizard.flows.upgrade.holding_back import Holding, offered
from avnwizard.flows.upgrade.inputs import UpgradeInputs

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


def plan_fleet(
    section: FleetSection, fleet: Fleet, host: Host, draft: UpgradeInputs, holding: Holding | None = None
) -> FleetPlan:
    """Put the steps together.

    Args:
        host: the stack that runs the migrations.
        draft: the release, as that stack reads it.
        holding: what of its migrations waits; None where all of them run.
    """
    rehearsal = _rehearsed(host, draft)
    found = () if holding else tuple(_both_codes(host, draft, rehearsal[0] if rehearsal else ""))
    return FleetPlan(
        draft.target.name,
        tuple(_steps(section, draft.target.name)),
        fleet.troubles + found,
        (*fleet.shared, *rehearsal[1:], *_held_back(holding), *_unprotected(fleet), *_places(fleet)),
    )


def _held_back(holding: Holding | None) -> Iterator[str]:
    for line in holding.split.held if holding and holding.split else ():
        yield f"Held back until all stacks run the release, then: avnwizard contract. {line}"


def _places(fleet: Fleet) -> Iterator[str]:
    """What of a stack on another engine is on this host."""
    for one in fleet.members:
        if one.context:
            yield (
                f"{printable(one.stack)} runs on the engine of the Docker context {printable(one.context)}; its "
                f"checkout, lock and journal are on this host, in {printable(one.directory)}."
            )


def _unprotected(fleet: Fleet) -> Iterator[str]:
    if not any(one.database for one in fleet.members):
        yield (
            "Postgres runs in none of the stacks, so avnwizard takes no snapshot of it: take one yourself, with the "
            "means of whoever runs it."
        )


def shaken(fleet: Fleet, project: str, plan: Plan) -> Iterator[Trouble]:
    """What the first stack's upgrade replaces though the others use it meanwhile.

    Args:
        project: of the first stack, whose containers hold what is shared.
        plan: of its upgrade.
    """
    used = {
        one.holder.partition("/")[2]
        for member in fleet.members
        for one in member.reached
        if member.stack != fleet.first and one.holder.startswith(f"{project}/")
    }
    used |= {member.database for member in fleet.members if member.stack == fleet.first and member.database}
    for part in plan.services:
        if part.service in used and part.strategy != "skip":
            yield (
                f"{plan.target.tag} replaces {printable(part.service)}, which all stacks use: none serves meanwhile.",
                f"Upgrade {printable(part.service)} in a maintenance window first, or keep its image in the release.",
            )


def restarted(host: Host, plan: Plan) -> Iterator[Trouble]:
    """What of a stack that waits would run old migrations on the new schema, were it started again meanwhile.

    A rehearsal starts the old code on the new schema: where that works, so does a start of its own.

    Args:
        plan: of a stack's upgrade.
    """
    found = last_rehearsal(host.journal(), plan.target.commit) if host.files.exists(host.state.journal) else None
    if found and found.old_code == "works":
        return
    model = host.stack.resolve()
    for part in plan.services:
        stays_up = part.strategy in {"surge", "recreate"} and part.service in model.services
        if stays_up and part.image_old != part.image_new and migrates_at_start(model, part.service):
            service, old, new = map(printable, (part.service, plan.current.tag, plan.target.tag))
            why = f"The engine may start it again while a stack waits at {old}, and old migrations would then run on"
            yield (
                f"{service} migrates when it starts. {why} the schema of {new}.",
                f"Find out whether that works: avnwizard rehearse --to {new}",
            )


def order_of(section: FleetSection, found: FleetPlan, plans: Mapping[str, Plan]) -> FleetOrder:
    """What a run through the fleet carries out.

    Args:
        plans: stack -> the plan of its own upgrade.
    """
    names = [section.first, *(one for one in section.stacks if one != section.first)]
    stacks = tuple(StackOrder(name, section.stacks[name], plans[name]) for name in names)
    old = stacks[0].plan.current.tag
    return FleetOrder(
        found.tag, old, stacks, WEIGHTS, section.drain_s, section.watch_s, section.bake_s, notes=found.notes
    )


def same_secrets(decisions: Iterable[Decision], answers: Answers, first: Mapping[str, str]) -> Answers:
    """The answers for a further stack: what the first one was given by chance, this one is given too.

    Args:
        decisions: those of this stack.
        first: the variables of the first stack's env file as it will be.
    """
    decisions = tuple(decisions)
    known = {one.id for one in decisions}
    given = {key: value for key, value in answers.given.items() if key in known}
    for one in decisions:
        if one.topic == "value" and answers.get(one) == GENERATE and one.key in first:
            given[one.id] = Secret(first[one.key])
    return Answers(given)


def _rehearsed(host: Host, draft: UpgradeInputs) -> tuple[str, ...]:
    """What the rehearsal says of the old code, then its sentences; () where there was none."""
    if not host.files.exists(host.state.journal):
        return ()
    found = last_rehearsal(host.journal(), draft.target.commit)
    return (found.old_code, *found.sentences()) if found else ()


def _both_codes(host: Host, draft: UpgradeInputs, rehearsed: str) -> Iterator[Trouble]:
    """The old stack serves on the new schema until it is upgraded: that has to be known to work."""
    hint = "Upgrade in a maintenance window: both stacks out, one upgraded, then the other."
    if rehearsed == "breaks":
        yield f"The rehearsal showed that the old code does not work on the schema of {draft.target.name}.", hint
    elif draft.migrations.breaks_old_code and rehearsed != "works":
        bad = [one for one in draft.migrations.statements if one.kind is not Kind.ADDITIVE]
        where = f" ({printable(bad[0].file)}:{bad[0].line}: {printable(bad[0].why)})" if bad else ""
        yield (
            f"The old code may not work on the schema of {draft.target.name}{where}, and it serves there meanwhile.",
            f"{offered(host, draft)} Find out: avnwizard rehearse --to {draft.target.name}. {hint}".lstrip(),
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
