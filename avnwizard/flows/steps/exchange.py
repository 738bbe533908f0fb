"""Exchange a live database for one that is stored under another name; nothing is destroyed."""

from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError
from avnwizard.ports import Database


def exchange(ctx: StepContext, database: Database, name: str, *, stored: str, aside: str, number: int) -> bool:
    """Rename what is live to `aside` and `stored` to the live name; False where that is done already.

    Args:
        number: of the database in its step, for the names of the effects.

    Raises:
        HostError: a database of the name `aside` is in the way.
    """
    if not database.exists(stored):
        return False
    if database.exists(name):
        if database.exists(aside):
            raise HostError(f"There is a {aside} already.", "Rename it by hand, then resume.")
        with ctx.effect(f"set-aside-{number}"):
            database.rename(name, aside)
    with ctx.effect(f"put-in-place-{number}"):
        database.rename(stored, name)
    return True
