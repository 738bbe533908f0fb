"""What a release must not do to the data and the places of the services that run, before and after the pull."""

from collections.abc import Collection, Sequence

from avnwizard.domain.config import Strategy
from avnwizard.domain.findings import Finding
from avnwizard.domain.host import ComposeModel, Container
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan, ServicePlan
from avnwizard.domain.taken import taken
from avnwizard.engine.step import StepContext
from avnwizard.errors import RefusedError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.safety.libc import library_findings
from avnwizard.flows.safety.mounts import Target, database_writers, troubles
from avnwizard.flows.safety.retiring import Others


def require_safe(
    host: Host,
    model: ComposeModel,
    services: Sequence[ServicePlan],
    others: Others,
    containers: Sequence[Container],
    *,
    release: str,
) -> tuple[str, ...]:
    """Refuse a target that would lose data or could not start; the sentences that the operator is to read otherwise.

    Raises:
        RefusedError: data, a host port or a container name would change hands, or the C library under an index.
    """
    alone = [one.service for one in others.left_alone]
    findings = _findings(host, model, services, containers, release=release, left_alone=alone)
    for one in findings:
        if one.level == "stop":
            raise RefusedError(f"{one.message} Nothing was changed.", one.hint)
    return (*(one.message for one in findings), *(one.sentence for one in others.left_alone))


def require_safe_still(ctx: StepContext, host: Host, plan: Plan) -> None:
    """Look again once checkout, env file and images are the target's, before any container is touched.

    The images' own files are there to be read now; and the plan may be older than what runs.

    Raises:
        StepError: as `require_safe` refuses.
    """
    model = host.stack.resolve()
    containers = [one for one in host.stack.containers() if not one.one_off]
    alone = {one.service for one in containers} - {part.service for part in plan.services}
    release = plan.target.tag
    for one in _findings(host, model, plan.services, containers, release=release, left_alone=alone, pulled=True):
        if one.level == "stop":
            hint = f"{one.hint.rstrip('.')}. First go back: avnwizard rollback {ctx.run}"
            raise StepError(f"{one.message} No container was changed.", hint)
        ctx.say(one.message)


def require_one_writer(
    host: Host, model: ComposeModel, services: Sequence[tuple[str, Strategy]], *, release: str
) -> None:
    """Refuse a way back that starts a service on the data of a database server that still runs.

    Args:
        model: of the previous release.
        services: those that are rolled back, with the way in which each is.

    Raises:
        RefusedError: names both and the volume.
    """
    containers = [one for one in host.stack.containers() if not one.one_off]
    starting = frozenset(name for name, how in services if how != "skip")
    for one in database_writers(host, Target(model, release, starting), containers):
        raise RefusedError(f"{one.message} Nothing was changed.", one.hint)


def _findings(
    host: Host,
    model: ComposeModel,
    services: Sequence[ServicePlan],
    containers: Sequence[Container],
    *,
    release: str,
    left_alone: Collection[str],
    pulled: bool = False,
) -> list[Finding]:
    ways = {part.service: part.strategy for part in services}
    starting = {name for name, how in ways.items() if how in {"surge", "recreate", "job"} and name in model.services}
    surging = frozenset(name for name in starting if ways[name] == "surge")
    target = Target(model, release, frozenset(starting), surging, frozenset(left_alone))
    found = [*troubles(host, target, containers), *_places(model, starting, containers, release)]
    return [*found, *library_findings(host, model, containers, release=release, pulled=pulled)]


def _places(
    model: ComposeModel, starting: Collection[str], containers: Sequence[Container], release: str
) -> list[Finding]:
    """Host ports and names that another service's container has."""
    found = []
    for one in taken(model, starting, containers):
        service, holder, tag = map(printable, (one.service, one.holder, release))
        message = (
            f"{tag} gives {printable(one.what)} to {service}, and {holder} has it now: {service} could not start."
        )
        hint = (
            f"Do this release by hand: avnwizard snapshot create; docker compose rm -s {holder}; git checkout {tag}; "
            "docker compose up -d"
        )
        found.append(Finding("places", "stop", message, hint))
    return found
