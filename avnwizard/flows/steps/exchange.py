"""Exchange a live database for one that is kept under another name; nothing is destroyed."""

from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError
from avnwizard.ports import Database


def put_back(ctx: StepContext, database: Database, name: str, *, kept: str, aside: str, number: int) -> bool:
    """Rename what is live to `aside` and what is kept to its own name; False where that is done already.

    Args:
        number: of the database in its step, for the names of the effects.

    Raises:
        HostError: a database of the name `aside` is in the way.
    """
    if not database.exists(kept):
        return False
    if database.exists(name):
        if database.exists(aside):
            raise HostError(f"There is a {aside} already.", "Rename it by hand, then resume.")
        with ctx.effect(f"set-aside-{number}"):
            database.rename(name, aside)
    with ctx.effect(f"put-in-place-{number}"):
        database.rename(kept, name)
    return True
