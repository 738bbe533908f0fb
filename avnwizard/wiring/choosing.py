"""Which service of a stack is its database."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from avnwizard.domain.config import Config
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.postgres.choice import DatabaseChoice, choose_database
from avnwizard.domain.postgres.outside import pointed_outside
from avnwizard.domain.postgres.server import Evidence, Judgement, judge, judge_service
from avnwizard.errors import HostError

if TYPE_CHECKING:
    from avnwizard.ports import Stack


def choose(stack: "Stack", config: Config, found: Sequence[Evidence]) -> DatabaseChoice:
    """Which service is the database, by the containers; a service without one is known by the compose files.

    Those are asked only where the containers do not settle it: in mid-run they may not resolve.
    """
    made = {one.service: judge_service(e for e in found if e.service == one.service) for one in found}
    said, server = config.postgres.service, config.postgres.outside
    outside = server.name if server else ""
    choice = choose_database(said, made, outside=outside)
    if not choice.trouble:
        return choice
    try:
        model = stack.resolve()
    except HostError:
        if found:
            return choice
        raise
    planned = _by_model(model)
    if planned.get(said) == "other":
        planned[said] = "unsure"  # an image's name does not outweigh what the operator says
    return choose_database(
        said, planned | made, outside=outside, reached=pointed_outside(model.raw.get("services") or {})
    )


def _by_model(model: ComposeModel) -> dict[str, Judgement]:
    """What the services are, as far as the compose files tell."""
    parts = {name: model.raw.get("services", {}).get(name) or {} for name in model.services}
    return {
        name: judge(Evidence(name, service.image, command=_words(parts[name])))
        for name, service in model.services.items()
    }


def _words(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Entrypoint and command where the compose file sets them."""
    parts = (service.get("entrypoint"), service.get("command"))
    return tuple(word for part in parts for word in ([part] if isinstance(part, str) else part or ()))
