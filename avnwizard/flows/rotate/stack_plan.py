"""The roll of a rotation: the services that read a secret, as a plan from the current release to itself."""

import hashlib
from collections.abc import Mapping

from avnwizard.domain.compose.reads import Changed
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan, ReleaseRef, ServicePlan
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.errors import RefusedError
from avnwizard.flows.edge.foresight import foreseen
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.host import Host
from avnwizard.flows.safety.engine_sees import require_seen
from avnwizard.flows.stack import drift
from avnwizard.flows.stack.same import Target
from avnwizard.flows.upgrade.service_plans import services_of
from avnwizard.flows.upgrade.waving import waved


def require_as_files_say(host: Host, model: ComposeModel) -> None:
    """Refuse a rotation that would change more than its secret.

    Raises:
        RefusedError: names the services that do not run as the files say.
    """
    require_seen(host, model)
    seen = drift.look(host, model, host.stack.containers())
    if seen.drifts:
        names = ", ".join(printable(one.service, limit=60) for one in seen.drifts)
        raise RefusedError(
            f"What the files say does not run: {names}. A rotation would bring that about too. Nothing was changed.",
            "Bring the stack in step first: avnwizard check says how.",
        )


def stack_plan(
    host: Host, now: ComposeModel, after: ComposeModel, env: bytes, changed: Mapping[str, Changed]
) -> Plan:
    """The roll of what reads the secret.

    Args:
        now, after: the model with the old secret, and with the new one.
        env: the env file as it will be.
        changed: what the secret changes for each service.

    Raises:
        RefusedError: a service would be changed in more than its secret.
    """
    containers = [one for one in host.stack.containers() if not one.one_off]
    target = Target(after, {}, env, changed, frozenset(after.services))
    planned = services_of(host, target, {}, containers, (), now)
    services = waved(host, tuple(part for part in planned if _is_rolled(part, changed)), after, ())
    head, roll = host.repo.head(), host.config.roll
    here = ReleaseRef(head.tag or head.commit[:12], head.commit, "")
    return Plan(
        product=host.config.stack.product,
        jump="patch",
        project=host.stack.project,
        current=here,
        target=here,
        branch=head.branch,
        edited=(),
        breaking=(),
        env=(),
        snapshot=SnapshotPlan(False, host.state.snapshots, (), 0, why_not="a rotation changes no data"),
        services=services,
        steps=(),
        warnings=(),
        postgres_service=host.postgres_service,
        env_sha256=hashlib.sha256(env_bytes(host)).hexdigest(),
        verdict="",
        statements=(),
        rollback_needs_restore=False,
        changes=(),
        healthy_s=roll.healthy_s,
        drain_s=roll.drain_s,
        drain_limit_s=roll.drain_limit_s,
        probe=foreseen(host, plan_probe(now, after, host.config.probe)),
    )


def _is_rolled(part: ServicePlan, changed: Mapping[str, Changed]) -> bool:
    """Whether a service reads the secret. A one-shot that does not is not run again: it may be a migration.

    Raises:
        RefusedError: a service does not run as the files say, and would be changed in more than its secret.
    """
    if changed[part.service].all or part.strategy in {"job", "skip"}:
        return bool(changed[part.service].all)
    raise RefusedError(
        f"{printable(part.service)} does not run as the files say. Nothing was changed.",
        "Bring the stack in step first: avnwizard check says how.",
    )
