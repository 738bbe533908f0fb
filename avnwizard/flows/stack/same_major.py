"""The image of a database that was pulled must be of the major version that its data is of, whatever its tag says."""

from collections.abc import Mapping

from avnwizard.domain.host import Image
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.errors import StepError
from avnwizard.flows.host import Host

_MAJOR = "PG_MAJOR"
"""Set by the official image, and so by all that are built on it (docker-library/postgres)."""


def require_same_major(host: Host, plan: Plan, pulled: Image, running: Mapping[str, str]) -> None:
    """Refuse an image of another major for a service whose data it could not read. Nothing that serves was changed.

    Args:
        pulled: what was just pulled, under its reference.
        running: service -> id of the image that it ran before.

    Raises:
        StepError: both images say which major they are, and they differ.
    """
    for name in (plan.postgres_service, *plan.postgres_also, *plan.snapshot.not_held):
        part = next((one for one in plan.services if one.service == name), None)
        if part is None or part.image_new != pulled.reference or name not in running:
            continue
        before = host.stack.images([running[name]]).get(running[name])
        old, new = (before.environment if before else {}).get(_MAJOR, ""), pulled.environment.get(_MAJOR, "")
        if old and new and old != new:
            raise StepError(
                f"{printable(pulled.reference)} is PostgreSQL {printable(new, limit=9)}, and the data of "
                f"{printable(name, limit=63)} is of PostgreSQL {printable(old, limit=9)}, which it cannot read. "
                "Nothing that serves was changed.",
                "Go back, then take the database there by itself first: avnwizard postgres upgrade --to "
                f"{printable(new, limit=9)}",
            )
