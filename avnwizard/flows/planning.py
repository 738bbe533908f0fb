"""From a draft and the operator's answers to a frozen plan."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from avnwizard.domain.answers import Answers, Decision
from avnwizard.domain.config import Strategy
from avnwizard.domain.edge import EdgeFacts
from avnwizard.domain.env_decisions import apply_decisions
from avnwizard.domain.findings import Finding
from avnwizard.domain.handover import lost_in_recreate, recreate_grace_s
from avnwizard.domain.host import ComposeModel, Container
from avnwizard.domain.migrations import Kind, MigrationVerdict
from avnwizard.domain.plan import EnvEdit, Jump, MigrationStatement, Plan, ReleaseRef, ServicePlan
from avnwizard.domain.strategy import COMPLETED, choose, roll_order
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.domain.version import Version, kind_of_jump
from avnwizard.errors import RefusedError
from avnwizard.flows.data_services import with_ways_back
from avnwizard.flows.describe import describe
from avnwizard.flows.drafting import Draft
from avnwizard.flows.expecting import expected
from avnwizard.flows.handover import plan_handover
from avnwizard.flows.host import Host
from avnwizard.flows.meaning import compose_changes
from avnwizard.flows.models import resolve_contents
from avnwizard.flows.snapshot_plan import plan_snapshot
from avnwizard.flows.unprotected import require_known_database, snapshot_warnings

AS_CHOSEN = "as you chose"


class OpenDecisionsError(RefusedError):
    """Something is left that only the operator can decide."""

    def __init__(self, decisions: tuple[Decision, ...], target: str) -> None:
        listed = "".join(f"\n  - {decision.question}" for decision in decisions)
        super().__init__(
            f"{len(decisions)} decisions are open; nothing was changed:{listed}",
            f"Write them down with: avnwizard plan --to {target} --write-answers FILE, then give --answers FILE",
        )
        self.decisions = decisions


@dataclass(frozen=True)
class Prepared:
    """A plan with what it needs that must not be in it: secrets and file contents."""

    plan: Plan
    env_before: bytes
    env_after: bytes
    edited: Mapping[str, bytes | None]
    carried: Mapping[str, bytes | None]
    edits_patch: bytes


def require_fit(findings: tuple[Finding, ...]) -> None:
    """Refuse to go on over a finding that says stop.

    Raises:
        RefusedError: the first one, and how many there are.
    """
    stops = [finding for finding in findings if finding.level == "stop"]
    if stops:
        more = f" (and {len(stops) - 1} more: avnwizard check)" if len(stops) > 1 else ""
        raise RefusedError(f"{stops[0].message}{more} Nothing was changed.", stops[0].hint)


def prepare(
    host: Host,
    draft: Draft,
    answers: Answers,
    *,
    snapshot: bool = True,
    volumes: tuple[str, ...] | None = None,
    strategies: Mapping[str, Strategy] | None = None,
) -> Prepared:
    """Decide everything and freeze it.

    Args:
        snapshot: whether one is taken.
        volumes: those that the snapshot holds too; None is what `avnwizard.toml` says.
        strategies: service -> how it is rolled, over what `avnwizard.toml` says.

    Raises:
        OpenDecisionsError: a decision lacks an answer.
        RefusedError: nobody knows which service is the database.
        HostError: the target's compose files do not resolve with the new env file.
    """
    require_known_database(host)
    decisions = draft.decisions(answers)
    if left := answers.open(decisions):
        raise OpenDecisionsError(left, draft.target.name)
    note = f"avnwizard: {draft.current.name} to {draft.target.name}"
    env, edits = apply_decisions(draft.operator, decisions, answers, note=note)
    model = resolve_contents(host, draft.compose, env.to_bytes(), what=draft.target.name)
    now = host.stack.resolve()
    changes = compose_changes(now, model, (host.postgres_service, *host.choice.others))
    kept = plan_snapshot(host, draft.current.name, taken=snapshot and bool(host.postgres_service), volumes=volumes)
    verdict = draft.migrations
    services, of_data = with_ways_back(host, _services(host, model, strategies or {}), model, kept.volumes)
    plan = Plan(
        product=host.config.stack.product,
        jump=_jump(draft),
        project=host.stack.project,
        current=ReleaseRef(draft.current.name, draft.current.commit, draft.current.date),
        target=ReleaseRef(draft.target.name, draft.target.commit, draft.target.date),
        branch=draft.head.branch,
        edited=tuple(sorted(draft.edited)),
        breaking=draft.breaking,
        env=edits,
        snapshot=kept,
        services=services,
        steps=(),
        warnings=(*snapshot_warnings(kept), *_warnings(host, draft, edits, verdict, services, model), *of_data),
        postgres_service=host.postgres_service,
        verdict=verdict.said(restorable=kept.taken),
        statements=tuple(
            MigrationStatement(one.file, one.line, one.kind.value, one.why)
            for one in verdict.statements
            if one.kind is not Kind.ADDITIVE
        ),
        rollback_needs_restore=verdict.rollback_needs_restore,
        changes=changes,
        env_sha256=hashlib.sha256(draft.operator.to_bytes()).hexdigest(),
        healthy_s=host.config.roll.healthy_s,
        drain_s=host.config.roll.drain_s,
        drain_limit_s=host.config.roll.drain_limit_s,
        probe=plan_probe(now, model, host.config.probe),
    )
    return Prepared(
        _timed(host, describe(plan)),
        draft.operator.to_bytes(),
        env.to_bytes(),
        draft.edited,
        draft.carried,
        draft.edits_patch,
    )


def _timed(host: Host, plan: Plan) -> Plan:
    """With expected times; looking makes no journal where there is none."""
    if not host.files.exists(host.state.journal):
        return expected(plan, None)
    journal = host.journal()
    try:
        return expected(plan, journal)
    finally:
        journal.close()


def _jump(draft: Draft) -> Jump:
    jump = kind_of_jump(Version.parse(draft.current.name), Version.parse(draft.target.name))
    if jump == "downgrade" or jump == "same":  # noqa: PLR1714 - spelled out, mypy narrows it
        raise RefusedError(f"{draft.target.name} is not newer than {draft.current.name}.", "avnwizard releases")
    return jump


def _services(host: Host, model: ComposeModel, chosen: Mapping[str, Strategy]) -> tuple[ServicePlan, ...]:
    containers = [one for one in host.stack.containers() if not one.one_off]
    facts = host.edge.facts()
    parts = [_service(host, model, containers, name, facts, chosen.get(name)) for name in roll_order(model)]
    gone = sorted({one.service for one in containers} - set(model.services))
    parts += [
        ServicePlan(name, "retire", "the release no longer has it", _image(containers, name), "", "") for name in gone
    ]
    return tuple(parts)


def _service(
    host: Host,
    model: ComposeModel,
    containers: list[Container],
    name: str,
    facts: EdgeFacts | None,
    chosen: Strategy | None,
) -> ServicePlan:
    service = model.services[name]
    running = tuple(one for one in containers if one.service == name)
    digest = host.stack.registry_digest(service.image)
    image = host.stack.image(service.image)
    if image and digest and image.digest != digest:
        image = None  # the registry has another one under this tag
    override = chosen or host.config.roll.strategy.get(name)
    choice = choose(service, model, running=running, image=image, override=override)
    reason, how, may_lose = AS_CHOSEN if chosen else choice.reason, None, ""
    if choice.strategy == "surge":
        handed = plan_handover(
            host,
            service,
            facts,
            by_name=any(name in other.depends_on for other in model.services.values()),
            before=next((one.labels for one in running if one.is_serving), None),
        )
        reason, how, may_lose = f"{reason}; {handed.reason}", handed.handover, handed.may_lose
    elif choice.strategy == "recreate":
        may_lose = lost_in_recreate(service, facts)
    return ServicePlan(
        name,
        choice.strategy,
        reason,
        _image(containers, name),
        service.image,
        digest,
        how,
        may_lose,
        recreate_grace_s(service, facts) if choice.strategy == "recreate" else service.stop_grace_s,
    )


def _image(containers: list[Container], service: str) -> str:
    return next((one.image for one in containers if one.service == service), "")


def _warnings(
    host: Host,
    draft: Draft,
    edits: tuple[EnvEdit, ...],
    verdict: MigrationVerdict,
    services: tuple[ServicePlan, ...],
    model: ComposeModel,
) -> tuple[str, ...]:
    found = [f"The changelog has no section for {tag}." for tag in draft.changelog.missing]
    if verdict.breaks_old_code:
        found.append(
            "The old code does not work on the new schema: from a migration until its service is rolled, "
            "requests to it may fail."
        )
    lockstep = host.config.lockstep
    moved = [one.service for one in services if one.service in lockstep.services and one.image_old != one.image_new]
    migrating = [name for name in moved if COMPLETED in model.services[name].depends_on.values()]
    if migrating:
        found.append(
            f"{', '.join(migrating)} migrate their own schemas: {lockstep.name} does not promise that the old "
            "version works on the new one."
        )
    known = {edit.new_key or edit.key for edit in edits}
    related = (group for group in draft.diff.related if not known.issuperset(group.new))
    found += [f"{', '.join(group.old)} -> {', '.join(group.new)}: {group.kind}, look at it." for group in related]
    return tuple(found)
