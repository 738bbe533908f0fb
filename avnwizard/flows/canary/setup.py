"""Set the canary up, say how it is, remove it."""

from dataclasses import dataclass, field

from avnwizard.domain.canary.tally import TITLES, CanaryTally
from avnwizard.domain.secret import generate
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.canary import keeping
from avnwizard.flows.canary.doors import Doors, find_doors
from avnwizard.flows.canary.hydra import Hydra
from avnwizard.flows.canary.kratos import Kratos
from avnwizard.flows.canary.user import User
from avnwizard.flows.host import Host
from avnwizard.ports.canary import Caller


@dataclass(frozen=True)
class Standing:
    """How the canary is.

    Attributes:
        made_at: when it was set up, seconds since the epoch; 0.0 where none is.
        uses: the products that it has accounts at.
        left_out: those that it has none at.
        troubles: what it could not do just now, a sentence each.
    """

    made_at: float
    uses: tuple[str, ...]
    left_out: tuple[str, ...]
    troubles: tuple[str, ...] = field(default=())


def set_up(host: Host) -> Standing:
    """Make its accounts, and have it go through a whole round; where that fails, they are removed again.

    The caller holds the stack's lock.

    Raises:
        RefusedError: there is nothing to sign in at, one of the services refuses it, or the round fails.
    """
    caller, doors = _caller(host), find_doors(host)
    if doors.kratos is None and doors.hydra is None:
        raise RefusedError(
            "This stack has neither Kratos nor Hydra, so there is nothing for a canary to sign in at. Nothing was "
            "changed.",
            "Where their services have images of other names, name them as [canary] kratos and hydra.",
        )
    if keeping.is_set_up(host):
        raise RefusedError("A canary is set up already. Nothing was changed.", "avnwizard canary status")
    kept = keeping.Kept(made_at=host.clock.now())
    try:
        _make_accounts(host, caller, doors, kept)
        user = User(caller, doors, kept, CanaryTally(), lambda: keeping.save(host, kept), host.clock.sleep)
        user.round("before")
        user.take("")
        _require_well(user.tally)
    except BaseException:
        _remove_accounts(caller, doors, kept)
        if keeping.is_set_up(host):
            keeping.forget(host)
        raise
    return _standing(kept, doors)


def status(host: Host) -> Standing | None:
    """How it is, by a round just now; None where none is set up.

    Raises:
        RefusedError: its file cannot be read.
    """
    if not keeping.is_set_up(host):
        return None
    caller, doors, kept = _caller(host), find_doors(host), keeping.load(host)
    user = User(caller, doors, kept, CanaryTally(), lambda: keeping.save(host, kept), host.clock.sleep)
    user.round("before")
    return _standing(kept, doors, _troubles(user.tally))


def remove(host: Host) -> tuple[str, ...]:
    """Remove its accounts with all their sessions and tokens, then its file; what was removed, by product.

    The caller holds the stack's lock.

    Raises:
        HostError: a service does not remove its account; the file stays.
    """
    caller, doors, kept = _caller(host), find_doors(host), keeping.load(host)
    done = _remove_accounts(caller, doors, kept)
    for name, complaint in done.items():
        if complaint:
            raise HostError(
                f"{name} does not remove the canary's account: {complaint}. Its file stays.",
                "Give the command again once that service answers.",
            )
    keeping.forget(host)
    return tuple(done)


def sentence(host: Host) -> str:
    """What a plan says of the canary; "" where nothing is there to sign in at."""
    if host.caller is None:
        return ""
    try:
        if not keeping.is_set_up(host):
            doors = find_doors(host)
            none_there = doors.kratos is None and doors.hydra is None
            return "" if none_there else "none is set up; avnwizard canary setup makes one that signs in during runs"
        kept = keeping.load(host)
    except (RefusedError, HostError) as error:
        return f"cannot go along: {error.message}"
    if not host.config.canary.enabled:
        return "is set up, and switched off by [canary] enabled"
    names = " and ".join(_uses(kept))
    return f"signs in at {names} before, every {host.config.canary.every_s:g} s during, and after the run"


def _caller(host: Host) -> Caller:
    if host.caller is None:
        raise RefusedError("Nobody can sign in to a practice stack.", "Use a stack on a Docker Engine.")
    return host.caller


def _make_accounts(host: Host, caller: Caller, doors: Doors, kept: keeping.Kept) -> None:
    section = host.config.canary
    if doors.kratos:
        kept.identifier, kept.password = section.identifier, generate().reveal()
        kratos = Kratos(caller, doors.kratos)
        kept.identity = kratos.create(kept.identifier, kept.password, section.schema, section.traits)
        keeping.save(host, kept)
    if doors.hydra:
        kept.client, kept.secret = Hydra(caller, doors.hydra).create()
        keeping.save(host, kept)


def _remove_accounts(caller: Caller, doors: Doors, kept: keeping.Kept) -> dict[str, str]:
    """Product -> how its removal failed, "" where it is gone."""
    found: dict[str, str] = {}
    if kept.identity:
        reply = Kratos(caller, doors.kratos).remove(kept.identity) if doors.kratos else None
        found["Kratos"] = "it is not among the services" if reply is None else "" if reply.ok else reply.complaint()
    if kept.client:
        reply = Hydra(caller, doors.hydra).remove(kept.client) if doors.hydra else None
        found["Hydra"] = "it is not among the services" if reply is None else "" if reply.ok else reply.complaint()
    return found


def _require_well(tally: CanaryTally) -> None:
    if troubles := _troubles(tally):
        raise RefusedError(
            f"The canary that was made cannot do what it is for. {' '.join(troubles)} It was removed again.",
            "Fix that first, or leave a service out as [canary] says: avnwizard help canary",
        )


def _standing(kept: keeping.Kept, doors: Doors, troubles: tuple[str, ...] = ()) -> Standing:
    uses = _uses(kept)
    left_out = tuple(name for name in ("Kratos", "Hydra") if name not in uses or name in doors.missing)
    return Standing(kept.made_at, uses, left_out, troubles)


def _uses(kept: keeping.Kept) -> tuple[str, ...]:
    return tuple(name for name, there in (("Kratos", kept.identity), ("Hydra", kept.client)) if there)


def _troubles(tally: CanaryTally) -> tuple[str, ...]:
    return tuple(
        f"It cannot {TITLES[check]}: {tried.why}."
        for check in TITLES
        if (tried := tally.checks.get(check, {}).get("before")) and tried.failed
    )
