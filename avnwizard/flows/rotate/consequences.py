"""What a phase of a rotation means for those who are signed in, said before anything is done."""

from collections.abc import Iterator

from avnwizard.domain.rotation.kinds import Kind
from avnwizard.domain.rotation.tally import Tally, day
from avnwizard.domain.words import duration
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.rotate.finding import Found

_FLOWS = {
    "selfservice_recovery_flows": "recovery links and codes",
    "selfservice_verification_flows": "verification links and codes",
    "selfservice_login_flows": "sign-ins under way",
    "selfservice_registration_flows": "registrations under way",
}


def notes(host: Host, kind: Kind, found: Found, phase: int, tally: Tally | None, *, ends: int = 0) -> tuple[str, ...]:
    """Sentences, the gravest first.

    Args:
        ends: how many tokens and sessions end with this phase.
    """
    if kind.what == "kratos":
        return tuple(_kratos(host, found))
    if kind.what == "cookie":
        return tuple(_hydras_cookies(found))
    if kind.what == "cipher":
        return tuple(_cipher(phase))
    told = tuple(_hydra(found, phase, kind.phases, tally))
    return (*_early(host, phase, kind.phases, tally, ends), *told)


def _early(host: Host, phase: int, last: int, tally: Tally | None, ends: int) -> Iterator[str]:
    """What a drop costs before nothing needs the old secret any more."""
    window_s = host.config.rotation.window_s
    if phase == last and ends:
        yield f"This phase ends {ends:,} tokens and sessions that still need the old secret."
    elif window_s and phase < last and tally is not None and tally.sessions:
        yield (
            f"[rotation] window_s lets the old secret go {duration(window_s)} after phase 2. That would end "
            f"{tally.sessions:,} tokens and sessions today."
        )


def _hydra(found: Found, phase: int, last: int, tally: Tally | None) -> Iterator[str]:
    if phase < last:
        yield from _cookies(found, phase)
    if phase == 1:
        yield "This phase signs nobody out: every Hydra learns to read the new secret, and the old one still writes."
        if tally is not None and tally.sessions:
            lost = f"{tally.sessions:,} tokens and sessions"
            yield f"The guide's five minutes with both secrets would end {lost} today."
    elif phase < last:
        yield "From this phase on the new secret writes. The signing keys are sealed under it, in their order."
        yield "Codes that somebody is typing in from a device at that moment end (they live 10 minutes)."
    if tally is None:
        return
    yield from tally.sentences()
    if phase < last and tally.sessions:
        yield from _wait(tally)
    elif phase == last and not tally.sessions:
        yield "Nothing that lives needs the old secret."


def _wait(tally: Tally) -> Iterator[str]:
    if tally.safe_at is None:
        yield "Some of that never expires: dropping the old secret will never be safe, and has to be typed for."
    else:
        yield f"The old secret can go from {day(tally.safe_at)} on, when the last of them has expired."


def _cookies(found: Found, phase: int) -> Iterator[str]:
    if found.cookie:
        return
    when = "Phase 2 signs" if phase == 1 else "This signs"
    yield (
        f"SECRETS_COOKIE is not set, so Hydra's cookies hang on the first system secret. {when} every browser out of "
        "Hydra once: remembered logins end, and logins and consents under way have to begin again."
    )
    if phase == 1:
        yield (
            "Setting SECRETS_COOKIE for Hydra now costs the same once, and spares it in every later rotation: "
            "avnwizard rotate cookie, before phase 2."
        )


def _hydras_cookies(found: Found) -> Iterator[str]:
    yield (
        "Every browser is signed out of Hydra once: remembered logins end, and logins and consents under way have to "
        "begin again. Tokens go on."
    )
    if not found.current:
        yield "From then on a rotation of Hydra's system secret signs no browser out."


def _cipher(phase: int) -> Iterator[str]:
    if phase == 1:
        yield "This phase signs nobody out: every Kratos learns to read the new secret, and the old one still writes."
        yield "Where `ciphers.algorithm` is noop, Kratos' default, nothing is sealed under this secret at all."
    else:
        yield "From this phase on the new secret writes."
    yield "The old secret stays in the list for good: Kratos seals nothing again that is under it."


def _kratos(host: Host, found: Found) -> Iterator[str]:
    yield (
        "Kratos takes one cookie secret at a time (a second one breaks sign-ins under way, up to v26.2.0), so every "
        "browser has to sign in again. Sessions of apps (X-Session-Token) go on."
    )
    if len(found.current) > 1:
        yield "The list of secrets that is there now becomes one secret."
    yield "Pending recovery and verification links and codes end, and whatever somebody is typing in at that moment."
    counts = _open_now(host, found)
    if counts is None:
        yield "How many are open now is not known: Kratos' database is not this stack's."
        return
    sessions = counts.get("sessions", 0)
    yield f"Open now: {sessions:,} session{'' if sessions == 1 else 's'}, of browsers and of apps."
    flows = [f"{counts[table]:,} {words}" for table, words in _FLOWS.items() if counts.get(table)]
    if flows:
        yield f"Open now: {', '.join(flows)}."


def _open_now(host: Host, found: Found) -> dict[str, int] | None:
    if not found.database:
        return None
    try:
        return dict(host.database().sealed_rows(found.database).living(["sessions", *_FLOWS]))
    except HostError:
        return None
