"""What the screens ask of rotations: every secret with its age, and what its next phase means or waits for."""

from dataclasses import dataclass

from avnwizard.domain.findings import Level
from avnwizard.domain.plain import printable
from avnwizard.domain.rotation.kinds import DAY_S, KINDS, YEAR_S, Kind, What
from avnwizard.domain.rotation.places import services_with
from avnwizard.domain.words import ago, count
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import age
from avnwizard.flows.rotate.planning import Prepared, plan_next, tally_now
from avnwizard.flows.rotate.standing import Standing, standing


@dataclass(frozen=True)
class Outlook:
    """One secret.

    Attributes:
        level: "warn" where something waits or the secret is a year old.
        short: what is known of it, a few words.
        state: the same in full, a sentence.
        rotated_at: when its rotation ended; None where none did.
        waits: for its next phase, since when, and from when that is safe: one line; "" where none does.
        since: where none ever did, since when it stands at least; None where nothing shows it.
        here: whether a service of the stack has it.
    """

    kind: Kind
    level: Level
    short: str
    state: str
    rotated_at: float | None = None
    since: float | None = None
    waits: str = ""
    here: bool = True


@dataclass(frozen=True)
class Next:
    """What comes next for one secret.

    Attributes:
        done: how many phases of its rotation are done.
        prepared: the next phase; None where it is refused.
        refused, hint: why it is, and what to do.
        ends: how many tokens and sessions dropping the old secret now would end; 0 where that is not the question.
    """

    kind: Kind
    done: int
    prepared: Prepared | None
    refused: str = ""
    hint: str = ""
    ends: int = 0


_UNSET: tuple[Level, str, str] = (
    "ok",
    "not set",
    "Hydra has no secret for its cookies alone: phase 2 of rotating its system secret signs every browser out of it.",
)


def outlooks(host: Host, clues: age.Clues | None = None) -> tuple[Outlook, ...]:
    """Every secret that can be rotated, in the order of `KINDS`. Of the rows only signing keys are read.

    Args:
        clues: by which to say since when a secret stands that was never rotated; None where that is not asked.

    Raises:
        HostError: Compose or the journal does not answer.
    """
    raw, journal = host.stack.resolve().raw, host.journal()
    hydras = set(services_with(raw, "SECRETS_SYSTEM"))
    found = []
    for what, kind in KINDS.items():
        readers = {name for setting in kind.settings for name in services_with(raw, setting)}
        here = hydras if kind.unset else readers - (set() if kind.counted else hydras)
        if here:
            known = standing(journal, what)
            rotated_at = known.done_at if known and not known.is_pending else None
            since = age.of_secret(host, kind, clues) if known is None and clues else None
            is_set = not kind.unset or bool(readers & hydras)
            state = _state(host, known, since) if known or is_set else _UNSET
            waits = known.in_one_line() if known and known.is_pending else ""
            stood = since.since if since else None
            found.append(Outlook(kind, *state, rotated_at=rotated_at, since=stood, waits=waits))
        else:
            found.append(Outlook(kind, "ok", "not in this stack", "No service of this stack has it.", here=False))
    return tuple(found)


def _state(host: Host, found: Standing | None, since: age.Standing | None) -> tuple[Level, str, str]:
    if found is None and since:
        now = host.clock.now()
        days = int((now - since.since) // DAY_S)
        known_age = f"; at least {count(days, 'day')} old" if days else ""
        past = f"never rotated by avnwizard{known_age}"
        return ("warn" if now - since.since >= YEAR_S else "ok"), past, since.sentence(now)
    if found is None:
        return "ok", "never rotated by avnwizard", "avnwizard never rotated it, so its age is not known."
    if found.is_pending:
        return "warn", found.waits_briefly(), found.sentence()
    now = host.clock.now()
    past = ago(found.done_at, now)
    if now - found.done_at >= YEAR_S:
        return "warn", f"rotated {past}", f"It was rotated {past}; the guide says yearly."
    return "ok", f"rotated {past}", f"It was rotated {past}."


def next_phase(host: Host, what: What, *, ends: int = 0) -> Next:
    """Plan the next phase, or say why there is none yet. A rotation that needs the old secret is no error here.

    Args:
        ends: how many tokens and sessions the operator agrees to end.

    Raises:
        HostError: the database, Compose or the journal does not answer.
    """
    kind, known = KINDS[what], standing(host.journal(), what)
    pending = known if known and known.is_pending else None
    done = pending.phase if pending else 0
    try:
        return Next(kind, done, plan_next(host, what, ends=ends))
    except RefusedError as error:
        tally = tally_now(host, pending) if pending and done + 1 == kind.phases else None
        needed = tally.sessions if tally else 0
        return Next(kind, done, None, printable(error.message), printable(error.hint), needed)
