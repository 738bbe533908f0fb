"""Ory's services whose database no one-shot of the compose file migrates: the command that their new image needs.

Since Hydra v2.3.0 and Kratos v25.4.0 the command is `migrate sql up`, before them `migrate sql`; Keto has `migrate
up`, Oathkeeper keeps no database, and Polis migrates when it starts (release notes of the five).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.lockstep import number_of
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.strategy import COMPLETED

_UP, _OLD = "migrate sql up -e --yes", "migrate sql -e --yes"
_UP_SINCE = {"hydra": (2, 3, 0), "kratos": (25, 4, 0)}
_DSN = "DSN"


def command_of(reference: str) -> str:
    """How an image of Ory's migrates its database; "" where it needs no command, or is none of Ory's."""
    product = reference.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if product == "keto":
        return "migrate up -y"
    if product not in _UP_SINCE:
        return ""
    number = number_of(reference)
    return _OLD if number and number < _UP_SINCE[product] else _UP


def with_migrations(
    services: Sequence[ServicePlan], model: ComposeModel, moved: Collection[str]
) -> tuple[ServicePlan, ...]:
    """The services, with the command that migrates first for each one that no one-shot migrates.

    Left out is a service whose container would run another program, or is not given its database's address by `DSN`:
    the command would not find it. `unmigrated` names those.

    Args:
        model: of the release to come.
        moved: the services whose image changes, whatever they are called.
    """
    return tuple(
        replace(part, migrate=tuple(command_of(part.image_new).split()))
        if part.service in moved and part.strategy in {"surge", "recreate"} and _is_ours_to_run(model, part.service)
        else part
        for part in services
    )


def migrates_at_start(model: ComposeModel, name: str) -> bool:
    """Whether a service that stays up migrates its database when it starts: Polis, or what its own command says."""
    service = model.services[name]
    product = service.image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return product == "polis" or "migrat" in _words(_body(model, name)).lower()


def unmigrated(model: ComposeModel, moved: Collection[str]) -> Iterator[str]:
    """A warning for each service that moves to another image, and whose migration avnwizard does not run.

    Args:
        model: of the release to come.
        moved: the services whose image changes, and which no step of the plan migrates.
    """
    for name in sorted(moved):
        if _lacks_a_job(model, name):
            image = model.services[name].image
            yield (
                f"{printable(name)} goes to {printable(image, limit=200)}, and no one-shot of the compose file "
                "migrates its database: it may refuse to start. avnwizard runs the image's own command where the "
                "service is given DSN and no entrypoint of its own; here, add a one-shot of that image with "
                f"`command: {command_of(image)}`, which the service waits for (service_completed_successfully)."
            )


def _is_ours_to_run(model: ComposeModel, name: str) -> bool:
    body = _body(model, name)
    address = str((body.get("environment") or {}).get(_DSN) or "")
    return _lacks_a_job(model, name) and "://" in address and not body.get("entrypoint")


def _lacks_a_job(model: ComposeModel, name: str) -> bool:
    service = model.services[name]
    waits = COMPLETED in service.depends_on.values()
    return bool(command_of(service.image)) and not waits and not _has_job(model, name)


def _has_job(model: ComposeModel, name: str) -> bool:
    """Whether a service with the same image migrates, itself or another one, though nobody waits for it."""
    image = model.services[name].image
    return any(
        one.image == image and "migrate" in _words(_body(model, other)) for other, one in model.services.items()
    )


def _body(model: ComposeModel, name: str) -> dict[str, Any]:
    found = (model.raw.get("services") or {}).get(name)
    return found if isinstance(found, dict) else {}


def _words(body: dict[str, Any]) -> str:
    """What its container runs, `sh -c` included."""
    found = (body.get("entrypoint"), body.get("command"))
    return " ".join(one if isinstance(one, str) else " ".join(map(str, one or ())) for one in found)
