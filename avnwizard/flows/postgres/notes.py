"""What to know before a new Postgres major, a sentence each; none of it stands in the way."""

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.major import ServerLook, Way
from avnwizard.domain.words import duration
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.rates import Rates

_SHOWN = 3


def notes(look: ServerLook, way: Way) -> tuple[str, ...]:
    """What becomes otherwise on the new server, by this way."""
    found = []
    if not look.checksums and way == "dump":
        found.append("The new server has data checksums; the old one has none.")
    if look.publications:
        names = ", ".join(printable(one, limit=127) for one in look.publications)
        found.append(f"Publications are carried over, their subscribers are not: {names}.")
    if way == "logical":
        found += _notes_of_following(look)
    others = sorted({name for one in look.databases for name, _ in one.extensions} - {"plpgsql"})
    if others:
        found.append(f"Extensions get the new image's versions: {', '.join(map(printable, others))}.")
    return tuple(found)


def _notes_of_following(look: ServerLook) -> list[str]:
    found = ["Nobody may alter a table from the copy until the switch: definitions are not replicated."]
    if look.wal_level != "logical":
        found.append("The old server is started again once, before the copy: about 2 s without a database.")
    if keyless := [f"{one.name}.{table}" for one in look.databases for table in one.keyless]:
        shown = ", ".join(printable(one, limit=127) for one in keyless[:_SHOWN])
        more = f" and {len(keyless) - _SHOWN} more" if len(keyless) > _SHOWN else ""
        found.append(f"Tables without a primary key identify rows by all columns until the switch: {shown}{more}.")
    if objects := sum(one.large_objects for one in look.databases):
        found.append(f"{objects:,} large objects are copied while the services are stopped.")
    return found


def reverse(look: ServerLook, wanted_s: float) -> tuple[float, tuple[str, ...]]:
    """(how long the old server can follow the new one afterwards, in seconds; what to know of that, a sentence each).

    Args:
        wanted_s: `[postgres] keep_reverse_s`.
    """
    if wanted_s <= 0:
        return 0.0, ()
    if firing := [f"{one.name}.{trigger}" for one in look.databases for trigger in one.firing]:
        named = ", ".join(printable(each, limit=127) for each in firing[:_SHOWN])
        return 0.0, (
            f"The old server does not follow the new one: triggers would do their work twice there ({named}).",
        )
    return wanted_s, (
        f"For {duration(wanted_s)} after the switch the old server follows the new one, and the run goes on.",
        "Going back then loses nothing. The old volume is written to meanwhile, and nobody may alter a table.",
    )


def whose_file(host: Host, file: str) -> str:
    """Who wrote the line that is changed."""
    if file in host.repo.state().edited:
        return f"{file}, which names the image, has edits of yours already: one more is made."
    if host.repo.read(host.repo.head().commit, file) is None:
        return f"{file}, which names the image, is a file of your own, not the release's."
    return f"{file}, which names the image, is the release's own: the change is an edit of yours from then on."


def by_what(rates: Rates) -> str:
    """Where the plan's figures come from."""
    if not rates.sources:
        return "The interruptions are guesses: nothing of it was measured on this host yet."
    return f"The interruptions were measured on this host ({'; '.join(rates.sources)}); the rest of them is a guess."
