"""From the stack and the journal to the plan of a rotation's next phase. Nothing is changed here."""

import secrets as randomness
from dataclasses import dataclass, field, replace

from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.rotation.generation import Generation
from avnwizard.domain.rotation.kinds import KINDS, Kind, What, value_in
from avnwizard.domain.rotation.lists import require_sound
from avnwizard.domain.rotation.tally import Tally, day
from avnwizard.domain.secret import Secret, generate
from avnwizard.errors import RefusedError
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate.consequences import notes
from avnwizard.flows.rotate.finding import Found, content_with, find, model_with, readers
from avnwizard.flows.rotate.plan import RotationPlan
from avnwizard.flows.rotate.stack_plan import require_as_files_say, stack_plan
from avnwizard.flows.rotate.standing import Standing, has_lost_trace, standing, written_since
from avnwizard.flows.rotate.steps import rotation_steps

_ID_BYTES = 4


@dataclass(frozen=True)
class Prepared:
    """A plan with the secrets that it is about.

    Attributes:
        begins: whether it begins a rotation, so that `pair` is not kept yet.
        tally: what is under which secret now; None where nobody counted.
    """

    plan: RotationPlan
    pair: keeping.Pair = field(repr=False)
    begins: bool
    tally: Tally | None = None


def plan_next(host: Host, what: What, *, ends: int = 0, in_fleet: bool = False) -> Prepared:
    """Decide the next phase of a secret's rotation, or the first of a new one.

    Args:
        ends: how many tokens and sessions the operator agrees to end, exactly: for dropping the old secret early.
        in_fleet: whether the same phase is planned for every stack of the fleet.

    Raises:
        RefusedError: the secret cannot be followed, the stack is not what its files say, or the old secret is needed;
            or the stack is one of a fleet, and this would be done to it alone.
    """
    if not in_fleet:
        require_no_fleet(host, f"avnwizard fleet rotate {what}")
    if len(host.choice.servers) > 1:
        host.with_one_server("A rotation")
    kind, journal = KINDS[what], host.journal()
    found = find(host, kind)
    known = standing(journal, what)
    pending = known if known and known.is_pending else None
    if pending:
        pair, phase, rotation = keeping.load(host, pending.plan.rotation), pending.phase + 1, pending.plan.rotation
        _require_as_left(found, kind, pending, pair)
    else:
        if found.current or not kind.unset:
            require_sound(found.current, found.place.shown, length=kind.length)
        new = generate(kind.length) if kind.length else generate()
        pair, phase = keeping.Pair(found.current, new), 1
        rotation = f"{what}-{randomness.token_hex(_ID_BYTES)}"
    require_as_files_say(host, found.model)
    by_age = has_lost_trace(journal, rotation, what)
    written_at = written_since(journal, pending)
    tally = _tally(host, kind, found, pair, written_at, by_age=by_age)
    if phase == kind.phases and tally is not None:
        ends = ends or _ended_by_window(host, tally, written_at)
        require_unneeded(tally, ends, what)
    wanted = value_in(kind, phase, pair.old, pair.new)
    stack = _stack_plan(host, found, wanted)
    plan = RotationPlan(
        what=what,
        rotation=rotation,
        phase=phase,
        file=found.place.file,
        variable=found.place.variable,
        services=found.place.services,
        generation=Generation.of(what, wanted),
        database=found.database,
        dynamic=found.dynamic,
        ends=ends,
        notes=notes(host, kind, found, phase, tally, ends=ends),
        stack=stack,
    )
    steps = host.planned(rotation_steps(host, plan, "unborn", written_at=None))
    return Prepared(plan.described(steps), pair, begins=pending is None, tally=tally)


def plan_following(host: Host, what: What, lead: Prepared) -> Prepared:
    """The same phase for a further stack of a fleet, which shares the secret and the data under it.

    Args:
        lead: of the stack that runs the migrations; it counts rows and seals them.

    Raises:
        RefusedError: the secret is another one here, or this stack is at another phase.
    """
    kind, plan = KINDS[what], lead.plan
    found = find(host, kind)
    expected = value_in(kind, plan.phase - 1, lead.pair.old, lead.pair.new)
    known = standing(host.journal(), what)
    phase = known.phase if known and known.plan.rotation == plan.rotation else 0
    if found.current != expected or phase != plan.phase - 1:
        raise RefusedError(
            f"{found.place.shown} in {host.repo.directory} is not what phase {plan.phase} begins with in all stacks. "
            "Nothing was changed.",
            "The stacks share this secret: make it alike first. avnwizard runs names the phases of each stack.",
        )
    require_as_files_say(host, found.model)
    wanted = value_in(kind, plan.phase, lead.pair.old, lead.pair.new)
    own = replace(
        plan, file=found.place.file, variable=found.place.variable, services=found.place.services, database="",
        dynamic=False, ends=0, notes=(), stack=_stack_plan(host, found, wanted), follows=True,
    )  # fmt: skip
    steps = host.planned(rotation_steps(host, own, "unborn", written_at=None))
    return Prepared(own.described(steps), lead.pair, begins=lead.begins)


def require_no_fleet(host: Host, instead: str) -> None:
    """Refuse to replace in one stack what all stacks of a fleet share.

    Raises:
        RefusedError: says what to do instead.
    """
    if host.config.fleet.driver:
        raise RefusedError(
            "This stack is one of a fleet: the others, on the same data, would not know the new secret. "
            "Nothing was changed.",
            instead,
        )


def require_unneeded(tally: Tally, ends: int, what: What) -> None:
    """Refuse to drop the old secret while it is needed, unless the operator typed for what that ends.

    Raises:
        RefusedError: says what still needs it, and from when nothing does.
    """
    if tally.sessions in {0, ends}:
        return
    when = "It will never be safe by itself" if tally.safe_at is None else f"It is safe from {day(tally.safe_at)}"
    raise RefusedError(
        f"The old secret is still needed. {' '.join(tally.sentences())} Nothing was changed.",
        f"{when}. To end all of that now: avnwizard rotate {what} --ends {tally.sessions}",
    )


def _ended_by_window(host: Host, tally: Tally, written_at: float | None) -> int:
    """How many tokens and sessions the operator's window ends; 0 while it lasts, or where none is set."""
    window_s = host.config.rotation.window_s
    is_over = window_s > 0 and written_at is not None and host.clock.now() >= written_at + window_s
    return tally.sessions if is_over else 0


def tally_now(host: Host, found: Standing) -> Tally | None:
    """What needs the old secret of a rotation that waits; None where it keeps nothing under it."""
    plan = found.plan
    if not plan.kind.counted or not keeping.is_kept(host, plan.rotation):
        return None
    pair = keeping.load(host, plan.rotation)
    rows = host.database().sealed_rows(plan.database)
    written_at = written_since(host.journal(), found)
    by_age = has_lost_trace(host.journal(), plan.rotation, plan.what)
    return rows.tally(pair.new, pair.old, written_at=written_at, dynamic=plan.dynamic, by_age=by_age)


def _tally(
    host: Host, kind: Kind, found: Found, pair: keeping.Pair, written_at: float | None, *, by_age: bool
) -> Tally | None:
    if not kind.counted:
        return None
    if not found.database or found.database not in {one.name for one in host.database().databases()}:
        names = ", ".join(map(printable, found.place.services))
        raise RefusedError(
            f"The database of {names} is not in this stack's PostgreSQL, so "
            "what needs the old secret cannot be counted. Nothing was changed.",
            "Look at the service's DSN, and at [postgres] service in avnwizard.toml.",
        )
    rows = host.database().sealed_rows(found.database)
    return rows.tally(pair.new, pair.old, written_at=written_at, dynamic=found.dynamic, by_age=by_age)


def _require_as_left(found: Found, kind: Kind, pending: Standing, pair: keeping.Pair) -> None:
    if found.current != value_in(kind, pending.phase, pair.old, pair.new):
        raise RefusedError(
            f"{found.place.shown} is not what phase {pending.phase} of the rotation left in it. Nothing was changed.",
            f"Somebody edited it. Put it back as run {pending.run} left it, or take that run back: "
            f"avnwizard rollback {pending.run}",
        )


def _stack_plan(host: Host, found: Found, wanted: tuple[Secret, ...]) -> Plan:
    changed = readers(host, found, wanted)
    after = model_with(host, found, wanted) if found.place.variable else found.model
    env = content_with(host, found.place, wanted) if found.place.variable else env_bytes(host)
    return stack_plan(host, found.model, after, env, changed)
