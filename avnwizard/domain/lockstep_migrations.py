"""Ory's services whose database nothing would migrate: the compose file has no one-shot for it.

Since Hydra v2.3.0 and Kratos v25.4.0 the command is `migrate sql up`, before them `migrate sql`; Keto has `migrate
up`, Oathkeeper keeps no database, and Polis migrates when it starts (release notes of the five).
"""

from collections.abc import Collection, Iterator

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.lockstep import number_of
from avnwizard.domain.plain import printable
from avnwizard.domain.strategy import COMPLETED

_UP, _OLD = "migrate sql up -e --yes", "migrate sql -e --yes"
_UP_SINCE = {"hydra": (2, 3, 0), "kratos": (25, 4, 0)}


def command_of(reference: str) -> str:
    """How an image of Ory's migrates its database; "" where it needs no command, or is none of Ory's."""
    product = reference.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if product == "keto":
        return "migrate up -y"
    if product not in _UP_SINCE:
        return ""
    number = number_of(reference)
    return _OLD if number and number < _UP_SINCE[product] else _UP


def unmigrated(model: ComposeModel, moved: Collection[str]) -> Iterator[str]:
    """A warning for each service that moves to another image, and that no one-shot migrates.

    Args:
        model: of the release to come.
        moved: the services whose image changes.
    """
    for name in sorted(moved):
        service = model.services[name]
        command = command_of(service.image)
        if not command or COMPLETED in service.depends_on.values() or _has_job(model, name):
            continue
        yield (
            f"{printable(name)} goes to {printable(service.image, limit=200)}, and no one-shot of the compose file "
            f"migrates its database: it may refuse to start. Add a one-shot of that image with `command: {command}`, "
            "which the service waits for (service_completed_successfully); avnwizard then runs it first."
        )


def _has_job(model: ComposeModel, name: str) -> bool:
    """Whether another service runs the same image with a command that migrates, though nobody waits for it."""
    bodies = model.raw.get("services") or {}
    return any(
        other != name and one.image == model.services[name].image and "migrate" in _words(bodies.get(other) or {})
        for other, one in model.services.items()
    )


def _words(body: object) -> list[str]:
    command = body.get("command") if isinstance(body, dict) else None
    return command.split() if isinstance(command, str) else [str(word) for word in command or ()]
